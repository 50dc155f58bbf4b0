"""Tickets, their messages and files."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.accounts.models import Member
from server.catalog.models import Product
from server.customers.models import Customer
from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped
from server.licensing.models import Activation, License

TYPES = ("bug", "missing_feature", "unclear", "hidden_feature", "billing", "presales", "praise", "other")
STATUSES = ("new", "open", "waiting_for_customer", "solved", "closed", "spam")
SITE_STATUS = {
    "new": "open",
    "open": "waiting_for_us",
    "waiting_for_customer": "waiting_for_you",
    "solved": "solved",
    "closed": "closed",
}


class TicketCounter(TenantScoped, Model):
    """The last ticket number a vendor gave out."""

    __tablename__ = "ticket_counters"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("tct"))
    last: Mapped[int]


class Ticket(TenantScoped, Model):
    """One conversation. A site sees it only by the `site_uid` that opened it."""

    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_tickets_tenant_status_last", "tenant_id", "status", "last_activity_at"),
        Index("ix_tickets_site", "tenant_id", "site_uid"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("tkt"))
    number: Mapped[int]
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    license_id: Mapped[str | None] = mapped_column(ForeignKey("licenses.id"), index=True)
    activation_id: Mapped[str | None] = mapped_column(ForeignKey("activations.id"))
    follows_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"))
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("members.id"))
    site_uid: Mapped[str]
    site_url: Mapped[str] = mapped_column(default="")
    type: Mapped[str]  # what the person chose, one of TYPES
    status: Mapped[str] = mapped_column(default="new")  # one of STATUSES
    subject: Mapped[str]
    mode: Mapped[str] = mapped_column(default="live")  # "test": of a test license, or by a test product key
    email: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    plugin_version: Mapped[str] = mapped_column(default="")
    screen_id: Mapped[str] = mapped_column(default="")
    user_ref: Mapped[str] = mapped_column(default="")  # the site's own name for its user
    shared: Mapped[bool] = mapped_column(default=True)  # other administrators of the site may read it
    diagnostics: Mapped[dict[str, Any] | None]
    notify_email: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    last_activity_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None]  # since when a customer waits for us
    solved_at: Mapped[datetime | None]
    seen_message_id: Mapped[str] = mapped_column(default="")  # the newest message the site has shown

    product: Mapped[Product] = relationship()
    customer: Mapped[Customer | None] = relationship()
    license: Mapped[License | None] = relationship()
    activation: Mapped[Activation | None] = relationship()
    assignee: Mapped[Member | None] = relationship()
    messages: Mapped[list["Message"]] = relationship(back_populates="ticket", order_by="Message.id")

    @property
    def site_status(self) -> str:
        """How the site owner sees it; `spam` is never shown."""
        return SITE_STATUS[self.status]


class Message(TenantScoped, Model):
    """One line of a conversation. Plain text; a note is for the team only."""

    __tablename__ = "messages"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("msg"))
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"), index=True)
    kind: Mapped[str]  # "customer", "agent", "note", "system"
    author_name: Mapped[str]
    author_email: Mapped[str] = mapped_column(default="")
    member_id: Mapped[str | None] = mapped_column(ForeignKey("members.id"))
    body: Mapped[str]
    via: Mapped[str]  # "dashboard", "console", "helpdesk", "api"
    origin: Mapped[str] = mapped_column(
        default=""
    )  # the helpdesk connection it came from: it never goes back
    created_at: Mapped[datetime]

    ticket: Mapped[Ticket] = relationship(back_populates="messages")
    attachments: Mapped[list["Attachment"]] = relationship(back_populates="message", order_by="Attachment.id")


class Attachment(TenantScoped, Model):
    """A file. It waits without a message until the ticket or answer that names it is sent."""

    __tablename__ = "attachments"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("att"))
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"), index=True)
    site_uid: Mapped[str] = mapped_column(default="")  # whose upload it is; empty: the vendor's
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]  # bytes
    sha256: Mapped[str]  # lower hex, of the bytes as stored; also the name of the stored file
    created_at: Mapped[datetime]

    message: Mapped[Message | None] = relationship(back_populates="attachments")


class AttachmentLink(TenantScoped, Model):
    """A short-lived address of one file, minted for one reader."""

    __tablename__ = "attachment_links"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("alk"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    attachment_id: Mapped[str] = mapped_column(ForeignKey("attachments.id"), index=True)
    expires_at: Mapped[datetime]

    attachment: Mapped[Attachment] = relationship()
