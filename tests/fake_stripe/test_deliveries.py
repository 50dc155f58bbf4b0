"""Events on their way: signed so that the `stripe` package believes them, and again until they are taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import stripe

from tests.fake_stripe.conftest import API_KEY, SECRET, Receiver, client_of, open_session, wait_until
from tests.fake_stripe.running import RunningShop, start_shop
from tests.tools.waiting import free_port


def test_a_payment_is_announced_with_a_signature_that_stripe_verifies(
    client: stripe.StripeClient, shop: RunningShop, receiver: Receiver
) -> None:
    session = open_session(client)
    shop.pay(session.id)
    body, signed = receiver.wait_for(1)[0]
    event = stripe.Webhook.construct_event(body, signed, SECRET)

    assert event.type == "checkout.session.completed"
    assert event.data.object["id"] == session.id
    assert event.data.object["metadata"]["order"] == "ord_1"
    assert "_items" not in body.decode()


def test_two_secrets_sign_while_one_is_rotated(
    client: stripe.StripeClient, shop: RunningShop, receiver: Receiver
) -> None:
    shop.introduce(API_KEY, receiver.url, "whsec_new", "whsec_old")
    shop.expire(open_session(client).id)
    body, signed = receiver.wait_for(1)[0]

    for secret in ("whsec_new", "whsec_old"):
        assert stripe.Webhook.construct_event(body, signed, secret).type == "checkout.session.expired"


def test_a_delivery_is_repeated_until_it_is_taken(
    client: stripe.StripeClient, shop: RunningShop, receiver: Receiver
) -> None:
    receiver.answer = 503
    shop.pay(open_session(client).id)
    receiver.wait_for(3)
    receiver.answer = 200
    wait_until(lambda: shop.deliveries()[0]["state"] == "delivered")

    assert shop.deliveries()[0]["tries"] >= 4
    assert len({json.loads(body)["id"] for body, _ in receiver.got}) == 1


def test_a_purchase_outlives_the_process_and_is_still_announced(tmp_path: Path, receiver: Receiver) -> None:
    options = ("--state-file", str(tmp_path / "shop.db"), "--secret", SECRET, "--first-pause", "0.05")
    with start_shop(*options, "--hook-url", f"http://127.0.0.1:{free_port()}/") as shop:
        session = open_session(client_of(shop, API_KEY))
        shop.pay(session.id)
        wait_until(lambda: shop.deliveries()[0]["tries"] > 0)
        shop.process.kill()

    with start_shop(*options, "--hook-url", receiver.url) as shop:
        receiver.wait_for(1)
        assert client_of(shop, API_KEY).v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_late_payment_is_announced_twice(
    client: stripe.StripeClient, shop: RunningShop, receiver: Receiver
) -> None:
    session = open_session(client)
    assert shop.pay(session.id, later=True)["payment_status"] == "unpaid"
    receiver.wait_for(1)
    assert shop.settle(session.id, succeeded=True)["payment_status"] == "paid"

    types = [json.loads(body)["type"] for body, _ in receiver.wait_for(2)]
    assert types == ["checkout.session.completed", "checkout.session.async_payment_succeeded"]


def test_events_can_be_sent_many_times_in_any_order(
    client: stripe.StripeClient, shop: RunningShop, receiver: Receiver
) -> None:
    shop.hold_deliveries()
    session = open_session(client)
    shop.pay(session.id)
    shop.refund(session.id)
    ids = [event["id"] for event in shop.events()]
    statuses = shop.deliver(*ids, times=4, parallel=4, seed=7)

    assert statuses == [200] * 8
    assert sorted(json.loads(body)["id"] for body, _ in receiver.got) == sorted(ids * 4)


@pytest.mark.parametrize(
    "forgery", [{"secret": "whsec_wrong"}, {"age_s": 301}, {"changed_byte": True}, {"unsigned": True}]
)
def test_a_forgery_does_not_pass_the_real_check(
    client: stripe.StripeClient, shop: RunningShop, receiver: Receiver, forgery: dict[str, object]
) -> None:
    shop.hold_deliveries()
    shop.expire(open_session(client).id)
    shop.deliver(shop.events()[0]["id"], **forgery)
    body, signed = receiver.wait_for(1)[0]

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signed, SECRET)
