"""Another price at once: charged, credited, waiting for a card that was declined, or for a bank of days."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.fake_stripe.conftest import monthly, open_session
from tests.fake_stripe.running import RunningShop
from tests.fake_stripe.test_page import visit


@pytest.fixture
def sold(client: stripe.StripeClient, shop: RunningShop) -> stripe.Subscription:
    """A subscription of 9 euros a month, half of which is over."""
    opened = open_session(client, mode="subscription", line_items=[monthly("Solo", 900)])
    shop.pay(opened.id)
    shop.advance(days=15)
    return client.v1.subscriptions.retrieve(str(client.v1.checkout.sessions.retrieve(opened.id).subscription))


def change(client: stripe.StripeClient, sold: stripe.Subscription, amount: int, **more: Any) -> Any:
    price = client.v1.prices.create(
        {
            "currency": "eur",
            "unit_amount": amount,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Studio"},
        }
    )
    wanted: Any = {
        "items": [{"id": sold["items"].data[0].id, "price": price.id}],
        "proration_behavior": "always_invoice",
        "expand": ["latest_invoice"],
        **more,
    }
    return client.v1.subscriptions.update(sold.id, wanted)


def amount_of(client: stripe.StripeClient, sold: stripe.Subscription) -> Any:
    return client.v1.subscriptions.retrieve(sold.id)["items"].data[0].price.unit_amount


def test_the_difference_is_charged_at_once(client: stripe.StripeClient, sold: stripe.Subscription) -> None:
    bill = change(client, sold, 2_900).latest_invoice
    assert (bill.status, bill.billing_reason) == ("paid", "subscription_update")
    assert 900 < bill.amount_paid < 1_100  # half a month of 20 euros more


def test_less_is_credited_and_taken_off_the_next_bill(
    client: stripe.StripeClient, shop: RunningShop, sold: stripe.Subscription
) -> None:
    bill = change(client, sold, 100).latest_invoice
    assert (bill.status, bill.amount_paid) == ("paid", 0)
    assert bill.total < -350
    shop.advance(days=20)
    assert client.v1.invoices.list({"subscription": sold.id}).data[0].amount_due == 0


def test_a_preview_is_what_is_charged(client: stripe.StripeClient, sold: stripe.Subscription) -> None:
    item = sold["items"].data[0]
    drawn = {
        "currency": "eur",
        "unit_amount": 2_900,
        "recurring": {"interval": "month"},
        "product": item.price.product,
    }
    wanted: Any = {
        "subscription": sold.id,
        "subscription_details": {
            "items": [{"id": item.id, "price_data": drawn}],
            "proration_behavior": "always_invoice",
            "proration_date": item.current_period_start + 86_400,
        },
    }
    shown = client.v1.invoices.create_preview(wanted)
    assert amount_of(client, sold) == 900
    done = change(client, sold, 2_900, proration_date=item.current_period_start + 86_400)
    assert done.latest_invoice.amount_paid == shown.amount_due


def test_a_declined_card_leaves_the_change_waiting_until_it_is_paid(
    client: stripe.StripeClient, shop: RunningShop, sold: stripe.Subscription
) -> None:
    shop.life("subscriptions", sold.id, "card", declined=True)
    waiting = change(client, sold, 2_900, payment_behavior="pending_if_incomplete", metadata={"a": "b"})
    assert (waiting.status, waiting.latest_invoice.status) == ("active", "open")
    assert waiting.pending_update is not None
    assert (amount_of(client, sold), waiting.metadata.to_dict()) == (900, {})

    assert "to pay" in visit(waiting.latest_invoice.hosted_invoice_url)[1]
    visit(waiting.latest_invoice.hosted_invoice_url, sent="yes")
    assert ", paid." in visit(waiting.latest_invoice.hosted_invoice_url)[1]
    paid = client.v1.subscriptions.retrieve(sold.id)
    assert (amount_of(client, sold), paid.pending_update) == (2_900, None)
    assert paid.metadata.to_dict() == {"a": "b"}


def test_a_change_that_nobody_pays_is_dropped_after_a_day(
    client: stripe.StripeClient, shop: RunningShop, sold: stripe.Subscription
) -> None:
    shop.life("subscriptions", sold.id, "card", declined=True)
    waiting = change(client, sold, 2_900, payment_behavior="pending_if_incomplete")
    shop.advance(days=1)
    after = client.v1.subscriptions.retrieve(sold.id, {"expand": ["latest_invoice"]})
    assert (amount_of(client, sold), after.pending_update) == (900, None)
    assert client.v1.invoices.retrieve(waiting.latest_invoice.id).status == "void"


def test_a_debit_is_on_its_way_for_days_and_may_be_refused(
    client: stripe.StripeClient, shop: RunningShop, sold: stripe.Subscription
) -> None:
    shop.life("subscriptions", sold.id, "card", slow=True)
    with pytest.raises(stripe.InvalidRequestError):
        change(client, sold, 2_900, payment_behavior="pending_if_incomplete")
    asked = change(client, sold, 2_900)
    assert (asked.status, asked.latest_invoice.status, amount_of(client, sold)) == ("active", "open", 2_900)
    shop.life("invoices", asked.latest_invoice.id, "refuse")
    assert client.v1.subscriptions.retrieve(sold.id).status == "past_due"
