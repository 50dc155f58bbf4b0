"""The purchases behind the story's licenses, written as settled ones: nobody is asked and no mail is owed."""

import secrets
from datetime import datetime

from sqlalchemy import select

from server.billing.models import Order, OrderLicense, OrderRef, StripeConnection
from server.kernel.db import session
from server.licensing.models import License


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
    )
    session.add(order)
    session.flush()
    session.add(
        OrderRef(connection_id=connection.id, kind="checkout_session", external_id=root, order_id=order.id)
    )
    session.add(OrderLicense(order_id=order.id, line="0", ordinal=0, license_id=license.id))
    session.flush()
