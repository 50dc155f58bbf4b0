"""A target is written: the order under its `rev`, its ledger, and what it means for the licenses."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.accounts.services import audit
from server.billing.models import LedgerEntry, Order, OrderLicense, OrderRef, StripeConnection
from server.billing.services.connections import sells_as
from server.billing.services.effects import REFUNDED, carry_over, issue_unit, mail_purchase, tell_buyer
from server.billing.services.orders import ISSUED, RENEWED, ROOT, find_order, rows_of
from server.billing.services.renewals import follow_money, follow_refunds, license_to_renew, renew_unit
from server.billing.services.unpaid import tell_purchase_failed
from server.billing.state import Entry, Snapshot, Target
from server.catalog.models import Price
from server.kernel.clock import rfc3339
from server.kernel.db import engine, session
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant
from server.licensing.services import take_turns

ACTOR = "stripe"


def apply(
    connection: StripeConnection,
    price: Price,
    snapshot: Snapshot,
    target: Target,
    *,
    rev: int | None,
    now: datetime,
) -> bool:
    """Write what the snapshot asks for. False when the order moved on since `rev` was read: look again.

    The snapshot was fetched after `rev` was read, so a newer state is never overwritten by an older one.
    """
    order = find_order(connection.id, snapshot.root_id, snapshot.root_kind)
    facts = _facts(snapshot, target)
    if order is not None and order.facts_hash == facts["facts_hash"]:
        # A subscription can go back to what it was: whoever saw it in between must not write any more.
        return not target.is_subscription or _advance(connection, snapshot, {}, rev)
    before = (order.state, order.refunded_amount, order.disputed) if order else ("", 0, False)
    if rev is None:
        won = _create(connection, price, snapshot, facts, now)
    else:
        won = _advance(connection, snapshot, facts, rev)
    if not won:
        return False
    order = find_order(connection.id, snapshot.root_id, snapshot.root_kind)
    assert order is not None  # noqa: S101  it was written just above
    session.refresh(order)
    _remember_refs(order, target)
    for entry in target.ledger:
        write_entry(order, entry)
    wanted = snapshot.metadata.get("keydesk_license", "")
    _bring_licenses(order, price, target, renews=wanted, now=now)
    _note(order, target, before, now)
    if _came_to_nothing(snapshot, target):
        tell_purchase_failed(order, renews=bool(wanted))
    if rows := rows_of(order):
        lost = rows[0].kind == RENEWED and rows[0].end_after is None
        tell_buyer(order, list(dict.fromkeys(row.license for row in rows)), target, taken_back=lost)
    return True


def _facts(snapshot: Snapshot, target: Target) -> dict[str, Any]:
    return {
        "state": target.state,
        "email": snapshot.email.strip().lower(),
        "name": snapshot.name,
        "amount": target.amount,
        "discount_amount": target.discount,
        "tax_amount": target.tax,
        "paid_at": target.paid_at,
        "trial_until": target.valid_until if target.is_trial else None,
        "refunded_amount": target.refunded_amount,
        "disputed": target.disputed,
        "stripe_customer": snapshot.customer,
        "subscription": target.subscription,
        "subscription_status": target.subscription_status,
        "cancels_at": target.cancels_at,
        "renews_at": target.renews_at,
        "waiting_price": target.waiting_price,
        "waiting_until": target.waiting_until,
        "waiting_pay_url": target.waiting_pay_url,
        "facts_hash": target.fingerprint(snapshot.email, snapshot.name, snapshot.customer),
    }


def _create(
    connection: StripeConnection, price: Price, snapshot: Snapshot, facts: dict[str, Any], now: datetime
) -> bool:
    values = {
        "id": new_id("ord"),
        "tenant_id": current_tenant(),
        "connection_id": connection.id,
        "root_kind": snapshot.root_kind,
        "root_id": snapshot.root_id,
        "rev": 1,
        "product_id": price.plan.product_id,
        "plan_id": price.plan_id,
        "price_id": price.id,
        "mode": sells_as(connection),
        "locale": snapshot.metadata.get("locale", "en"),
        "site_url": snapshot.metadata.get("site_url", ""),
        "admin_url": snapshot.metadata.get("admin_url", ""),
        "currency": snapshot.currency,
        "created_at": now,
        **facts,
    }
    return _insert_once(Order, values, ["connection_id", "root_kind", "root_id"])


def _advance(
    connection: StripeConnection, snapshot: Snapshot, facts: dict[str, Any], rev: int | None
) -> bool:
    changed = session.scalars(
        update(Order)
        .where(
            Order.connection_id == connection.id,
            Order.root_kind == snapshot.root_kind,
            Order.root_id == snapshot.root_id,
            Order.rev == rev,
        )
        .values(rev=Order.rev + 1, **facts)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    return changed.one_or_none() is not None


def _remember_refs(order: Order, target: Target) -> None:
    for kind, external_id in target.refs:
        values = {
            "id": new_id("orf"),
            "tenant_id": order.tenant_id,
            "connection_id": order.connection_id,
            "kind": kind,
            "external_id": external_id,
            "order_id": order.id,
        }
        _insert_once(OrderRef, values, ["connection_id", "kind", "external_id"])


def write_entry(order: Order, entry: Entry) -> None:
    """A row of the ledger, or its newer standing: a refund that failed moved nothing."""
    known = session.scalars(
        select(LedgerEntry).where(
            LedgerEntry.order_id == order.id,
            LedgerEntry.external_id == entry.external_id,
            LedgerEntry.kind == entry.kind,
        )
    ).one_or_none()
    if known is not None:
        known.status, known.amount = entry.status, entry.amount
        return
    session.add(
        LedgerEntry(
            connection_id=order.connection_id,
            order_id=order.id,
            kind=entry.kind,
            external_id=entry.external_id,
            status=entry.status,
            amount=entry.amount,
            currency=entry.currency,
            occurred_at=entry.occurred_at,
        )
    )


def _bring_licenses(order: Order, price: Price, target: Target, *, renews: str, now: datetime) -> None:
    """A license or one more term for each unit that was paid; then all follow what happened to the money."""
    rows = {(row.line, row.ordinal): row for row in rows_of(order)}
    new = [unit for unit in target.units if unit not in rows]
    for unit in new:
        rows[unit] = _bring_unit(order, target, unit, renews=renews, now=now)
    plan = None
    if price.id != order.price_id and price.plan.product_id == order.product_id:
        plan, order.price_id, order.plan_id = price.plan, price.id, price.plan_id
    take_turns(row.license for row in rows.values())
    for unit, row in sorted(rows.items()):
        went_back = row.given_back
        if row.kind == RENEWED:
            follow_money(row, target, now=now)
        else:
            row.given_back = REFUNDED in target.revoked
            carry_over(row.license, target, plan=plan, is_paid=unit in target.units, now=now)
        if unit in new or went_back or row.given_back:
            follow_refunds(row, actor=ACTOR, now=now)
    if not target.revoked:  # what was given back before we heard of it gets no mail
        mail_purchase(order, [rows[unit].license for unit in new if rows[unit].kind == ISSUED])


def _bring_unit(
    order: Order, target: Target, unit: tuple[str, int], *, renews: str, now: datetime
) -> OrderLicense:
    license = license_to_renew(renews, order, target) if renews else None
    if license is not None:
        return renew_unit(order, license, *unit, now=now)
    if renews:  # somebody paid: a new license is better than none
        audit(ACTOR, "order.nothing_to_renew", order.id, now=now, license=renews[:100])
    return issue_unit(order, target, *unit, now=now)


def _note(order: Order, target: Target, before: tuple[str, int, bool], now: datetime) -> None:
    """What the vendor has to see is in the order's history."""
    state, refunded, disputed = before
    given, whole = target.refunded_amount - refunded, state != target.state == REFUNDED
    told: dict[str, Any] = {"amount": given} if whole else {}
    if target.is_trial:
        told["trial_until"] = rfc3339(target.valid_until)
    if given < 0:
        audit(ACTOR, "order.refund_failed", order.id, now=now, amount=-given)
    elif target.state != state:  # an order that is paid again because a refund failed got no second payment
        audit(ACTOR, f"order.{target.state}", order.id, now=now, **told)
    if given > 0 and not whole:
        audit(ACTOR, "order.refunded_amount", order.id, now=now, amount=given)
    if target.disputed and not disputed:
        for dispute, due_by in target.disputes:
            audit(ACTOR, "order.disputed", order.id, now=now, dispute=dispute, due_by=rfc3339(due_by))
    if disputed and not target.disputed:
        audit(ACTOR, "order.dispute_closed", order.id, now=now, outcome=_outcome(target))


def _outcome(target: Target) -> str:
    """How the bank decided; "" where it decided several disputes differently."""
    outcomes = {entry.status for entry in target.ledger if entry.kind == "dispute"}
    return outcomes.pop() if len(outcomes) == 1 else ""


def _came_to_nothing(snapshot: Snapshot, target: Target) -> bool:
    """The buyer was done at Stripe's page, and the money never came. One who left that page needs no mail."""
    bought = snapshot.root_kind == ROOT and snapshot.status == "complete"
    return bought and target.state == "failed"


def _insert_once(model: type[Order | OrderRef], values: dict[str, Any], unique: list[str]) -> bool:
    """Whether this statement made the row; two transactions with one purchase cannot both win."""
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    added = dialect.insert(model).values(values).on_conflict_do_nothing(index_elements=unique)
    return session.scalars(added.returning(model.id)).one_or_none() is not None
