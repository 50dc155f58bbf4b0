"""From a snapshot to a target: equal facts give an equal target, whichever event brought us here."""

from datetime import UTC, datetime, timedelta

from server.billing.state.facts import (
    CHANGE,
    RENEWAL,
    Charge,
    Dispute,
    Invoice,
    PendingChange,
    Policy,
    Refund,
    Snapshot,
    Subscription,
)
from server.billing.state.target import Entry, Target

# The payment was tried and the bank said no; while it is still thinking, the intent says otherwise.
REFUSED = frozenset({"requires_payment_method", "canceled"})
NEVER_BEGAN = frozenset({"incomplete_expired", "canceled"})
NOT_GIVEN_BACK = frozenset({"failed", "canceled"})
OWES = frozenset({"past_due", "unpaid"})  # Stripe tried, and was refused
DISPUTE_OVER = frozenset({"won", "lost", "warning_closed", "prevented"})


def derive(snapshot: Snapshot, policy: Policy) -> Target:
    """How our rows have to look. Nothing is asked and no clock is read."""
    paid = _is_paid(snapshot)
    charges, plan = snapshot.charges(), snapshot.subscription
    disputes = [one for charge in charges for one in charge.disputes]
    still_open = [one for one in disputes if one.status not in DISPUTE_OVER] if paid else []
    given_back = paid and _is_given_back(snapshot)
    waiting = _waiting_bill(plan) if plan and paid else None
    unpaid = waiting if plan and plan.status in OWES else None
    change, change_url = _waiting_change(plan) if plan else (None, "")
    return Target(
        state=_state(snapshot, paid=paid, given_back=given_back),
        price=snapshot.sold(),
        units=_units(snapshot) if paid and snapshot.email else (),  # a license needs somebody to hold it
        amount=snapshot.amount,
        discount=snapshot.discount,
        tax=snapshot.tax,
        paid_at=_paid_at(snapshot) if paid else None,
        refunded_amount=sum(map(_given_back, charges)),
        disputed=bool(still_open),
        suspended=tuple(sorted(f"dispute:{one.id}" for one in still_open)),
        revoked=_revoked(snapshot, policy, disputes, given_back=given_back) if paid else (),
        is_subscription=plan is not None,
        subscription=plan.id if plan else "",
        subscription_status=plan.status if plan else "",
        valid_until=_moment(_paid_to(plan)) if plan else None,
        is_trial=bool(plan and plan.trial_end and not any(map(_is_after_trial, plan.invoices))),
        grace_until=_grace(waiting, policy),
        unpaid_bill=unpaid.id if unpaid else "",
        pay_url=unpaid.pay_url if unpaid else "",
        renews=bool(plan and plan.is_alive() and not plan.cancels_at),
        renews_at=_moment(plan.renews_at) if plan and plan.is_alive() and not plan.cancels_at else None,
        cancels_at=_moment(plan.cancels_at) if plan and plan.is_alive() else None,
        waiting_price=change.price if change else "",
        waiting_until=_moment(change.until) if change else None,
        waiting_pay_url=change_url,
        disputes=tuple((one.id, _moment(one.due_by)) for one in still_open),
        ledger=_ledger(snapshot),
        refs=_refs(snapshot),
    )


def _is_paid(snapshot: Snapshot) -> bool:
    if snapshot.root_kind == "subscription":
        plan = snapshot.subscription
        return plan is not None and _paid_to(plan) is not None
    return snapshot.status == "complete" and snapshot.payment_status in {"paid", "no_payment_required"}


def _state(snapshot: Snapshot, *, paid: bool, given_back: bool) -> str:
    if paid:
        return "refunded" if given_back else "completed"
    if snapshot.status == "expired":
        return "failed"
    if snapshot.status == "complete":
        return "failed" if _is_refused(snapshot) else "pending"
    return "open"


def _is_refused(snapshot: Snapshot) -> bool:
    plan = snapshot.subscription
    return snapshot.intent_status in REFUSED or (plan is not None and plan.status in NEVER_BEGAN)


def _units(snapshot: Snapshot) -> tuple[tuple[str, int], ...]:
    plan = snapshot.subscription
    if plan is not None:
        return tuple((plan.id, n) for n in range(plan.quantity))
    return tuple((line.id, n) for line in snapshot.lines for n in range(line.quantity))


def _paid_at(snapshot: Snapshot) -> datetime | None:
    charges = snapshot.charges()
    return _moment(charges[0].created) if charges else _moment(snapshot.created or None)


def _paid_to(plan: Subscription) -> int | None:
    ends = [bill.paid_to for bill in plan.invoices if bill.status == "paid" and bill.paid_to]
    return max(ends, default=None)


def _given_back(charge: Charge) -> int:
    return sum(one.amount for one in charge.refunds if _counts(one))


def _counts(refund: Refund) -> bool:
    return refund.status not in NOT_GIVEN_BACK


def _is_given_back(snapshot: Snapshot) -> bool:
    """Whether the payment of the present term went back whole; an earlier term is over anyway."""
    term = next(iter(snapshot.present_payments()), None)
    return term is not None and 0 < term.amount <= _given_back(term)


def _revoked(
    snapshot: Snapshot, policy: Policy, disputes: list[Dispute], *, given_back: bool
) -> tuple[str, ...]:
    in_part = any(map(_given_back, snapshot.present_payments())) and policy.partial_refund == "revoke"
    reasons = {
        "refunded": given_back or in_part,
        "disputed": any(one.status == "lost" for one in disputes),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def _is_after_trial(bill: Invoice) -> bool:
    """A term was paid, with money or with a code that covers all of it."""
    return bool(bill.amount_paid) or (bill.status == "paid" and bill.reason == RENEWAL)


def _waiting_bill(plan: Subscription) -> Invoice | None:
    """The newest bill that was tried and not paid, while the subscription still hopes for it.

    It may be refused or on its way: a bank debit takes days. A change that is not made before it is paid
    leaves the term as it was.
    """
    tried = [
        bill
        for bill in plan.invoices
        if bill.status == "open" and bill.attempted and (bill.reason != CHANGE or plan.status in OWES)
    ]
    return max(tried, key=lambda bill: bill.created, default=None) if plan.is_alive() else None


def _waiting_change(plan: Subscription) -> tuple[PendingChange | None, str]:
    """The change that is made once its bill is paid, and where; without a page for it nobody can pay it."""
    bills = [bill for bill in plan.invoices if bill.status == "open" and bill.reason == CHANGE]
    newest = max(bills, key=lambda bill: bill.created, default=None)
    if plan.pending is None or newest is None or not newest.pay_url or not plan.is_alive():
        return None, ""
    return plan.pending, newest.pay_url


def _grace(waiting: Invoice | None, policy: Policy) -> datetime | None:
    if waiting is None:
        return None
    return datetime.fromtimestamp(waiting.created, UTC) + timedelta(days=policy.grace_days)


def _ledger(snapshot: Snapshot) -> tuple[Entry, ...]:
    """Every movement of money, each under the id that Stripe gave it."""
    found = []
    if snapshot.charge is not None and snapshot.subscription is None:
        charge = snapshot.charge
        found.append(_entry("payment", charge.id, "paid", charge.amount, charge.currency, charge.created))
    for bill in snapshot.subscription.invoices if snapshot.subscription else ():
        if bill.amount_paid:
            kind = "renewal" if bill.reason == RENEWAL else "payment"
            at = bill.paid_at or bill.created
            found.append(_entry(kind, bill.id, bill.status, bill.amount_paid, bill.currency, at))
    for charge in snapshot.charges():
        found += _refund_entries(charge) + _dispute_entries(charge)
    return tuple(sorted(found, key=lambda one: (one.occurred_at, one.kind, one.external_id)))


def _refund_entries(charge: Charge) -> list[Entry]:
    return [
        _entry(
            "refund",
            one.id,
            one.status,
            -one.amount if _counts(one) else 0,
            charge.currency,
            one.created,
        )
        for one in charge.refunds
    ]


def _dispute_entries(charge: Charge) -> list[Entry]:
    """The dispute itself moves nothing; its funds do, with the bank's fee."""
    found = []
    for one in charge.disputes:
        found.append(_entry("dispute", one.id, one.status, 0, charge.currency, one.created))
        found += [
            _entry("dispute_funds", moved.id, one.status, moved.net, moved.currency, moved.created)
            for moved in one.funds
        ]
    return found


def _entry(kind: str, external_id: str, status: str, amount: int, currency: str, at: int) -> Entry:
    return Entry(kind, external_id, status, amount, currency, datetime.fromtimestamp(at, UTC))


def _refs(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """Which objects of Stripe lead to this order."""
    plan = snapshot.subscription
    found = [
        (snapshot.root_kind, snapshot.root_id),
        ("payment_intent", snapshot.intent_id or ""),
        ("invoice", snapshot.invoice_id or ""),
        ("subscription", plan.id if plan else ""),
    ]
    found += [("invoice", bill.id) for bill in plan.invoices] if plan else []
    for charge in snapshot.charges():
        found.append(("charge", charge.id))
        found += [("refund", one.id) for one in charge.refunds]
        found += [("dispute", one.id) for one in charge.disputes]
    return tuple(dict.fromkeys((kind, id) for kind, id in found if id))


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
