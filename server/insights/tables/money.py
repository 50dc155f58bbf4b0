"""Tables of an export about purchases: orders, what they brought, money, and their names at Stripe."""

from server.billing.models import LedgerEntry, Order, OrderLicense, OrderRef, StripeConnection
from server.insights.tables.shape import Table, same, whole


def orders() -> Table:
    return whole(
        "orders",
        Order,
        same("id", "root_kind", "root_id", "state", "mode", "product_id", "plan_id", "source")
        | same("email", "name", "site_url", "amount", "currency", "created_at", "paid_at", "refunded_amount")
        | same("refund_reason", "refund_note", "disputed", "subscription", "subscription_status", "renews_at")
        | same("cancels_at", "price_id", "locale", "admin_url", "stripe_customer", "connection_id"),
    )


def order_licenses() -> Table:
    return whole(
        "order_licenses",
        OrderLicense,
        same("id", "order_id", "line", "ordinal", "license_id", "kind", "given_back", "end_before")
        | same("end_after"),
    )


def order_refs() -> Table:
    return whole("order_refs", OrderRef, same("id", "order_id", "kind", "external_id", "connection_id"))


def ledger() -> Table:
    return whole(
        "ledger",
        LedgerEntry,
        same("id", "order_id", "kind", "external_id", "status", "amount", "currency", "occurred_at")
        | same("connection_id"),
    )


def stripe_connections() -> Table:
    return whole(
        "stripe_connections",
        StripeConnection,
        same("id", "mode", "license_mode", "grace_days", "partial_refund", "promotion_codes")
        | same("automatic_tax", "created_at", "last_event_at", "reconciled_at"),
    )
