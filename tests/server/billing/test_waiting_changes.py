"""A change of plan whose card was declined waits: known from Stripe like all else, until it is over."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from server.billing.services.applying import apply
from server.billing.services.connections import access_to, policy_of
from server.billing.state import Invoice, PendingChange, Policy, Snapshot, Subscription, derive
from server.billing.stripe_api import fetch_snapshot
from server.catalog.models import Price
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.ids import new_id
from server.kernel.tenancy import resolve
from tests.server.billing.conftest import API_KEY, Till
from tests.server.pages.conftest import come_in

NOTHING = ("", None, "")


@pytest.fixture
def declined(till: Till) -> Till:
    """A subscription in its first month, whose card is declined from now on."""
    till.sell(price_id=till.price())
    till.catch_up()
    till.shop.life("subscriptions", till.subscription(), "card", declined=True)
    return till


def waiting(till: Till) -> tuple[Any, ...]:
    order = till.order()
    return order.waiting_price, order.waiting_until, order.waiting_pay_url


def page_says(client: FlaskClient, till: Till, words: str = "waits for its payment") -> bool:
    come_in(client, till.cast)
    answer = client.get("/account/harbour")
    assert answer.status_code == 200
    return words in answer.text


def pay(till: Till, pay_url: str) -> None:
    till.shop.life("invoices", pay_url.rsplit("/", 1)[1], "pay")


def test_it_is_known_what_waits_until_when_and_where_it_is_paid(declined: Till) -> None:
    bigger = declined.price("agency", amount=2_900, seats=25)
    pay_url = declined.change_plan(bigger)

    price, until, where = waiting(declined)
    assert (price, where) == (bigger, pay_url)
    assert timedelta(hours=22) < until - clock.now() <= timedelta(hours=23)

    pay(declined, pay_url)
    declined.catch_up()
    assert waiting(declined) == NOTHING


def test_a_change_that_nobody_paid_in_time_is_forgotten(declined: Till) -> None:
    declined.change_plan(declined.price("agency", amount=2_900, seats=25))
    declined.shop.advance(days=1)
    declined.catch_up()

    assert waiting(declined) == NOTHING


def test_a_change_of_a_subscription_that_ended_is_forgotten(declined: Till) -> None:
    declined.change_plan(declined.price("agency", amount=2_900, seats=25))
    declined.shop.life("subscriptions", declined.subscription(), "end")
    declined.catch_up()

    assert waiting(declined) == NOTHING


def test_another_change_takes_the_place_of_the_one_that_waits(declined: Till) -> None:
    bigger, biggest = (declined.price(code, amount=2_900, seats=25) for code in ("agency", "bureau"))
    first, second = declined.change_plan(bigger), declined.change_plan(biggest)
    assert first != second
    assert (waiting(declined)[0], waiting(declined)[2]) == (biggest, second)

    assert declined.change_plan(declined.price("mini", amount=100)) == ""
    assert waiting(declined) == NOTHING


def test_what_waits_is_known_of_an_order_that_is_heard_of_anew(client: FlaskClient, declined: Till) -> None:
    """As after a backup that is older than the change: it was asked for, and nothing here remembers that."""
    declined.change_plan(declined.price("agency", amount=2_900, seats=25))
    declined.forget_orders()
    declined.catch_up()

    assert page_says(client, declined, "The change to Agency waits for its payment.")


def test_a_price_that_vanished_leaves_the_page_as_it_is_otherwise(
    client: FlaskClient, declined: Till
) -> None:
    bigger = declined.price("agency", amount=2_900, seats=25)
    declined.change_plan(bigger)
    with writing():
        session.execute(delete(Price).where(Price.id == bigger))

    assert not page_says(client, declined)


def test_a_change_that_is_off_sale_by_now_can_still_be_paid(client: FlaskClient, declined: Till) -> None:
    bigger = declined.price("agency", amount=2_900, seats=25)
    declined.change_plan(bigger)
    with writing():
        price = resolve(Price, bigger)
        price.active = price.plan.on_sale = False

    assert page_says(client, declined)


@pytest.mark.parametrize(
    ("bill", "sold", "price"),
    [
        ({}, {}, "prc_2"),
        ({"status": "void"}, {}, ""),
        ({"reason": "subscription_cycle"}, {}, ""),
        ({"pay_url": ""}, {}, ""),
        ({}, {"status": "canceled"}, ""),
        ({}, {"pending": None}, ""),
    ],
)
def test_a_change_waits_while_it_can_be_paid(bill: dict[str, Any], sold: dict[str, Any], price: str) -> None:
    open_bill = Invoice(
        "in_1", "open", "subscription_update", True, 1, 0, "eur", None, 9, "https://pay.example"
    )
    plan = Subscription("sub_1", 1, "active", "prc_1", None, None, 9, (replace(open_bill, **bill),))
    plan = replace(plan, pending=PendingChange("prc_2", 9))
    told = Snapshot("subscription", "sub_1", "complete", "paid", "", "", 900, "eur")

    assert derive(replace(told, subscription=replace(plan, **sold)), Policy()).waiting_price == price


@pytest.mark.parametrize("is_paid", [False, True])
def test_every_order_of_the_news_ends_in_one_state(declined: Till, is_paid: bool) -> None:
    bigger = declined.price("agency", amount=2_900, seats=25)
    before = {event["id"] for event in declined.shop.events(API_KEY)}
    pay_url = declined.change_plan(bigger)
    if is_paid:
        pay(declined, pay_url)
    news = [event for event in declined.shop.events(API_KEY) if event["id"] not in before]
    newest = list({event["type"]: event for event in reversed(news)}.values())
    ends = set()
    for told in itertools.permutations(newest[-3:]):
        declined.forget_orders()
        declined.record_all([{**event, "id": new_id("evt")} for event in told])
        declined.work()
        ends.add(json.dumps([*waiting(declined), declined.order().price_id], default=str))

    (end,) = ends
    assert (pay_url in end) == (not is_paid)


def test_who_saw_the_change_wait_does_not_write_any_more_when_it_was_paid(declined: Till) -> None:
    bigger, access = (
        declined.price("agency", amount=2_900, seats=25),
        access_to(declined.connection, seconds=9),
    )
    pay_url = declined.change_plan(bigger)
    root_id, rev = declined.order().root_id, declined.order().rev
    session.rollback()
    between = fetch_snapshot(access, "checkout_session", root_id)
    pay(declined, pay_url)
    declined.catch_up()
    with writing():
        connection, price = declined.connection, resolve(Price, bigger)
        target = derive(between, policy_of(connection))
        assert target.waiting_pay_url == pay_url
        assert not apply(connection, price, between, target, rev=rev, now=clock.now())

    assert waiting(declined) == NOTHING
