"""Lives of purchases as Stripe shows them after each event, and what is left at the end."""

from typing import Any

from tests.vectors.making import Family, case

T0 = 1_798_761_600
DAY = 86_400
MONTH, NEXT = T0 + 31 * DAY, T0 + 59 * DAY
Facts = dict[str, Any]


def session(**more: Any) -> Facts:
    """A paid Checkout Session of 49 euros."""
    return {
        "root_kind": "checkout_session", "root_id": "cs_1", "status": "complete", "payment_status": "paid",
        "email": "ana@buyer.example.com", "name": "Ana", "amount": 4_900, "currency": "eur", "created": T0,
        "lines": [{"id": "li_1", "quantity": 1}], "intent_id": "pi_1", "intent_status": "succeeded",
        "charge": charge("ch_1", T0), **more,
    }  # fmt: skip


def charge(id: str, created: int, *, refunds: Any = (), disputes: Any = ()) -> Facts:
    return {
        "id": id, "amount": 4_900, "currency": "eur", "created": created, "refunds": list(refunds),
        "disputes": list(disputes),
    }  # fmt: skip


def refund(amount: int, status: str = "succeeded") -> Facts:
    return {"id": f"re_{amount}", "amount": amount, "status": status, "created": T0 + DAY}


def dispute(status: str) -> Facts:
    taken = {"id": "txn_1", "net": -6_400, "currency": "eur", "created": T0 + DAY}
    back = {"id": "txn_2", "net": 4_900, "currency": "eur", "created": T0 + 9 * DAY}
    funds = [taken, back] if status == "won" else [taken]
    return {"id": "dp_1", "status": status, "created": T0 + DAY, "due_by": T0 + 9 * DAY, "funds": funds}


def bill(id: str, created: int, paid_to: int, *, paid: bool = True, of: int = 4_900, **more: Any) -> Facts:
    return {
        "id": id, "status": "paid" if paid else "open", "attempted": True, "created": created,
        "currency": "eur", "reason": "subscription_create" if id == "in_1" else "subscription_cycle",
        "paid_to": paid_to, "amount_paid": of if paid else 0, "paid_at": created if paid else None,
        "charge": charge(f"ch_{id}", created) if paid and of else None, **more,
    }  # fmt: skip


def monthly(*bills: Facts, status: str = "active", trial_end: int | None = None, **more: Any) -> Facts:
    """A session that began a subscription."""
    plan = {
        "id": "sub_1", "quantity": 1, "status": status, "price": "", "trial_end": trial_end,
        "cancels_at": None, "renews_at": max(one["paid_to"] for one in bills), "invoices": list(bills),
        **more,
    }  # fmt: skip
    nothing: Facts = {"lines": [], "intent_id": None, "intent_status": None, "charge": None}
    return session(**nothing, subscription=plan)


def left(state: str, **license: Any) -> Facts:
    """What there is at the end; without a license nothing was issued."""
    facts: Facts = {
        "revoked_for": [], "suspended_for": [], "valid_until": None, "grace_until": None, "renews": False,
        "is_trial": False,
    }  # fmt: skip
    return {"state": state, "license": facts | license if license.pop("issued", True) else None}


def disputed(status: str) -> Facts:
    return session(charge=charge("ch_1", T0, disputes=[dispute(status)]))


def given_back(*refunds: Facts) -> Facts:
    return session(charge=charge("ch_1", T0, refunds=refunds))


def unpaid_yet(intent_status: str) -> Facts:
    return session(payment_status="unpaid", intent_status=intent_status, charge=None)


def one_time() -> list[dict[str, Any]]:
    bought = ("checkout.session.completed", session())
    return [
        life("bought", "a payment", left("completed"), bought),
        life("late-bank", "a transfer that takes days and is refused at last", left("failed", issued=False),
             ("checkout.session.completed", unpaid_yet("processing")),
             ("checkout.session.async_payment_failed",
              unpaid_yet("requires_payment_method"))),
        life("refund-failed", "given back whole, and the bank could not take it", left("completed"), bought,
             ("charge.refunded", given_back(refund(4_900))),
             ("refund.failed", given_back(refund(4_900, "failed")))),
        life("refunded-in-two", "given back in two parts", left("refunded", revoked_for=["refunded"]), bought,
             ("charge.refunded", given_back(refund(900))),
             ("charge.refunded", given_back(refund(900), refund(4_000)))),
        life("dispute-won", "disputed and won", left("completed"), bought,
             ("charge.dispute.created", disputed("needs_response")),
             ("charge.dispute.closed", disputed("won"))),
        life("dispute-lost", "disputed and lost", left("completed", revoked_for=["disputed"]), bought,
             ("charge.dispute.created", disputed("needs_response")),
             ("charge.dispute.closed", disputed("lost"))),
        life("dispute-open", "a dispute that is not decided",
             left("completed", suspended_for=["dispute:dp_1"]), bought,
             ("charge.dispute.created", disputed("under_review"))),
    ]  # fmt: skip


def subscriptions() -> list[dict[str, Any]]:
    first, second = bill("in_1", T0, MONTH), bill("in_2", MONTH, NEXT)
    unpaid = bill("in_2", MONTH, NEXT, paid=False)
    trial = bill("in_1", T0, T0 + 14 * DAY, of=0)
    after_trial = bill("in_2", T0 + 14 * DAY, T0 + 45 * DAY)
    begun = ("checkout.session.completed", monthly(first))
    return [
        life("renewed", "a second month", left("completed", valid_until=NEXT, renews=True), begun,
             ("invoice.paid", monthly(first, second))),
        life("declined", "the second month could not be charged",
             left("completed", valid_until=MONTH, grace_until=MONTH + 7 * DAY, renews=True), begun,
             ("invoice.payment_failed", monthly(first, unpaid, status="past_due"))),
        life("declined-then-ended", "unpaid until Stripe gave up", left("completed", valid_until=MONTH),
             begun, ("invoice.payment_failed", monthly(first, unpaid, status="past_due")),
             ("customer.subscription.deleted", monthly(first, unpaid, status="canceled"))),
        life("trial", "a trial with a card that became a paid month",
             left("completed", valid_until=T0 + 45 * DAY, renews=True),
             ("checkout.session.completed", monthly(trial, status="trialing", trial_end=T0 + 14 * DAY)),
             ("invoice.paid", monthly(trial, after_trial, trial_end=T0 + 14 * DAY))),
        life("ends-by-itself", "the buyer ended it for the end of the term",
             left("completed", valid_until=MONTH), begun,
             ("customer.subscription.updated", monthly(first, cancels_at=MONTH))),
    ]  # fmt: skip


def life(id: str, title: str, expect: Facts, *seen: tuple[str, Facts]) -> dict[str, Any]:
    stages = [{"event": event, "facts": facts} for event, facts in seen]
    policy = {"grace_days": 7, "partial_refund": "keep"}
    return case(f"life-{id}", title, {"policy": policy, "stages": stages}, expect)


def family() -> Family:
    return Family("stripe_lives", 8, one_time() + subscriptions())
