"""The people who buy."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped


class Customer(TenantScoped, Model):
    """One buyer of one vendor, known by the address that the purchase named."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("tenant_id", "email"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cus"))
    email: Mapped[str]  # lower case
    name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    unwanted_mails: Mapped[list[str]] = mapped_column(default=list)  # groups the customer said no to
    created_at: Mapped[datetime]


class CustomerLink(TenantScoped, Model):
    """A magic link to the customer's own page, sent to the mailbox that proves the customer."""

    __tablename__ = "customer_links"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("clk"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship()


class CustomerSession(TenantScoped, Model):
    """One browser that came in by a magic link. The cookie holds a random reference, the row its hash."""

    __tablename__ = "customer_sessions"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("csn"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    customer: Mapped[Customer] = relationship()
