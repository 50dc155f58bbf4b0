"""A customer changes the plan on a phone, by keyboard alone, also with a card that is declined."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from server.catalog.models import Price
from server.customers.services import customer_for
from server.customers.visiting import send_account_link
from server.kernel import clock
from server.kernel.db import session, writing
from tests.server.billing.conftest import Till
from tests.server.pages.test_account_in_a_browser import press
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import PHONE, Window, look

ANA = "ana@buyer.example.com"
OpenWindow = Callable[..., Window]


@pytest.fixture
def monthly(till: Till, on_air: str) -> Till:
    """A subscription in its first month, of a product with a bigger plan."""
    till.sell(ANA, price_id=till.price())
    till.catch_up()
    till.price("agency", amount=2_900, seats=25)
    return till


def come_in(new_window: OpenWindow, *, locale: str = "en") -> Page:
    with writing():
        customer = customer_for(ANA, now=clock.now())
        customer.locale = locale
        mail = send_account_link(customer, now=clock.now())
    assert mail is not None
    page = new_window(locale=locale).new_page()
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(next(line for line in mail.text.splitlines() if "/enter/" in line))
    page.get_by_role("button").press("Enter")
    page.locator(".license").first.wait_for()
    return page


def test_the_plan_is_changed_on_a_phone_by_keyboard_alone(monthly: Till, new_window: OpenWindow) -> None:
    page = come_in(new_window)
    press(page, "Change the plan")
    press(page, "See what it costs")
    page.get_by_role("heading", name="Change the plan").wait_for()
    assert_accessible(page)
    look(page, "account-change", whole=True)
    assert monthly.license().plan.code == "monthly"

    press(page, "Change the plan and pay €")

    expect(page.get_by_role("status")).to_have_text("The plan was changed.")
    assert monthly.license().plan.code == "agency"


def test_a_declined_card_is_replaced_in_russian(monthly: Till, new_window: OpenWindow) -> None:
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    page = come_in(new_window, locale="ru")
    page.locator("summary", has_text="Сменить тариф").click()
    page.get_by_role("button", name="Узнать стоимость").click()
    page.get_by_role("button", name="Сменить тариф и заплатить").wait_for()
    assert_accessible(page)
    look(page, "account-change-ru", whole=True)

    page.get_by_role("button", name="Сменить тариф и заплатить").click()
    page.get_by_role("button", name="Pay with another card").click()
    page.get_by_text(", paid.").wait_for()

    monthly.catch_up()
    assert monthly.license().plan.code == "agency"


@pytest.mark.parametrize(("locale", "link"), [("en", "Pay now"), ("ru", "Оплатить")])
def test_who_left_the_page_of_the_payment_finds_it_again(
    monthly: Till, new_window: OpenWindow, locale: str, link: str
) -> None:
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    bigger = session.scalars(select(Price.id).where(Price.amount == 2_900)).one()
    monthly.change_plan(bigger)
    page = come_in(new_window, locale=locale)
    assert_accessible(page)
    look(page, f"account-waiting-{locale}", whole=True)

    press(page, link)
    page.get_by_role("button", name="Pay with another card").click()
    page.get_by_text(", paid.").wait_for()

    monthly.catch_up()
    assert monthly.license().plan.code == "agency"
