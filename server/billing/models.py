"""Stripe connections, orders, and the events that were received."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.catalog.models import Plan, Price, Product
from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped
from server.licensing.models import License


class StripeConnection(TenantScoped, Model):
    """A vendor's own Stripe account. Its id stands in the hook's address and only selects the secret."""

    __tablename__ = "stripe_connections"
    __table_args__ = (UniqueConstraint("tenant_id", "mode"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("scn"))
    mode: Mapped[str]  # "live" or "test"
    api_key_sealed: Mapped[bytes]
    hook_secret_sealed: Mapped[bytes]
    old_hook_secret_sealed: Mapped[bytes | None]  # accepted while rotating
    created_at: Mapped[datetime]
    last_event_at: Mapped[datetime | None]


class Order(TenantScoped, Model):
    """One purchase. `rev` guards every change: a result computed from an older state is never written."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("connection_id", "root_kind", "root_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ord"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("stripe_connections.id"), index=True)
    root_kind: Mapped[str]  # "checkout_session"
    root_id: Mapped[str]
    rev: Mapped[int] = mapped_column(default=0)
    state: Mapped[str]  # "open", "pending", "completed", "failed", "refunded"
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"))
    price_id: Mapped[str] = mapped_column(ForeignKey("prices.id"))
    email: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    site_url: Mapped[str] = mapped_column(default="")
    admin_url: Mapped[str] = mapped_column(default="")
    amount: Mapped[int]  # smallest unit of the currency
    currency: Mapped[str]
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]

    product: Mapped[Product] = relationship()
    plan: Mapped[Plan] = relationship()
    price: Mapped[Price] = relationship()


class OrderRef(TenantScoped, Model):
    """Which order an object of Stripe belongs to."""

    __tablename__ = "order_refs"
    __table_args__ = (UniqueConstraint("connection_id", "kind", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("orf"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("stripe_connections.id"))
    kind: Mapped[str]  # "checkout_session", "payment_intent", "charge"
    external_id: Mapped[str]
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)


class OrderLicense(TenantScoped, Model):
    """The license that one unit of one line of an order brought: unique, so it is issued once."""

    __tablename__ = "order_licenses"
    __table_args__ = (UniqueConstraint("order_id", "line", "ordinal"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("orl"))
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    line: Mapped[str]
    ordinal: Mapped[int]
    license_id: Mapped[str] = mapped_column(ForeignKey("licenses.id"), unique=True)

    license: Mapped[License] = relationship()
    order: Mapped[Order] = relationship()


class InboxEvent(TenantScoped, Model):
    """An event as it came in, before anything was done about it."""

    __tablename__ = "inbox_events"

    provider: Mapped[str] = mapped_column(primary_key=True)
    connection_id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    payload: Mapped[str]
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]
