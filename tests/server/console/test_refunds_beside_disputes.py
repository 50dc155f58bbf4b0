"""A dispute that was lost took one payment of a term; what else was paid can still be given back."""

import pytest

from server.billing.asking import OrderDisputed, refund_order
from server.billing.services import money_left
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    API_KEY,
    Till,
    connection,
    shop,
    stripe_process,
    till,
)
from tests.server.console.conftest import Browser

LOST = "The bank decided this dispute for the buyer."


def two_payments(till: Till) -> tuple[str, str]:  # noqa: F811
    """A month for 9 euros, moved at once to a plan of 29: the payments, in Stripe's names."""
    till.sell(price_id=till.price())
    till.catch_up()
    till.change_plan(till.price("agency", amount=2_900, seats=25))
    till.catch_up()
    bills = [one["data"]["object"] for one in till.shop.events(API_KEY) if one["type"] == "invoice.paid"]
    change, term = (till.payment_of(bill["id"]) for bill in bills)
    return term, change


def lose(till: Till, payment: str) -> None:  # noqa: F811
    dispute = till.shop.life("charges", payment, "dispute")
    till.shop.life("disputes", dispute["id"], "close", status="lost")
    till.catch_up()


def test_the_payment_that_was_not_disputed_goes_back_and_only_that(
    desk: Browser,
    till: Till,  # noqa: F811
) -> None:
    term, _change = two_payments(till)
    lose(till, term)
    left, path = money_left(till.order()), f"/orders/{till.order().id}"
    page = desk.text(path)
    assert (LOST in page, "Refund…" in page, "A refund would pay twice." in page) == (True, True, False)

    too_much = desk.send(f"{path}/refund", {"reason": "bug", "amount": str(left / 100)}, page=path)
    assert "can still be given back." in too_much.text
    assert till.order().refunded_amount == 0

    assert desk.send(f"{path}/refund", {"reason": "bug"}, page=path).status_code == 302
    till.catch_up()
    assert till.order().refunded_amount == left - 900, "the month itself was taken by the bank"
    assert till.order().subscription_status == "canceled"


def test_where_all_was_disputed_nothing_is_offered(desk: Browser, till: Till) -> None:  # noqa: F811
    for payment in two_payments(till):
        lose(till, payment)
    path = f"/orders/{till.order().id}"
    page = desk.text(path)
    assert (LOST in page, "Refund…" in page, "A refund would pay twice." in page) == (True, False, True)

    with pytest.raises(OrderDisputed, match="bank took this payment back already"):
        refund_order(till.order(), reason="bug", actor="system")
    assert till.order().refunded_amount == 0


def test_a_dispute_that_is_open_still_waits_for_the_bank(desk: Browser, till: Till) -> None:  # noqa: F811
    term, _change = two_payments(till)
    till.shop.life("charges", term, "dispute")
    refused = desk.send(
        f"/orders/{till.order().id}/refund", {"reason": "bug"}, page=f"/orders/{till.order().id}"
    )
    assert "bank decides about this payment" in refused.text
    till.catch_up()
    assert "Refund…" not in desk.text(f"/orders/{till.order().id}")
