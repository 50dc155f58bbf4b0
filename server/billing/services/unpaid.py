"""A payment that took days and came to nothing: its buyer, who left the shop long ago, is told by mail."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from server.accounts.services import vendor
from server.billing.models import Order
from server.customers.visiting import account_address
from server.kernel import settings
from server.kernel.db import session
from server.mail.models import Mail
from server.mail.services import queue_mail
from server.mail.wanted import checked_when_sent


def tell_purchase_failed(order: Order, *, renews: bool) -> Mail | None:
    """Once for each order. `renews`: one more term was to be paid, and buying would make a second license."""
    if not order.email:
        return None
    seller = vendor()
    return queue_mail(
        template="purchase_failed",
        to=order.email,
        context={
            "vendor_name": seller.name,
            "support_email": seller.support_email,
            "product_name": order.product.name,
            "plan_name": order.plan.name,
            "key_hint": "",
            "owed": {"amount": order.amount, "currency": order.currency},
            "renews": renews,
            "mode": order.mode,
            "action_url": account_address() if renews else _shelf(order, seller.slug),
        },
        locale=order.locale,
        dedupe_key=f"mail:purchase_failed:{order.id}",
        reply_to=seller.support_email,
        from_name=seller.name,
        mode=order.mode,
        about={"order_id": order.id},
    )


def _shelf(order: Order, vendor_slug: str) -> str:
    """The page that sells the same again: plan, currency and mode as they were chosen."""
    chosen = {"plan": order.plan.code, "currency": order.currency}
    if order.mode == "test":
        chosen["mode"] = "test"
    base = settings.current().public_url
    return f"{base}/buy/{vendor_slug}/{order.product.slug}?{urlencode(chosen)}"


@checked_when_sent("purchase_failed")
def _still_failed(about: dict[str, Any], _now: datetime) -> bool:
    """A payment that was tried again and arrived brought its license meanwhile."""
    state = session.scalars(select(Order.state).where(Order.id == about["order_id"])).one_or_none()
    return state == "failed"
