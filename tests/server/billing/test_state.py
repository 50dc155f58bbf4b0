"""What a one-time purchase amounts to, from Stripe's facts alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.billing.state import (
    Charge,
    Dispute,
    Funds,
    Invoice,
    Line,
    Policy,
    Refund,
    Snapshot,
    Subscription,
    Target,
    derive,
)

AT, MONTH = 1_763_726_400, 30 * 86_400
REFUND = Refund("re_1", 900, "succeeded", AT + 10)
CHARGE = Charge("ch_1", 19_900, "eur", AT)
PAID = Snapshot(
    root_kind="checkout_session",
    root_id="cs_1",
    status="complete",
    payment_status="paid",
    intent_id="pi_1",
    intent_status="succeeded",
    charge=CHARGE,
    email="ana@buyer.example.com",
    name="Ana",
    amount=19_900,
    currency="eur",
    created=AT,
    lines=(Line("li_1", 1),),
)


def after(*refunds: Refund, disputes: tuple[Dispute, ...] = (), policy: Policy | None = None) -> Target:
    snapshot = replace(PAID, charge=replace(CHARGE, refunds=refunds, disputes=disputes))
    return derive(snapshot, policy or Policy())


def test_a_paid_session_is_one_unit_a_piece() -> None:
    target = derive(replace(PAID, lines=(Line("li_1", 2), Line("li_2", 1))), Policy())

    assert (target.state, target.revoked, target.renews) == ("completed", (), False)
    assert target.units == (("li_1", 0), ("li_1", 1), ("li_2", 0))
    assert target.paid_at == datetime(2025, 11, 21, 12, 0, tzinfo=UTC)
    assert target.refs == (("checkout_session", "cs_1"), ("payment_intent", "pi_1"), ("charge", "ch_1"))
    assert [(one.kind, one.external_id, one.amount) for one in target.ledger] == [("payment", "ch_1", 19_900)]


def test_a_gift_is_paid_too() -> None:
    gift = replace(
        PAID,
        payment_status="no_payment_required",
        intent_id=None,
        intent_status=None,
        charge=None,
        amount=0,
    )
    target = derive(gift, Policy())
    assert (target.state, len(target.units), target.ledger) == ("completed", 1, ())
    assert target.refs == (("checkout_session", "cs_1"),)


def test_money_given_back_keeps_the_unit_and_revokes_it() -> None:
    in_two = after(Refund("re_1", 10_000, "succeeded", AT), Refund("re_2", 9_900, "pending", AT + 5))

    assert (in_two.state, in_two.revoked, len(in_two.units)) == ("refunded", ("refunded",), 1)
    assert (in_two.refunded_amount, sum(one.amount for one in in_two.ledger)) == (19_900, 0)


def test_a_part_given_back_does_what_the_vendor_decided() -> None:
    part = Refund("re_1", 5_000, "succeeded", AT)

    assert (after(part).state, after(part).revoked) == ("completed", ())
    assert after(part, policy=Policy(partial_refund="revoke")).revoked == ("refunded",)
    assert after(part).refunded_amount == 5_000


def bill(
    number: int, amount: int, *, reason: str = "subscription_cycle", months: int, back: int = 0
) -> Invoice:
    """A paid bill up to the end of this month, given back in part or whole."""
    refunds = (Refund(f"re_{number}", back, "succeeded", AT + number),) if back else ()
    charge = Charge(f"ch_{number}", amount, "eur", AT + number, refunds) if amount else None
    return Invoice(
        id=f"in_{number}",
        status="paid",
        reason=reason,
        attempted=True,
        created=AT + number,
        amount_paid=amount,
        currency="eur",
        paid_at=AT + number,
        paid_to=AT + months * MONTH,
        charge=charge,
    )


def subscribed(*bills: Invoice, trial_end: int | None = None) -> Target:
    plan = Subscription("sub_1", 1, "active", "", trial_end, None, AT + MONTH, bills)
    return derive(replace(PAID, charge=None, intent_id=None, subscription=plan), Policy())


def test_the_refund_of_a_difference_between_plans_takes_no_term() -> None:
    term = bill(1, 900, reason="subscription_create", months=1)
    difference = bill(2, 150, reason="subscription_update", months=1, back=150)
    assert subscribed(term, difference).revoked == ()

    given_back = bill(1, 900, reason="subscription_create", months=1, back=900)
    assert subscribed(given_back, bill(2, 150, reason="subscription_update", months=1)).revoked == (
        "refunded",
    )


def test_a_difference_comes_behind_its_term_also_within_one_second() -> None:
    term = replace(bill(9, 900, reason="subscription_create", months=1, back=900), created=AT)
    difference = replace(bill(1, 150, reason="subscription_update", months=1), created=AT)
    assert subscribed(term, difference).revoked == ("refunded",)


def test_the_refund_of_a_longer_term_that_was_changed_to_revokes() -> None:
    month = bill(1, 900, reason="subscription_create", months=1)
    assert subscribed(month, bill(2, 9_000, reason="subscription_update", months=12, back=9_000)).revoked == (
        "refunded",
    )


def test_a_month_that_is_charged_within_a_year_paid_before_is_a_term_of_its_own() -> None:
    """Who goes from a year to months uses up the credit first; then each month is charged."""
    year = bill(1, 9_000, reason="subscription_create", months=12)
    months = [bill(number, 900, months=number) for number in (7, 8)]
    plan = Subscription("sub_1", 1, "active", "", None, None, AT + 8 * MONTH, (year, *months))
    assert [one.id for one in replace(PAID, charge=None, subscription=plan).present_payments()] == ["ch_8"]


def test_an_earlier_term_that_was_paid_late_decides_nothing() -> None:
    late = replace(bill(1, 900, months=1), charge=Charge("ch_1", 900, "eur", AT + 9, (REFUND,)))
    assert subscribed(late, bill(2, 900, months=2)).revoked == ()


def test_a_trial_is_over_with_its_first_paid_term_also_when_a_code_paid_it() -> None:
    trial = bill(1, 0, reason="subscription_create", months=1)
    assert subscribed(trial, trial_end=AT + MONTH).is_trial
    assert not subscribed(trial, bill(2, 0, months=2), trial_end=AT + MONTH).is_trial


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_came_to_nothing_does_not_count(status: str) -> None:
    target = after(Refund("re_1", 19_900, status, AT))

    assert (target.state, target.revoked, target.refunded_amount) == ("completed", (), 0)
    assert [(one.status, one.amount) for one in target.ledger if one.kind == "refund"] == [(status, 0)]


@pytest.mark.parametrize(
    ("status", "suspended", "revoked"),
    [
        ("warning_needs_response", ("dispute:dp_1",), ()),
        ("needs_response", ("dispute:dp_1",), ()),
        ("under_review", ("dispute:dp_1",), ()),
        ("warning_closed", (), ()),
        ("won", (), ()),
        ("lost", (), ("disputed",)),
    ],
)
def test_a_dispute_pauses_until_the_bank_has_decided(
    status: str, suspended: tuple[str, ...], revoked: tuple[str, ...]
) -> None:
    taken = Funds("txn_1", -21_400, "eur", AT + 9)
    target = after(disputes=(Dispute("dp_1", status, AT + 9, due_by=AT + 900, funds=(taken,)),))

    assert (target.suspended, target.revoked) == (suspended, revoked)
    assert target.disputed == bool(suspended)
    moved = [(one.kind, one.amount) for one in target.ledger if one.kind != "payment"]
    assert moved == [("dispute", 0), ("dispute_funds", -21_400)]


def test_two_disputes_are_two_reasons() -> None:
    target = after(
        disputes=(Dispute("dp_1", "lost", AT), Dispute("dp_2", "needs_response", AT)),
    )
    assert (target.suspended, target.revoked) == (("dispute:dp_2",), ("disputed",))


def test_equal_facts_have_an_equal_fingerprint_and_others_another() -> None:
    refund = Refund("re_1", 5_000, "succeeded", AT)
    assert after(refund).fingerprint("a") == after(refund).fingerprint("a")
    assert (
        len({after(refund).fingerprint("a"), after(refund).fingerprint("b"), after().fingerprint("a")}) == 3
    )


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
    unpaid = replace(PAID, status=status, payment_status="unpaid", intent_status=intent_status, charge=None)
    target = derive(unpaid, Policy())
    assert (target.state, target.units, target.revoked) == (state, (), ())
