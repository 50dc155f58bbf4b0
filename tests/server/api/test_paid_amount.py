"""Scripts are told all that was paid for an order; its `amount` is the first payment only."""

from collections.abc import Callable

import pytest

from server.billing.asking import refund_order
from tests.server.api.conftest import Ask
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    Till,
    connection,
    shop,
    stripe_process,
    till,
)
from tests.tools.statements import statements

PATH = "/v1/vendor/orders"


@pytest.fixture
def reader(script: Callable[..., str]) -> str:
    """A key that reads orders."""
    return script("orders:read")


def sums(ask: Ask, reader: str, order_id: str) -> tuple[int, int]:
    told = ask("GET", f"{PATH}/{order_id}", reader).json
    assert told is not None
    return told["amount"], told["paid_amount"]


def test_a_trial_that_was_paid_later_tells_what_was_paid(ask: Ask, reader: str, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    order_id = till.order().id
    assert sums(ask, reader, order_id) == (0, 0)

    till.shop.advance(days=15)
    till.catch_up()
    assert sums(ask, reader, order_id) == (0, 900)


def test_a_renewal_is_in_the_sum_and_what_went_back_is_told_apart(
    ask: Ask,
    reader: str,
    till: Till,  # noqa: F811
) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    till.shop.advance(days=32)
    till.catch_up()
    refund_order(till.order(), reason="bug", actor="system", amount=300)
    order_id = till.order().id

    assert sums(ask, reader, order_id) == (900, 1_800)
    told = ask("GET", f"{PATH}/{order_id}", reader).json
    assert told is not None
    assert told["refunded_amount"] == 300


def test_a_list_reads_the_payments_of_all_its_orders_at_once(ask: Ask, reader: str, till: Till) -> None:  # noqa: F811
    price = till.price()
    for number in range(3):
        till.sell(f"buyer-{number}@buyer.example.com", price_id=price)
    till.catch_up()
    with statements() as sent:
        listed = ask("GET", PATH, reader).json

    assert listed is not None
    assert [one["paid_amount"] for one in listed["data"]] == [900, 900, 900]
    assert len([one for one in sent if "ledger_entries" in one]) == 1
