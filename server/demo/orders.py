"""The purchases behind the story's licenses, written as settled ones: nobody is asked and no mail is owed."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select

from server.billing.models import LedgerEntry, Order, OrderLicense, OrderRef, StripeConnection
from server.kernel.db import session
from server.licensing.models import License

REFUND_AFTER = timedelta(days=2)


def record_order(license: License, *, paid_at: datetime, refunded: bool = False) -> None:
    """One completed Checkout Session that brought this license, at the price of its plan."""
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
        refund_reason="lost_to_competitor" if refunded else "",
    )
    session.add(order)
    session.flush()
    _note_money(order, "payment", f"ch_demo{secrets.token_hex(8)}", price.amount, paid_at)
    if refunded:
        _note_money(order, "refund", f"re_demo{secrets.token_hex(8)}", -price.amount, paid_at + REFUND_AFTER)
    session.add(
        OrderRef(connection_id=connection.id, kind="checkout_session", external_id=root, order_id=order.id)
    )
    session.add(OrderLicense(order_id=order.id, line="0", ordinal=0, license_id=license.id))
    session.flush()


def _note_money(order: Order, kind: str, external_id: str, amount: int, at: datetime) -> None:
    session.add(
        LedgerEntry(
            connection_id=order.connection_id,
            order_id=order.id,
            kind=kind,
            external_id=external_id,
            status="succeeded",
            amount=amount,
            currency=order.currency,
            occurred_at=at,
        )
    )
