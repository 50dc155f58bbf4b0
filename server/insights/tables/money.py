"""Tables of an export about purchases: orders, what they brought, money, and their names at Stripe."""

from typing import Any

from sqlalchemy import Select, select

from server.billing.models import LedgerEntry, Order, OrderLicense, OrderRef, StripeConnection
from server.insights.tables.shape import Table, every, same, whole


def orders() -> Table:
    return whole(
        "orders",
        Order,
        same("id", "root_kind", "root_id", "state", "mode", "product_id", "plan_id", "source")
        | same("email", "name", "site_url", "amount", "currency", "created_at", "paid_at", "refunded_amount")
        | same("refund_reason", "refund_note", "disputed", "subscription", "subscription_status", "renews_at")
        | same("cancels_at", "price_id", "locale", "admin_url", "stripe_customer", "connection_id")
        | same("discount_amount", "tax_amount", "trial_until"),
    )


def order_licenses() -> Table:
    return Table(
        "order_licenses",
        OrderLicense,
        lambda: _with_mode(OrderLicense),
        same("id", "order_id", "line", "ordinal", "license_id", "kind", "given_back", "end_before")
        | same("end_after", "mode"),
    )


def order_refs() -> Table:
    return whole("order_refs", OrderRef, same("id", "order_id", "kind", "external_id", "connection_id"))


def ledger() -> Table:
    return Table(
        "ledger",
        LedgerEntry,
        lambda: _with_mode(LedgerEntry),
        same("id", "order_id", "kind", "external_id", "status", "amount", "currency", "occurred_at")
        | same("connection_id", "mode"),
    )


def _with_mode(model: type[LedgerEntry | OrderLicense]) -> Select[Any]:
    """With the mode of its order: whoever adds up money must leave out what was only tried."""
    return select(*every(model), Order.mode).join(Order, Order.id == model.order_id)


def stripe_connections() -> Table:
    return whole(
        "stripe_connections",
        StripeConnection,
        same("id", "mode", "license_mode", "grace_days", "partial_refund", "promotion_codes")
        | same("automatic_tax", "created_at", "last_event_at", "reconciled_at"),
    )
