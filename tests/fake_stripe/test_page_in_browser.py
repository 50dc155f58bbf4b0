"""The hosted page in a real browser: readable on a phone, no rule of WCAG broken, no script needed."""

from __future__ import annotations

from collections.abc import Callable

import stripe

from tests.fake_stripe.conftest import open_session
from tests.fake_stripe.running import RunningShop
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look


def test_the_checkout_page_is_accessible_and_fits_a_phone(
    client: stripe.StripeClient, shop: RunningShop, new_window: Callable[..., Window]
) -> None:
    session = open_session(client, success_url=f"{shop.url}/_test/ready?paid={{CHECKOUT_SESSION_ID}}")
    assert session.url is not None
    window = new_window()
    window.forgive("status of 422")  # a form that was filled in wrongly
    page = window.new_page()
    page.goto(session.url)
    assert_accessible(page)
    look(page, "test-shop", whole=True)

    page.get_by_label("E-mail").fill("anna@example")
    page.get_by_label("Name").fill("Anna")
    page.get_by_role("button", name="Pay 49.00 EUR").click()
    page.get_by_text("Enter an e-mail address such as").wait_for()
    assert_accessible(page)
    look(page, "test-shop-wrong", whole=True)


def test_a_buyer_pays_without_a_script(
    client: stripe.StripeClient, shop: RunningShop, new_window: Callable[..., Window]
) -> None:
    session = open_session(client, success_url=f"{shop.url}/_test/ready?paid={{CHECKOUT_SESSION_ID}}")
    assert session.url is not None
    page = new_window(scripts=False).new_page()
    page.goto(session.url)
    page.get_by_label("E-mail").fill("anna@example.com")
    page.get_by_label("Name").fill("Anna")
    page.get_by_role("button", name="Pay 49.00 EUR").click()

    page.wait_for_url(f"**/ready?paid={session.id}")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
