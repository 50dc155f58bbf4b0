"""The customer's own page: bills, the card, the end of a subscription, without a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import stripe

from tests.fake_stripe.conftest import monthly, open_session
from tests.fake_stripe.running import RunningShop
from tests.fake_stripe.test_page import visit
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look


@pytest.fixture
def sold(client: stripe.StripeClient, shop: RunningShop) -> stripe.Subscription:
    """A subscription of 9 euros a month."""
    opened = open_session(client, mode="subscription", line_items=[monthly("Solo", 900)])
    shop.pay(opened.id)
    found = client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["subscription"]}).subscription
    assert isinstance(found, stripe.Subscription)
    return found


@pytest.fixture
def portal(client: stripe.StripeClient, sold: stripe.Subscription) -> str:
    """The address of its buyer's page."""
    params = {"customer": str(sold.customer), "return_url": "https://shop-1.example.com/account"}
    return client.v1.billing_portal.sessions.create(params).url  # type: ignore[arg-type]  # their own type


def test_the_page_shows_the_bills_and_the_way_back(portal: str) -> None:
    status, page, _ = visit(portal)

    assert status == 200
    for words in ("Test shop – no real money", "9.00 EUR a month, active", "9.00 EUR, paid", "Renews on"):
        assert words in page
    assert 'href="https://shop-1.example.com/account"' in page


def test_a_subscription_is_ended_with_its_term_and_kept_after_all(
    client: stripe.StripeClient, portal: str, sold: stripe.Subscription
) -> None:
    for act, ends in (("end", True), ("keep", False)):
        status, _, back = visit(f"{portal}/subscriptions/{sold.id}/{act}", sent="yes")
        assert (status, back.partition("?")[2]) == (303, f"done={act}")
        assert client.v1.subscriptions.retrieve(sold.id).cancel_at_period_end is ends


def test_a_new_card_pays_what_is_owed(
    client: stripe.StripeClient, shop: RunningShop, portal: str, sold: stripe.Subscription
) -> None:
    shop.life("subscriptions", sold.id, "card", declined=True)
    shop.advance(days=32)
    assert "9.00 EUR, not paid" in visit(portal)[1]

    visit(f"{portal}/card", sent="yes")

    assert "not paid" not in visit(portal)[1]
    assert client.v1.subscriptions.retrieve(sold.id).status == "active"


def test_what_a_smaller_plan_credits_stands_with_its_minus(
    client: stripe.StripeClient, shop: RunningShop, portal: str, sold: stripe.Subscription
) -> None:
    price = client.v1.prices.create(
        {
            "currency": "eur",
            "unit_amount": 250,
            "recurring": {"interval": "month"},
            "product_data": {"name": "S"},
        }
    )
    item = client.v1.subscriptions.retrieve(sold.id).items.data[0]
    client.v1.subscriptions.update(
        sold.id,
        {
            "items": [{"id": item.id, "price": price.id}],
            "proration_behavior": "always_invoice",
            "payment_behavior": "pending_if_incomplete",
            "proration_date": item.current_period_start,
        },
    )

    assert "-6.50 EUR, paid" in visit(portal)[1]


def test_an_unknown_page_says_so(shop: RunningShop) -> None:
    assert visit(f"{shop.url}/p/session/bps_none")[0] == 404


def test_the_page_is_accessible_and_fits_a_phone(portal: str, new_window: Callable[..., Window]) -> None:
    page = new_window(scripts=False).new_page()
    page.goto(portal)
    look(page, "test-shop-portal", whole=True)
    page.get_by_role("button", name="Cancel the subscription").click()
    page.get_by_text("The subscription ends with the term that is paid.").wait_for()
    watched = new_window().new_page()
    watched.goto(portal)
    assert_accessible(watched)
