"""A customer renews on a phone, by keyboard alone: from the page over Stripe and back to the page."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from server.customers.services import customer_for
from server.customers.visiting import send_account_link
from server.kernel import clock
from server.kernel.db import writing
from tests.server.billing.conftest import Till
from tests.server.pages.test_account_in_a_browser import press
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import PHONE, Window, look

ANA = "ana@buyer.example.com"


def type_into(page: Page, label: str, text: str) -> None:
    """Reach a field by the Tab key alone and fill it."""
    field = page.get_by_label(label)
    for _step in range(20):
        page.keyboard.press("Tab")
        if field.evaluate("field => field === document.activeElement"):
            page.keyboard.type(text)
            return
    raise AssertionError(f"no Tab leads to {label}")


def test_a_license_is_renewed_on_a_phone_by_keyboard_alone(
    till: Till, on_air: str, new_window: Callable[..., Window]
) -> None:
    till.sell(ANA, price_id=till.price("yearly", amount=4_900, interval="year", renews=False))
    till.catch_up()
    before = till.license().valid_until
    with writing():
        mail = send_account_link(customer_for(ANA, now=clock.now()), now=clock.now())
    assert mail is not None
    page = new_window().new_page()
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(next(line for line in mail.text.splitlines() if "/enter/" in line))
    press(page, "Open my licenses")
    page.get_by_role("heading", name="Your licenses").wait_for()
    assert_accessible(page)
    look(page, "account-renew", whole=True)

    press(page, "Renew for one year, €49")
    page.get_by_label("E-mail").wait_for()
    type_into(page, "E-mail", ANA)
    type_into(page, "Name", "Ana")
    press(page, "Pay 49.00 EUR")

    expect(page.get_by_role("status")).to_have_text("Thank you. The license was renewed.")
    assert page.url == f"{on_air}/account/harbour?done=renewed"
    assert_accessible(page)
    look(page, "account-renewed", whole=True)
    assert before is not None
    assert till.license().valid_until == before.replace(year=before.year + 1)
