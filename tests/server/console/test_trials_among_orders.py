"""A trial with a card costs nothing yet: among the orders it is called a trial, not paid."""

import re
from datetime import datetime, timedelta

import pytest

from server.billing.services import start_trial
from server.catalog.models import Plan, Price
from server.console.words import day
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from tests.conftest import Cast
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
    assert row_of(desk, "/orders/").endswith("Monthly First payment unpaid –")
    page = desk.text(f"/orders/{till.order().id}")
    assert (page.count("First payment unpaid"), "Renewal unpaid" in page) == (2, False), "head and side box"


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


def after_the_trial(till: Till, monkeypatch: pytest.MonkeyPatch) -> datetime:  # noqa: F811
    """Two days after the trial's last day, for us too; the day it was."""
    ends = till.license().valid_until
    assert ends is not None
    monkeypatch.setattr(clock, "now", lambda: ends + timedelta(days=2))
    return ends


def test_a_trial_that_was_ended_before_its_first_payment_says_that_it_ended(
    visitor: Browser,
    harbour: Cast,
    till: Till,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    till.shop.life("subscriptions", till.subscription(), "change", cancel_at_period_end=True)
    till.shop.advance(days=15)
    till.catch_up()
    assert (till.order().subscription_status, till.ledger()) == ("canceled", [])
    ended = day(after_the_trial(till, monkeypatch))
    visitor.sign_in(harbour.owner.email)

    for path in ("/orders/", "/payments/"):
        assert row_of(visitor, path).endswith(f"Monthly Trial ended on {ended} –"), path
    heading = heading_of(visitor, till.order().id)
    assert (f"Trial ended on {ended}" in heading, "until" in heading) == (True, False)
    page = visitor.text(f"/licenses/{till.license().id}").partition("<h1")[2]
    assert (f"trial ended on {ended}" in page, "valid until" in page, "Until" in page) == (True, False, False)


def test_a_trial_without_a_card_that_is_over_is_not_called_valid(
    visitor: Browser,
    harbour: Cast,
    till: Till,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    price = till.price("tryme", trial_days=10, trial_needs_card=False)
    with writing():
        plan = resolve(Plan, resolve(Price, price).plan_id)
        start_trial(plan, email="ana@buyer.example.com", now=clock.now())
    ended = day(after_the_trial(till, monkeypatch))
    visitor.sign_in(harbour.owner.email)

    page = visitor.text(f"/licenses/{till.license().id}").partition("<h1")[2]
    assert (f"trial ended on {ended}" in page, "valid until" in page) == (True, False)
