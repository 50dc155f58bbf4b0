"""What takes months at Stripe happens in the double when its clock is moved."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.fake_stripe.conftest import monthly, open_session
from tests.fake_stripe.running import RunningShop


@pytest.fixture
def sold(client: stripe.StripeClient, shop: RunningShop) -> stripe.Subscription:
    """A subscription of 9 euros a month."""
    opened = open_session(client, mode="subscription", line_items=[monthly("Solo", 900)])
    shop.pay(opened.id)
    found = client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["subscription"]}).subscription
    assert isinstance(found, stripe.Subscription)
    return found


def bills(client: stripe.StripeClient, sold: stripe.Subscription) -> list[tuple[Any, int]]:
    """Reason and sum, oldest first."""
    found = client.v1.invoices.list({"subscription": sold.id}).data
    return [(bill.billing_reason, bill.amount_paid) for bill in reversed(found)]


def test_each_term_is_billed_when_its_time_has_come(
    client: stripe.StripeClient, shop: RunningShop, sold: stripe.Subscription
) -> None:
    shop.advance(days=20)
    assert bills(client, sold) == [("subscription_create", 900)]
    shop.advance(days=45)
    assert bills(client, sold) == [("subscription_create", 900), *[("subscription_cycle", 900)] * 2]


def test_another_price_owes_the_days_that_are_left(
    client: stripe.StripeClient, shop: RunningShop, sold: stripe.Subscription
) -> None:
    price = client.v1.prices.create(
        {
            "currency": "eur",
            "unit_amount": 2_900,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Studio"},
        }
    )
    item = sold["items"].data[0].id
    client.v1.subscriptions.update(sold.id, {"items": [{"id": item, "price": price.id}]})
    shop.advance(days=32)
    # The change came at once, so a whole month of the difference was owed.
    assert abs(bills(client, sold)[-1][1] - (2_900 + 2_000)) < 10


def test_a_declined_card_leaves_an_open_bill_that_can_be_paid(
    client: stripe.StripeClient, shop: RunningShop, sold: stripe.Subscription
) -> None:
    shop.life("subscriptions", sold.id, "card", declined=True)
    shop.advance(days=32)
    (bill,) = [one for one in client.v1.invoices.list({"subscription": sold.id}).data if one.status == "open"]
    assert (bill.attempted, client.v1.subscriptions.retrieve(sold.id).status) == (True, "past_due")
    shop.life("invoices", bill.id, "pay")
    assert client.v1.subscriptions.retrieve(sold.id).status == "active"


def test_an_ended_subscription_is_billed_no_more(
    client: stripe.StripeClient, shop: RunningShop, sold: stripe.Subscription
) -> None:
    client.v1.subscriptions.update(sold.id, {"cancel_at_period_end": True})
    shop.advance(days=100)
    assert client.v1.subscriptions.retrieve(sold.id).status == "canceled"
    assert len(bills(client, sold)) == 1
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.subscriptions.update(sold.id, {"cancel_at_period_end": False})


def test_a_disputed_charge_cannot_be_given_back(client: stripe.StripeClient, shop: RunningShop) -> None:
    paid = shop.pay(open_session(client).id)
    dispute = shop.life("charges", paid["id"], "dispute")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": paid["payment_intent"]})
    assert refused.value.code == "charge_disputed"

    shop.life("disputes", dispute["id"], "close", status="won")
    client.v1.refunds.create({"payment_intent": paid["payment_intent"]})


def test_a_refund_that_failed_can_be_tried_again(client: stripe.StripeClient, shop: RunningShop) -> None:
    paid = shop.pay(open_session(client).id)
    refund = shop.refund(paid["id"])
    shop.life("refunds", refund["id"], "fail")
    assert client.v1.refunds.create({"payment_intent": paid["payment_intent"]}).amount == 4_900


def test_a_code_takes_its_share_off(client: stripe.StripeClient, shop: RunningShop) -> None:
    coupon = client.v1.coupons.create({"percent_off": 20, "duration": "once"})
    client.v1.promotion_codes.create({"code": "LESS", "promotion": {"type": "coupon", "coupon": coupon.id}})
    opened = open_session(client, allow_promotion_codes=True)
    paid = shop.pay(opened.id, code="LESS")
    assert (paid["amount_total"], paid["total_details"]["amount_discount"]) == (3_920, 980)
    with pytest.raises(AssertionError, match="not valid"):
        shop.pay(open_session(client).id, code="LESS")


def test_a_code_counts_once_and_tax_each_term(client: stripe.StripeClient, shop: RunningShop) -> None:
    opened = open_session(
        client,
        mode="subscription",
        line_items=[monthly("Solo", 1_000)],
        allow_promotion_codes=True,
        automatic_tax={"enabled": True},
    )
    shop.pay(opened.id, code="TEST20")
    shop.advance(days=32)

    found = client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["subscription"]}).subscription
    assert isinstance(found, stripe.Subscription)
    assert bills(client, found) == [("subscription_create", 960), ("subscription_cycle", 1_200)]
