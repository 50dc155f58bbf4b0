"""Stripe connections, orders, and the events that were received."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.catalog.models import Plan, Price, Product
from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped
from server.licensing.models import License

# Reasons must be countable to be removed.
REFUND_REASONS = ("installation", "license_key", "missing_feature", "bug", "lost_to_competitor", "other")


class StripeConnection(TenantScoped, Model):
    """A vendor's own Stripe account. Its id stands in the hook's address and only selects the secret."""

    __tablename__ = "stripe_connections"
    __table_args__ = (UniqueConstraint("tenant_id", "mode"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("scn"))
    mode: Mapped[str]  # "live" or "test"
    license_mode: Mapped[str] = mapped_column(default="")  # empty: as `mode`; the demo's test shop sells live
    api_key_sealed: Mapped[bytes]
    hook_secret_sealed: Mapped[bytes]
    old_hook_secret_sealed: Mapped[bytes | None]  # accepted while rotating, until
    old_hook_secret_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_event_at: Mapped[datetime | None]
    reconciled_at: Mapped[datetime | None]  # up to this moment nothing of Stripe's is missing here
    grace_days: Mapped[int] = mapped_column(default=7)  # after a renewal that could not be charged
    partial_refund: Mapped[str] = mapped_column(default="keep")  # what it does to the license: or "revoke"
    promotion_codes: Mapped[bool] = mapped_column(default=True)  # buyers may enter codes made at Stripe
    automatic_tax: Mapped[bool] = mapped_column(default=False)  # Stripe Tax


class Order(TenantScoped, Model):
    """One purchase. `rev` guards every change: a result computed from an older state is never written."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("connection_id", "root_kind", "root_id"),
        Index("ix_orders_source", "tenant_id", "mode", "source", unique=True),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ord"))
    connection_id: Mapped[str | None] = mapped_column(ForeignKey("stripe_connections.id"), index=True)
    root_kind: Mapped[str]  # "checkout_session", "subscription", "manual", "external" (another shop)
    root_id: Mapped[str]
    rev: Mapped[int] = mapped_column(default=0)
    state: Mapped[str]  # "open", "pending", "completed", "failed", "refunded"
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"))
    price_id: Mapped[str | None] = mapped_column(ForeignKey("prices.id"))  # None: not sold over Stripe
    mode: Mapped[str] = mapped_column(default="live")  # "live" or "test"
    source: Mapped[str | None]  # another shop's own number of it, "woocommerce:123"
    email: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    site_url: Mapped[str] = mapped_column(default="")
    admin_url: Mapped[str] = mapped_column(default="")
    amount: Mapped[int]  # of the first payment, in the smallest unit of the currency
    discount_amount: Mapped[int] = mapped_column(default=0)  # what a code took off before it was paid
    tax_amount: Mapped[int] = mapped_column(default=0)  # what of `amount` is tax
    currency: Mapped[str]
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    trial_until: Mapped[datetime | None]  # of a trial, while nothing was paid: then the first payment is due
    refunded_amount: Mapped[int] = mapped_column(default=0)
    refund_reason: Mapped[str] = mapped_column(default="")  # of REFUND_REASONS; empty: nobody said yet
    refund_note: Mapped[str] = mapped_column(default="")
    disputed: Mapped[bool] = mapped_column(default=False)  # a dispute is open: a refund would pay twice
    stripe_customer: Mapped[str] = mapped_column(default="")
    subscription: Mapped[str] = mapped_column(default="")  # its id at Stripe
    subscription_status: Mapped[str] = mapped_column(default="")
    cancels_at: Mapped[datetime | None]  # the buyer ended the subscription for this moment
    renews_at: Mapped[datetime | None]
    waiting_price: Mapped[str] = mapped_column(default="")  # it changes to this price, as Stripe tells it,
    waiting_until: Mapped[datetime | None]  # if that is paid before this moment
    waiting_pay_url: Mapped[str] = mapped_column(default="")  # on this page of Stripe's
    facts_hash: Mapped[str] = mapped_column(default="")  # of the facts last written: equal ones need no write

    product: Mapped[Product] = relationship()
    plan: Mapped[Plan] = relationship()
    price: Mapped[Price | None] = relationship()

    def trial_has_ended(self, now: datetime) -> bool:
        """Its last day has passed, and nothing was paid."""
        return self.trial_until is not None and self.trial_until <= now

    @property
    def owes(self) -> bool:
        """A later payment failed, or the first one after a trial; what was paid before stays paid."""
        return self.state == "completed" and self.subscription_status in {"past_due", "unpaid"}


class OrderRef(TenantScoped, Model):
    """Which order an object of Stripe belongs to."""

    __tablename__ = "order_refs"
    __table_args__ = (UniqueConstraint("connection_id", "kind", "external_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("orf"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("stripe_connections.id"))
    kind: Mapped[str]  # "checkout_session", "payment_intent", "charge", "invoice", "subscription", …
    external_id: Mapped[str]
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)


class OrderLicense(TenantScoped, Model):
    """What one unit of one line of an order did: issued a license or renewed one, and did it once."""

    __tablename__ = "order_licenses"
    __table_args__ = (UniqueConstraint("order_id", "line", "ordinal"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("orl"))
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    line: Mapped[str]
    ordinal: Mapped[int]
    license_id: Mapped[str] = mapped_column(ForeignKey("licenses.id"), index=True)
    kind: Mapped[str] = mapped_column(default="issued")  # or "renewed": it had been issued before
    given_back: Mapped[bool] = mapped_column(default=False)  # its money went back, and with it what it did
    end_before: Mapped[datetime | None]  # of a renewal: the license's end without it,
    end_after: Mapped[datetime | None]  # and with it; None while its term is taken back

    license: Mapped[License] = relationship()
    order: Mapped[Order] = relationship()


class LedgerEntry(TenantScoped, Model):
    """Money that moved for an order: one row for each object of Stripe and kind; reports count them."""

    __tablename__ = "ledger_entries"
    __table_args__ = (UniqueConstraint("connection_id", "external_id", "kind"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("led"))
    connection_id: Mapped[str | None] = mapped_column(ForeignKey("stripe_connections.id"))
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), index=True)
    kind: Mapped[str]  # "payment", "renewal", "refund", "dispute", "dispute_funds"
    external_id: Mapped[str]
    status: Mapped[str]
    amount: Mapped[int]  # smallest unit of the currency; what left the vendor is negative
    currency: Mapped[str]
    occurred_at: Mapped[datetime]


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
