"""What a purchase amounts to, from Stripe's facts alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.billing.state import Line, Snapshot, derive

PAID = Snapshot(
    session_id="cs_1",
    status="complete",
    payment_status="paid",
    intent_id="pi_1",
    intent_status="succeeded",
    charge_id="ch_1",
    charged_at=1_763_726_400,
    refunded=False,
    email="ana@buyer.example.com",
    name="Ana",
    amount=19_900,
    currency="eur",
    lines=(Line("li_1", 1),),
    metadata={},
)


def test_a_paid_session_is_one_unit_a_piece() -> None:
    target = derive(replace(PAID, lines=(Line("li_1", 2), Line("li_2", 1))))

    assert (target.state, target.revoked) == ("completed", False)
    assert target.units == (("li_1", 0), ("li_1", 1), ("li_2", 0))
    assert target.paid_at == datetime(2025, 11, 21, 12, 0, tzinfo=UTC)
    assert target.refs == (("checkout_session", "cs_1"), ("payment_intent", "pi_1"), ("charge", "ch_1"))


def test_a_gift_is_paid_too() -> None:
    gift = replace(
        PAID,
        payment_status="no_payment_required",
        intent_id=None,
        intent_status=None,
        charge_id=None,
        charged_at=None,
        amount=0,
    )
    target = derive(gift)
    assert (target.state, len(target.units), target.paid_at) == ("completed", 1, None)
    assert target.refs == (("checkout_session", "cs_1"),)


def test_money_given_back_keeps_the_unit_and_revokes_it() -> None:
    target = derive(replace(PAID, refunded=True))
    assert (target.state, target.revoked, len(target.units)) == ("refunded", True, 1)


@pytest.mark.parametrize(
    ("status", "intent_status", "state"),
    [
        ("open", None, "open"),
        ("open", "requires_payment_method", "open"),
        ("complete", "processing", "pending"),
        ("complete", "requires_action", "pending"),
        ("complete", "requires_payment_method", "failed"),
        ("complete", "canceled", "failed"),
        ("expired", None, "failed"),
    ],
)
def test_without_payment_there_is_no_license(status: str, intent_status: str | None, state: str) -> None:
    target = derive(
        replace(PAID, status=status, payment_status="unpaid", intent_status=intent_status, charged_at=None)
    )
    assert (target.state, target.units, target.revoked) == (state, (), False)
