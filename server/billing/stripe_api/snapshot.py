"""A purchase as it stands at Stripe now: their objects read afresh and put down as plain facts."""

from collections.abc import Iterable
from typing import Any

from server.billing.state import (
    Charge,
    Dispute,
    Funds,
    Invoice,
    Line,
    PendingChange,
    Refund,
    Snapshot,
    Subscription,
)
from server.billing.stripe_api.client import Access, client_of

MOST_BILLS = 200


def fetch_snapshot(access: Access, kind: str, root_id: str) -> Snapshot:
    """The whole purchase behind this root; all calls together take at most `access.seconds`."""
    with client_of(access) as client:
        if kind == "subscription":
            wanted: Any = {"expand": ["customer"]}
            found = client.v1.subscriptions.retrieve(root_id, wanted).to_dict()
            return _made_elsewhere(found, _subscription(client, found))
        wanted = {"expand": ["line_items", "payment_intent.latest_charge.refunds", "subscription"]}
        found = client.v1.checkout.sessions.retrieve(root_id, wanted).to_dict()
        plan = found.get("subscription")
        return _session(client, found, _subscription(client, plan) if plan else None)


def _made_elsewhere(found: dict[str, Any], plan: Subscription) -> Snapshot:
    """A subscription that no Checkout Session of ours began: its customer says who bought it."""
    buyer = found.get("customer") or {}
    first = min(plan.invoices, key=lambda bill: bill.created, default=None)
    return Snapshot(
        root_kind="subscription",
        root_id=plan.id,
        status="complete",
        payment_status="paid",
        email=buyer.get("email") or "",
        name=buyer.get("name") or "",
        amount=first.amount_paid if first else 0,
        currency=found.get("currency") or "",
        created=found["created"],
        subscription=plan,
        customer=buyer.get("id") or "",
        metadata=dict(found.get("metadata") or {}),
    )


def _session(client: Any, found: dict[str, Any], plan: Subscription | None) -> Snapshot:
    intent = found.get("payment_intent") or {}
    charge = intent.get("latest_charge")
    buyer = found.get("customer_details") or {}
    parts = found.get("total_details") or {}
    return Snapshot(
        root_kind="checkout_session",
        root_id=found["id"],
        status=found["status"] or "",
        payment_status=found["payment_status"],
        email=buyer.get("email") or found.get("customer_email") or "",
        name=buyer.get("name") or "",
        amount=found.get("amount_total") or 0,
        currency=found.get("currency") or "",
        created=found["created"],
        discount=parts.get("amount_discount") or 0,
        tax=parts.get("amount_tax") or 0,
        lines=tuple(
            Line(line["id"], line.get("quantity") or 1)
            for line in (found.get("line_items") or {}).get("data", ())
        ),
        intent_id=intent.get("id"),
        intent_status=intent.get("status"),
        charge=_charge(client, charge) if charge and charge.get("paid") else None,
        invoice_id=None if plan else found.get("invoice"),
        subscription=plan,
        customer=found.get("customer") or "",
        metadata=dict(found.get("metadata") or {}),
    )


def _subscription(client: Any, found: dict[str, Any]) -> Subscription:
    item = found["items"]["data"][0]
    end = item["current_period_end"]
    return Subscription(
        id=found["id"],
        quantity=item.get("quantity") or 1,
        status=found["status"],
        price=_our_price(found, item),
        trial_end=found.get("trial_end"),
        cancels_at=end if found.get("cancel_at_period_end") else found.get("cancel_at"),
        renews_at=end,
        invoices=tuple(_bills(client, found)),
        pending=_pending(found.get("pending_update") or {}),
    )


def _pending(waits: dict[str, Any]) -> PendingChange | None:
    """Only what was asked for here: another change says no price of ours."""
    price = (waits.get("metadata") or {}).get("keydesk_price")
    return PendingChange(str(price), waits["expires_at"]) if price else None


def _our_price(found: dict[str, Any], item: dict[str, Any]) -> str:
    """What was switched to later is nearer to the truth than what was said at the beginning."""
    for told in (item["price"].get("metadata"), item.get("metadata"), found.get("metadata")):
        if told and told.get("keydesk_price"):
            return str(told["keydesk_price"])
    return ""


def _bills(client: Any, found: dict[str, Any]) -> Iterable[Invoice]:
    """Every bill with the charge that paid it, found by the payment intent both name."""
    wanted = {"subscription": found["id"], "limit": 100, "expand": ["data.payments"]}
    bills = _all(client.v1.invoices.list(wanted))
    intents = {bill["id"]: _intent_of(bill) for bill in bills}
    charges = _charges_of(client, found) if any(intents.values()) else {}
    for bill in sorted(bills, key=lambda one: (one["created"], one["id"])):
        charge = charges.get(intents[bill["id"]] or "")
        yield Invoice(
            id=bill["id"],
            status=bill["status"] or "",
            reason=bill.get("billing_reason") or "",
            attempted=bill["attempted"],
            created=bill["created"],
            amount_paid=bill["amount_paid"],
            currency=bill["currency"],
            paid_at=bill["status_transitions"].get("paid_at"),
            paid_to=max((line["period"]["end"] for line in bill["lines"]["data"]), default=None),
            pay_url=bill.get("hosted_invoice_url") or "",
            charge=_charge(client, charge) if charge else None,
        )


def _intent_of(bill: dict[str, Any]) -> str | None:
    paid = [one["payment"] for one in (bill.get("payments") or {}).get("data", ()) if one["status"] == "paid"]
    return next((one["payment_intent"] for one in paid if one.get("payment_intent")), None)


def _charges_of(client: Any, found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The customer's successful charges by payment intent: one call for all terms."""
    customer = found["customer"]
    buyer = customer["id"] if isinstance(customer, dict) else customer
    wanted = {"customer": buyer, "limit": 100, "expand": ["data.refunds"]}
    taken = _all(client.v1.charges.list(wanted))
    return {one["payment_intent"]: one for one in taken if one["paid"] and one["payment_intent"]}


def _charge(client: Any, found: dict[str, Any]) -> Charge:
    refunds = (found.get("refunds") or {}).get("data", [])
    if (found.get("refunds") or {}).get("has_more"):
        refunds = _all(client.v1.refunds.list({"charge": found["id"], "limit": 100}))
    disputes = _all(client.v1.disputes.list({"charge": found["id"]})) if found.get("disputed") else []
    return Charge(
        id=found["id"],
        amount=found["amount"],
        currency=found["currency"],
        created=found["created"],
        refunds=tuple(
            Refund(one["id"], one["amount"], one.get("status") or "", one["created"], cause_of(one))
            for one in sorted(refunds, key=lambda one: (one["created"], one["id"]))
        ),
        disputes=tuple(_dispute(one) for one in sorted(disputes, key=lambda one: one["id"])),
    )


def cause_of(refund: dict[str, Any]) -> str:
    """Which press of a button here asked for this refund (`refund_charge`)."""
    return str((refund.get("metadata") or {}).get("keydesk_cause", ""))


def _dispute(found: dict[str, Any]) -> Dispute:
    return Dispute(
        id=found["id"],
        status=found["status"],
        created=found["created"],
        due_by=found["evidence_details"].get("due_by"),
        funds=tuple(
            Funds(moved["id"], moved["net"], moved["currency"], moved["created"])
            for moved in found["balance_transactions"]
        ),
    )


def _all(first: Any) -> list[dict[str, Any]]:
    """A list of Stripe, followed to its end or to the most that a purchase can have."""
    found = []
    for one in first.auto_paging_iter():
        found.append(one.to_dict())
        if len(found) >= MOST_BILLS:
            break
    return found
