"""The REST API: what the real client of the `stripe` package sees."""

from __future__ import annotations

import pytest
import stripe

from tests.fake_stripe.conftest import client_of, open_session
from tests.fake_stripe.form import nested
from tests.fake_stripe.running import RunningShop


def test_a_session_is_made_of_its_lines_and_read_back(client: stripe.StripeClient) -> None:
    made = open_session(client, customer_email="anna@example.com")
    read = client.v1.checkout.sessions.retrieve(made.id, {"expand": ["line_items", "payment_intent"]})

    assert (read.status, read.payment_status, read.amount_total) == ("open", "unpaid", 4900)
    assert read.payment_intent is None
    assert read.line_items is not None
    (line,) = read.line_items.data
    assert (line.description, line.quantity, line.amount_total) == ("Bookings Studio", 1, 4900)
    assert "line_items" not in made


def test_a_session_takes_a_price_that_exists(client: stripe.StripeClient) -> None:
    product = client.v1.products.create({"name": "Bookings Studio"})
    price = client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1900})
    made = open_session(client, line_items=[{"price": price.id, "quantity": 3}])

    assert (made.amount_total, made.currency) == (5700, "usd")


def test_a_paid_session_leads_to_its_charge_and_back(client: stripe.StripeClient, shop: RunningShop) -> None:
    made = open_session(client, customer_creation="always")
    shop.pay(made.id, email="anna@example.com", name="Anna")
    read = client.v1.checkout.sessions.retrieve(made.id, {"expand": ["payment_intent.latest_charge"]})

    assert (read.status, read.payment_status, read.url) == ("complete", "paid", None)
    assert read.customer_details is not None
    assert read.customer_details.email == "anna@example.com"
    assert isinstance(read.payment_intent, stripe.PaymentIntent)
    charge = read.payment_intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.amount, charge.refunded, charge.customer) == (4900, False, read.customer)
    found = client.v1.checkout.sessions.list({"payment_intent": read.payment_intent.id})
    assert [session.id for session in found.data] == [made.id]


def test_a_refund_gives_back_everything_once(client: stripe.StripeClient, shop: RunningShop) -> None:
    paid = shop.pay(open_session(client).id)
    refund = client.v1.refunds.create({"payment_intent": paid["payment_intent"]})
    assert isinstance(refund.charge, str)
    charge = client.v1.charges.retrieve(refund.charge, {"expand": ["refunds"]})

    assert (charge.refunded, charge.amount_refunded) == (True, 4900)
    assert charge.refunds is not None
    assert [one.id for one in charge.refunds.data] == [refund.id]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"


def test_more_than_was_paid_cannot_be_refunded(client: stripe.StripeClient, shop: RunningShop) -> None:
    paid = shop.pay(open_session(client).id)
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": paid["payment_intent"], "amount": 4901})


def test_the_same_idempotency_key_makes_one_session(client: stripe.StripeClient) -> None:
    asked = {"mode": "payment", "success_url": "https://shop-1.example.com/"}
    line = {
        "price_data": {"currency": "eur", "unit_amount": 100, "product_data": {"name": "A"}},
        "quantity": 1,
    }
    first = client.raw_request(
        "post", "/v1/checkout/sessions", **asked, line_items=[line], idempotency_key="k1"
    )
    again = client.raw_request(
        "post", "/v1/checkout/sessions", **asked, line_items=[line], idempotency_key="k1"
    )

    assert first.body == again.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_an_idempotency_key_with_other_parameters_is_refused(client: stripe.StripeClient) -> None:
    client.v1.customers.create({"email": "anna@example.com"}, {"idempotency_key": "k1"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"email": "other@example.com"}, {"idempotency_key": "k1"})


def test_events_are_listed_newest_first_in_pages(client: stripe.StripeClient, shop: RunningShop) -> None:
    session = open_session(client)
    shop.pay(session.id)
    shop.refund(session.id)
    shop.expire(open_session(client).id)

    listed = [event.type for event in client.v1.events.list({"limit": 1}).auto_paging_iter()]
    assert listed == ["checkout.session.expired", "charge.refunded", "checkout.session.completed"]
    assert [e.type for e in client.v1.events.list({"type": "charge.refunded"}).data] == ["charge.refunded"]
    assert client.v1.events.list({"created": {"gte": session.created + 3600}}).data == []
    assert client.v1.events.list({"created": {"lt": session.created}}).data == []


def test_another_accounts_object_is_not_found(client: stripe.StripeClient, shop: RunningShop) -> None:
    made = open_session(client)
    stranger = client_of(shop, "sk_test_stranger")

    with pytest.raises(stripe.InvalidRequestError) as refused:
        stranger.v1.checkout.sessions.retrieve(made.id)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


@pytest.mark.parametrize("key", ["sk_live_owner", "pk_test_owner", "nonsense"])
def test_only_a_secret_test_key_gets_in(shop: RunningShop, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        client_of(shop, key).v1.customers.list()


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "subscription"},
        {"mode": "setup"},
        {"line_items": []},
        {"line_items": [{"price": "price_none", "quantity": 1}]},
        {"success_url": "javascript:alert(1)"},
        {"colour": "red"},
        {"locale": "uk"},
    ],
)
def test_wrong_parameters_are_refused_like_stripe_does(
    client: stripe.StripeClient, wrong: dict[str, object]
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        open_session(client, **wrong)
    assert client.v1.checkout.sessions.list().data == []


def test_faults_come_and_go(client: stripe.StripeClient, shop: RunningShop) -> None:
    shop.fail({"kind": "error", "times": 1}, {"kind": "latency", "seconds": 0.01})
    with pytest.raises(stripe.APIError):
        client.v1.customers.list()
    shop.fail({"kind": "rate_limit"})
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()
    shop.fail({"kind": "down"})
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.list()
    shop.fail()
    assert client.v1.customers.list().data == []
    assert [call["path"] for call in shop.calls()] == ["/v1/customers"] * 4


def test_form_fields_nest_as_stripe_writes_them() -> None:
    pairs = [("a[0][b][c]", "1"), ("a[0][b][d]", "2"), ("a[1]", "3"), ("e[]", "4"), ("e[]", "5"), ("f", "6")]
    assert nested(pairs) == {"a": [{"b": {"c": "1", "d": "2"}}, "3"], "e": ["4", "5"], "f": "6"}
