"""A trial with a card costs nothing yet: among the orders it is called a trial, not paid."""

import re

import pytest

from server.console.words import day
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    Till,
    connection,
    shop,
    stripe_process,
    till,
)
from tests.server.console.conftest import Browser
from tests.server.console.test_parts_of_a_sum import heading_of


def row_of(desk: Browser, path: str) -> str:
    """The one order of a list, as it reads."""
    row = re.findall(r"<tr><t[hd].*?</tr>", desk.text(path).partition("<tbody>")[2], re.DOTALL)[0]
    return " ".join(re.sub("<[^>]+>", " ", row).split())


@pytest.mark.parametrize("path", ["/orders/", "/payments/"])
def test_a_trial_is_called_so_until_its_first_payment(desk: Browser, till: Till, path: str) -> None:  # noqa: F811
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    assert row_of(desk, path).endswith("Monthly Trial –")

    till.shop.advance(days=15)
    till.catch_up()
    assert row_of(desk, path).endswith("Monthly Paid €9")


def test_a_trial_whose_first_payment_failed_was_not_paid(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    till.shop.life("subscriptions", till.subscription(), "card", declined=True)
    till.shop.advance(days=15)
    till.catch_up()
    assert till.order().subscription_status == "past_due"
    assert row_of(desk, "/orders/").endswith("Monthly Trial –")


def test_a_trials_page_says_until_when_and_nowhere_that_it_is_paid(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    path, ends = f"/orders/{till.order().id}", till.license().valid_until
    assert f"Trial until {day(ends)}" in heading_of(desk, till.order().id)
    page = desk.text(path)
    assert ("Trial begun" in page, "€0" in page, "Paid" in page) == (True, False, False)
    about = (
        desk.text(f"/licenses/{till.license().id}").partition("<h2>Order</h2>")[2].partition("</section>")[0]
    )
    assert ("Trial" in about, "€0" in about, "Paid" in about) == (True, False, False)

    till.shop.advance(days=15)
    till.catch_up()
    assert "Paid €9" in heading_of(desk, till.order().id)
    assert "Trial until" not in desk.text(path)
