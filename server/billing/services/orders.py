"""Orders: found by what Stripe calls them, and brought to the state that a fresh snapshot asks for."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.billing.models import Order, OrderLicense, OrderRef, StripeConnection
from server.billing.state import Snapshot, Target
from server.catalog.models import Price
from server.customers.services import customer_for
from server.kernel.db import engine, session
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant
from server.licensing.models import License, PurchasePage
from server.licensing.services import issue_license, revoke_license, send_purchase_mail, unrevoke_license

ROOT = "checkout_session"
REFUNDED = "refunded"


def find_order(connection_id: str, session_id: str) -> Order | None:
    """The order of a Checkout Session."""
    return session.scalars(
        select(Order).where(
            Order.connection_id == connection_id, Order.root_kind == ROOT, Order.root_id == session_id
        )
    ).one_or_none()


def find_root(connection_id: str, kind: str, external_id: str) -> str | None:
    """The Checkout Session of an order that knows this object of Stripe."""
    return session.scalars(
        select(Order.root_id)
        .join(OrderRef, OrderRef.order_id == Order.id)
        .where(
            OrderRef.connection_id == connection_id,
            OrderRef.kind == kind,
            OrderRef.external_id == external_id,
        )
    ).one_or_none()


def licenses_of(order: Order) -> list[License]:
    """The licenses that an order brought, in the order of its lines."""
    brought = select(License).join(OrderLicense, OrderLicense.license_id == License.id)
    return list(
        session.scalars(
            brought.where(OrderLicense.order_id == order.id).order_by(OrderLicense.line, OrderLicense.ordinal)
        )
    )


def purchase_page_of(order: Order) -> PurchasePage | None:
    """The page that the purchase mail leads to."""
    return session.scalars(
        select(PurchasePage)
        .join(OrderLicense, OrderLicense.license_id == PurchasePage.license_id)
        .where(OrderLicense.order_id == order.id)
        .order_by(OrderLicense.line, OrderLicense.ordinal, PurchasePage.id.desc())
        .limit(1)
    ).one_or_none()


def sold_price(snapshot: Snapshot) -> Price | None:
    """What of ours was sold; None for a sale of the vendor that has nothing to do with us."""
    return session.scalars(
        select(Price).where(Price.id == snapshot.metadata.get("keydesk_price", ""))
    ).one_or_none()


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
    order = find_order(connection.id, snapshot.session_id)
    if order is not None and _agrees(order, target):
        return True  # told so before: nothing to write, and nobody else has to look again
    facts = {
        "state": target.state,
        "email": snapshot.email.strip().lower(),
        "name": snapshot.name,
        "paid_at": target.paid_at,
    }
    if rev is None:
        won = _create(connection, price, snapshot, facts, now)
    else:
        won = _advance(connection, snapshot, facts, rev)
    if not won:
        return False
    order = find_order(connection.id, snapshot.session_id)
    assert order is not None  # noqa: S101  it was written just above
    session.refresh(order)
    _remember_refs(order, target)
    _bring_licenses(connection, order, target, now)
    return True


def _agrees(order: Order, target: Target) -> bool:
    """State, licenses and revocation are always written together, so the first two tell of all."""
    return order.state == target.state and len(_rows_of(order)) == len(target.units)


def _create(
    connection: StripeConnection, price: Price, snapshot: Snapshot, facts: dict[str, Any], now: datetime
) -> bool:
    values = {
        "id": new_id("ord"),
        "tenant_id": current_tenant(),
        "connection_id": connection.id,
        "root_kind": ROOT,
        "root_id": snapshot.session_id,
        "rev": 1,
        "product_id": price.plan.product_id,
        "plan_id": price.plan_id,
        "price_id": price.id,
        "locale": snapshot.metadata.get("locale", "en"),
        "site_url": snapshot.metadata.get("site_url", ""),
        "admin_url": snapshot.metadata.get("admin_url", ""),
        "amount": snapshot.amount,
        "currency": snapshot.currency,
        "created_at": now,
        **facts,
    }
    return _insert_once(Order, values, ["connection_id", "root_kind", "root_id"])


def _advance(connection: StripeConnection, snapshot: Snapshot, facts: dict[str, Any], rev: int) -> bool:
    changed = session.scalars(
        update(Order)
        .where(
            Order.connection_id == connection.id,
            Order.root_kind == ROOT,
            Order.root_id == snapshot.session_id,
            Order.rev == rev,
        )
        .values(rev=rev + 1, **facts)
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


def _bring_licenses(connection: StripeConnection, order: Order, target: Target, now: datetime) -> None:
    """One license for each unit that was paid; all of them taken back when the money went back."""
    known = {(row.line, row.ordinal) for row in _rows_of(order)}
    for line, ordinal in target.units:
        if (line, ordinal) not in known:
            _issue(connection, order, line, ordinal, mail=not target.revoked, now=now)
    for license in licenses_of(order):
        if target.revoked:
            revoke_license(license, REFUNDED, actor="stripe", now=now)
        else:
            unrevoke_license(license, REFUNDED, actor="stripe", now=now)


def _rows_of(order: Order) -> list[OrderLicense]:
    return list(session.scalars(select(OrderLicense).where(OrderLicense.order_id == order.id)))


def _issue(
    connection: StripeConnection, order: Order, line: str, ordinal: int, *, mail: bool, now: datetime
) -> None:
    """A purchase that is given back before we heard of it gets no mail, only its row."""
    customer = customer_for(order.email, now=now, name=order.name, locale=order.locale)
    license, _key = issue_license(
        product=order.product,
        plan=order.plan,
        customer=customer,
        now=now,
        mode=connection.license_mode or connection.mode,
        note=f"order {order.id}",
        actor="stripe",
    )
    session.add(OrderLicense(order_id=order.id, line=line, ordinal=ordinal, license_id=license.id))
    session.flush()
    if mail:
        send_purchase_mail(
            license, site_url=order.site_url, admin_url=order.admin_url, cause=f"order:{order.id}"
        )


def _insert_once(model: type[Order | OrderRef], values: dict[str, Any], unique: list[str]) -> bool:
    """Whether this statement made the row; two transactions with one purchase cannot both win."""
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    added = dialect.insert(model).values(values).on_conflict_do_nothing(index_elements=unique)
    return session.scalars(added.returning(model.id)).one_or_none() is not None
