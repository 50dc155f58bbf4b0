"""The tables of an export: for each one its columns, fixed and in this order, and where they come from.

A column here is a promise to scripts: it is added at the end, and never renamed or taken away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, select

from server.accounts.models import AuditEntry
from server.billing.models import LedgerEntry, Order, OrderLicense
from server.catalog.models import Plan, Price, Product
from server.customers.models import Customer
from server.kernel import secrets
from server.kernel.db import Model
from server.licensing import keys
from server.licensing.models import Activation, License
from server.support.models import Message, Ticket

Derive = Callable[[Any], Any]


@dataclass(frozen=True)
class Table:
    """One table: its rows are asked for in the order of `model`'s id, a page at a time."""

    name: str
    model: type[Model]
    ask: Callable[[], Select[Any]]
    columns: dict[str, str | Derive]  # name in the export: a column of the row, or what is made of it


def key_of(row: Any) -> str:
    """The license key in the form people read."""
    return keys.display(secrets.unseal(row.key_sealed, aad=f"licenses:key_sealed:{row.id}"))


def every(model: type[Model]) -> list[Any]:
    """All columns as attributes of the model: a bare table would not be kept to the vendor."""
    return [getattr(model, column.key) for column in model.__table__.columns]


def same(*names: str) -> dict[str, str | Derive]:
    """Columns that are called in the export as they are here."""
    return {name: name for name in names}


def tables(*, with_keys: bool) -> list[Table]:
    """All of them. Without keys the column stays empty, so that scripts find the same columns."""
    return [
        _products(),
        _plans(),
        _prices(),
        _customers(),
        _licenses(with_keys=with_keys),
        _activations(),
        _orders(),
        _ledger(),
        _tickets(),
        _messages(),
        _audit(),
    ]


def _products() -> Table:
    return Table(
        "products",
        Product,
        lambda: select(*every(Product)),
        same("id", "slug", "name", "description", "edition", "docs_url", "edd_item_id", "after_expiry")
        | same("network_policy", "homepage", "author", "source", "created_at"),
    )


def _plans() -> Table:
    return Table(
        "plans",
        Plan,
        lambda: select(*every(Plan), Product.slug.label("product")).join(
            Product, Product.id == Plan.product_id
        ),
        same("id", "product", "code", "name", "seats", "interval")
        | {"features": lambda row: " ".join(row.features)}
        | same("renews", "trial_days", "max_version", "edd_price_id", "on_sale"),
    )


def _prices() -> Table:
    return Table(
        "prices",
        Price,
        lambda: select(*every(Price)),
        same("id", "plan_id", "currency", "amount", "active"),
    )


def _customers() -> Table:
    return Table(
        "customers",
        Customer,
        lambda: select(*every(Customer)),
        same("id", "email", "name", "locale")
        | {"unwanted_mails": lambda row: " ".join(row.unwanted_mails)}
        | same("created_at"),
    )


def _licenses(*, with_keys: bool) -> Table:
    return Table(
        "licenses",
        License,
        lambda: (
            select(
                *every(License),
                OrderLicense.order_id,
                Product.slug.label("product"),
                Plan.code.label("plan"),
                Customer.email.label("email"),
                Customer.name.label("name"),
            )
            .join(Product, Product.id == License.product_id)
            .join(Plan, Plan.id == License.plan_id)
            .join(Customer, Customer.id == License.customer_id)
            .outerjoin(
                OrderLicense, and_(OrderLicense.license_id == License.id, OrderLicense.kind == "issued")
            )
        ),
        {
            "license_id": "id",
            "key": key_of if with_keys else lambda _row: "",
            "status": stopped_or_not,
            **same("email", "name", "product", "plan", "seats", "seats_used", "starts_at", "valid_until"),
            **same(
                "grace_until", "updates_until", "support_until", "max_version", "renews", "is_trial", "mode"
            ),
            "suspended_for": lambda row: " ".join(row.suspended_for),
            "revoked_for": lambda row: " ".join(row.revoked_for),
            **same("parent_id", "customer_id", "product_id", "plan_id", "order_id", "key_hint", "source"),
            **same("created_at"),
        },
    )


def stopped_or_not(row: Any) -> str:
    """What was decided about the license; the time axis stands in its own columns."""
    return "revoked" if row.revoked_for else "suspended" if row.suspended_for else "active"


def _activations() -> Table:
    return Table(
        "activations",
        Activation,
        lambda: select(*every(Activation)),
        {
            "activation_id": "id",
            **same("license_id", "site_url", "site_key", "environment", "counted", "network", "label"),
            **same("locale", "plugin_version", "wp_version", "php_version", "created_at", "last_seen_at"),
            **same("ended_at"),
        },
    )


def _orders() -> Table:
    return Table(
        "orders",
        Order,
        lambda: select(*every(Order)),
        same("id", "root_kind", "root_id", "state", "mode", "product_id", "plan_id", "source")
        | same("email", "name", "site_url", "amount", "currency", "created_at", "paid_at", "refunded_amount")
        | same(
            "refund_reason", "refund_note", "disputed", "subscription", "subscription_status", "renews_at"
        ),
    )


def _ledger() -> Table:
    return Table(
        "ledger",
        LedgerEntry,
        lambda: select(*every(LedgerEntry)),
        same("id", "order_id", "kind", "external_id", "status", "amount", "currency", "occurred_at"),
    )


def _tickets() -> Table:
    return Table(
        "tickets",
        Ticket,
        lambda: select(*every(Ticket)),
        same(
            "id", "number", "product_id", "customer_id", "license_id", "site_url", "type", "status", "subject"
        )
        | same("email", "name", "locale", "plugin_version", "diagnostics", "created_at", "last_activity_at")
        | same("solved_at"),
    )


def _messages() -> Table:
    return Table(
        "messages",
        Message,
        lambda: select(*every(Message)),
        same("id", "ticket_id", "kind", "author_name", "author_email", "body", "via", "created_at"),
    )


def _audit() -> Table:
    return Table(
        "audit",
        AuditEntry,
        lambda: select(*every(AuditEntry)),
        same("id", "at", "actor", "action", "subject_id", "facts"),
    )
