"""Connections to helpdesks, what is linked there, what is to be sent, and what was sent to us."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped

UNFINISHED = ("pending", "in_flight", "unknown")


class HelpdeskConnection(TenantScoped, Model):
    """One vendor's set-up of one helpdesk."""

    __tablename__ = "helpdesk_connections"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("hdc"))
    kind: Mapped[str]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")  # "active", "auth_failed", "paused", "disabled"
    settings: Mapped[dict[str, Any]]
    secrets: Mapped[bytes]  # sealed JSON: the settings' secrets, hook_secret, path_token, marker_key
    health: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    hook_problem: Mapped[str] = mapped_column(default="")  # why the last hook was refused
    cursor: Mapped[str] = mapped_column(default="")  # how far we have read what changed there
    checked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def forwards(self) -> bool:
        """Whether new tickets are queued for it; what is queued waits until it is active."""
        return self.state != "disabled"


class HelpdeskLink(TenantScoped, Model):
    """A ticket or a message of ours and what it is called there. Remote times are the helpdesk's own text."""

    __tablename__ = "helpdesk_links"
    __table_args__ = (
        UniqueConstraint("connection_id", "local_type", "local_id"),
        UniqueConstraint("connection_id", "local_type", "remote_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("hdl"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("helpdesk_connections.id"), index=True)
    local_type: Mapped[str]  # "ticket", "message"
    local_id: Mapped[str]
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("helpdesk_links.id"), index=True)
    remote_id: Mapped[str | None]  # None until it is known
    remote_url: Mapped[str] = mapped_column(default="")
    remote_status: Mapped[str] = mapped_column(default="")
    remote_version: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="pending")  # "pending", "live", "gone"
    created_at: Mapped[datetime]

    connection: Mapped[HelpdeskConnection] = relationship()


class HelpdeskPush(TenantScoped, Model):
    """One write to a helpdesk, and what is known of its outcome: committed before and after the call."""

    __tablename__ = "helpdesk_pushes"
    __table_args__ = (Index("ix_helpdesk_pushes_link_state", "link_id", "state"),)

    # counts up, because messages go in the order in which they were written
    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    connection_id: Mapped[str] = mapped_column(ForeignKey("helpdesk_connections.id"), index=True)
    link_id: Mapped[str] = mapped_column(ForeignKey("helpdesk_links.id"))  # the ticket's link
    op: Mapped[str]  # "create", "message", "status"
    local_id: Mapped[str]  # the ticket, message or status it is about
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    prepared: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="pending")  # UNFINISHED, "done", "rejected", "dropped"
    tries: Mapped[int] = mapped_column(default=0)
    probes: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str] = mapped_column(default="")
    error_text: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    link: Mapped[HelpdeskLink] = relationship()
    connection: Mapped[HelpdeskConnection] = relationship()


class HelpdeskDelivery(TenantScoped, Model):
    """One verified hook. It is only a reason to look, unless the helpdesk cannot be asked."""

    __tablename__ = "helpdesk_deliveries"
    __table_args__ = (
        UniqueConstraint("connection_id", "delivery_key"),
        Index("ix_helpdesk_deliveries_remote", "connection_id", "remote_id", "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("hdd"))
    connection_id: Mapped[str] = mapped_column(ForeignKey("helpdesk_connections.id"))
    delivery_key: Mapped[str]
    event_kind: Mapped[str]
    remote_id: Mapped[str]
    version: Mapped[str]  # the state it tells of; an earlier one was read too soon
    raw: Mapped[bytes]  # sealed
    state: Mapped[str] = mapped_column(default="received")  # "received", "applied", "ignored", "failed"
    rechecks: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str] = mapped_column(default="")
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    connection: Mapped[HelpdeskConnection] = relationship()
