"""With Stripe Tax on, a page that names a price says that tax comes on top; what is due today holds it."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from server.billing.services import connect_stripe, purchase_page_of
from server.kernel import settings
from server.kernel.db import writing
from server.licensing.services import purchase_page_address
from tests.conftest import NOON
from tests.server.billing.conftest import Till
from tests.server.billing.test_changing_in_a_browser import come_in as come_in_on_a_phone
from tests.server.billing.test_mails_of_a_charge import tax
from tests.server.billing.test_on_the_customer_page import form_token
from tests.server.pages.conftest import come_in
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

SHELF, OWN = "/buy/harbour/harbour-gallery", "/account/harbour"
NOTE = "Plus tax where it applies."
OpenWindow = Callable[..., Window]


@pytest.fixture(params=[True, False], ids=["taxed", "untaxed"])
def taxed(till: Till, request: pytest.FixtureRequest) -> bool:
    tax(till, on=request.param)
    return bool(request.param)


def test_the_buy_page_says_once_that_tax_comes_on_top(till: Till, client: FlaskClient, taxed: bool) -> None:
    till.price()
    page = client.get(SHELF).text

    assert page.count(NOTE) == taxed
    assert not taxed or page.index("Choose a plan") < page.index(NOTE) < page.index("Continue to payment")


def test_the_tax_of_test_sales_is_not_told_to_who_buys_live(till: Till, client: FlaskClient) -> None:
    tax(till, on=True)
    with writing():
        till.connection.license_mode = ""
        connect_stripe(api_key="sk_live_harbour", webhook_secret="whsec_live", mode="live", now=NOON)

    assert "Continue to payment" in client.get(SHELF).text
    assert NOTE not in client.get(SHELF).text
    assert NOTE in client.get(f"{SHELF}?mode=test").text


def test_what_one_more_term_costs_comes_with_tax(yearly: Till, client: FlaskClient, taxed: bool) -> None:
    come_in(client, yearly.cast)
    page = client.get(OWN).text

    assert "Renew for one year, €49.00" in page
    assert page.count(NOTE) == taxed


def test_a_change_of_plan_names_the_tax_that_is_not_in_the_sum(
    till: Till, client: FlaskClient, taxed: bool
) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    bigger = till.price("agency", amount=2_900, seats=25)
    till.price("bureau", amount=1_900, seats=9)
    come_in(client, till.cast)
    assert client.get(OWN).text.count(NOTE) == taxed

    told = {"form_token": form_token(client), "price": bigger}
    shown = client.post(f"{OWN}/licenses/{till.license().id}/plan-quotes", data=told).text
    (due,) = re.findall(r"Today you pay €([\d.]+) with", shown)
    assert float(due) == (24.0 if taxed else 20.0), "Stripe counts the tax of today, so nothing comes on top"
    assert ("costs €29.00 each month. Plus tax where it applies." in shown) is taxed
    assert shown.count(NOTE) == taxed


def test_the_end_of_a_trial_with_a_card_costs_tax_too(till: Till, client: FlaskClient, taxed: bool) -> None:
    till.sell(price_id=till.price("tried", trial_days=14))
    till.catch_up()
    bought = purchase_page_of(till.order())
    assert bought is not None
    page = client.get(purchase_page_address(bought).removeprefix(settings.current().public_url)).text

    said = "€9.00 plus tax where it applies" if taxed else "€9.00"
    assert f"({said} for each license)" in page


def test_the_words_about_tax_fit_a_phone_in_russian(till: Till, on_air: str, new_window: OpenWindow) -> None:
    tax(till, on=True)
    till.sell(price_id=till.price("yearly", amount=4_900, interval="year", renews=False))
    till.sell(price_id=till.price())
    till.price("agency", amount=2_900, seats=25)
    till.catch_up()
    page = come_in_on_a_phone(new_window, locale="ru")
    page.locator("summary").filter(has_text="Сменить тариф").click()
    assert page.get_by_text("Плюс налог").count() == 2
    assert_accessible(page)
    look(page, "account-tax-ru", whole=True)

    page.get_by_role("button", name="Узнать стоимость").click()
    page.get_by_text("Плюс налог").wait_for()
    look(page, "account-change-tax-ru", whole=True)
    page.goto(f"{on_air}{SHELF}?lang=ru")
    page.get_by_text("Плюс налог").wait_for()
    assert_accessible(page)
    look(page, "buy-tax-ru", whole=True)
