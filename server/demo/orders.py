"""The purchases behind the story's licenses, written as settled ones: nobody is asked and no mail is owed."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select

from server.accounts.models import Member
from server.accounts.services import audit
from server.billing.models import LedgerEntry, Order, OrderLicense, OrderRef, StripeConnection
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.licensing.models import License

LATER = timedelta(days=2)  # when money went back, or the bank was asked
TO_ANSWER = timedelta(days=30)
WHY = {"reason": "lost_to_competitor", "note": "Their new theme has a gallery of its own"}


def record_order(license: License, *, paid_at: datetime) -> None:
    """One completed Checkout Session that brought this license, at the price of its plan."""
    refunded, disputed = bool(license.revoked_for), bool(license.suspended_for)
    price = license.plan.prices[0]
    connection = session.scalars(select(StripeConnection)).one()
    root = f"cs_test_demo{secrets.token_hex(12)}"
    order = Order(
        connection_id=connection.id,
        root_kind="checkout_session",
        root_id=root,
        rev=1,
        state="refunded" if refunded else "completed",
        product_id=license.product_id,
        plan_id=license.plan_id,
        price_id=price.id,
        email=license.customer.email,
        name=license.customer.name,
        locale=license.customer.locale,
        amount=price.amount,
        currency=price.currency,
        created_at=paid_at,
        paid_at=paid_at,
        refunded_amount=price.amount if refunded else 0,
        refund_reason=WHY["reason"] if refunded else "",
        refund_note=WHY["note"] if refunded else "",
        disputed=disputed,
    )
    session.add(order)
    session.flush()
    _note_money(order, "payment", f"ch_demo{secrets.token_hex(8)}", price.amount, paid_at)
    audit("stripe", "order.completed", order.id, now=paid_at)
    if refunded:
        _give_back(order, paid_at + LATER)
    if disputed:
        _dispute(order, paid_at + LATER)
    ref = OrderRef(connection_id=connection.id, kind="checkout_session", external_id=root, order_id=order.id)
    unit = OrderLicense(order_id=order.id, line="0", ordinal=0, license_id=license.id, given_back=refunded)
    session.add_all([ref, unit])
    session.flush()


def _give_back(order: Order, at: datetime) -> None:
    owner, refund = session.scalars(select(Member)).one(), f"re_demo{secrets.token_hex(8)}"
    _note_money(order, "refund", refund, -order.amount, at)
    told = {"refund": refund, "amount": order.amount, **WHY}
    audit(f"member:{owner.id}", "order.refund_asked", order.id, now=at, **told)
    audit("stripe", "order.refunded", order.id, now=at + timedelta(seconds=2), amount=order.amount)


def _dispute(order: Order, at: datetime) -> None:
    dispute = f"dp_demo{secrets.token_hex(8)}"
    _note_money(order, "dispute", dispute, 0, at, status="needs_response")
    due_by = rfc3339(at + TO_ANSWER)
    audit("stripe", "order.disputed", order.id, now=at, dispute=dispute, due_by=due_by)


def _note_money(
    order: Order, kind: str, external_id: str, amount: int, at: datetime, status: str = "succeeded"
) -> None:
    session.add(
        LedgerEntry(
            connection_id=order.connection_id,
            order_id=order.id,
            kind=kind,
            external_id=external_id,
            status=status,
            amount=amount,
            currency=order.currency,
            occurred_at=at,
        )
    )
