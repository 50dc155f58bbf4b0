"""Two purchases on the customer page: each button that leads to bills says which purchase it is about."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from server.billing.models import Order
from server.kernel.db import session
from server.kernel.i18n import long_date
from tests.server.billing.conftest import Till
from tests.server.pages.conftest import come_in

BILLS = re.compile(r"<button[^>]*>(Invoices and payment.*?)</button>")


def buttons(client: FlaskClient, till: Till) -> list[str]:
    """What people see on the buttons; what only a screen reader says tells the licenses apart."""
    come_in(client, till.cast)
    return [re.sub("<span.*?</span>", "", one) for one in BILLS.findall(client.get("/account/harbour").text)]


def orders() -> list[Order]:
    session.rollback()
    return list(session.scalars(select(Order).order_by(Order.id)))


def day_of(order: Order) -> str:
    assert order.paid_at is not None
    return long_date(order.paid_at, "en")


def test_one_purchase_needs_no_day(client: FlaskClient, till: Till) -> None:
    till.sell()
    till.catch_up()
    assert buttons(client, till) == ["Invoices and payment"]


def test_purchases_of_one_day_are_told_apart_by_their_sums(client: FlaskClient, till: Till) -> None:
    till.sell()
    till.sell(price_id=till.price())
    till.catch_up()
    day = day_of(orders()[0])

    assert sorted(buttons(client, till)) == [
        f"Invoices and payment of {day}, {paid}" for paid in ("€199.00", "€9.00")
    ]


def test_purchases_of_one_day_and_one_sum_are_told_apart_by_their_numbers(
    client: FlaskClient, till: Till
) -> None:
    for _time in range(2):
        till.sell()
    till.catch_up()
    day = day_of(orders()[0])

    assert sorted(buttons(client, till)) == [
        f"Invoices and payment of {day}, order {one.id}" for one in orders()
    ]
