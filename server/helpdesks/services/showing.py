"""What went to a helpdesk and what came from it, as one list for a person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from server.accounts.models import AuditEntry
from server.helpdesks.models import HelpdeskConnection, HelpdeskDelivery, HelpdeskLink, HelpdeskPush
from server.kernel.db import session
from server.support.models import Message, Ticket


@dataclass(frozen=True)
class DeliveryRow:
    """One write (`out`) or one hook (`in`). `op` is create, message, status or hook."""

    at: datetime
    direction: str
    op: str
    state: str
    error: str
    tries: int
    ticket_id: str
    ticket_number: int | None


def list_deliveries(connection: HelpdeskConnection, *, limit: int = 100) -> list[DeliveryRow]:
    """The newest first, both directions together."""
    rows = [*_out(connection, limit), *_in(connection, limit)]
    return sorted(rows, key=lambda row: row.at, reverse=True)[:limit]


def last_delivery(connection: HelpdeskConnection) -> datetime | None:
    """When something of ours last arrived there; None when the newest finished write was refused."""
    newest = session.scalars(
        select(HelpdeskPush)
        .where(HelpdeskPush.connection_id == connection.id, HelpdeskPush.state.in_(("done", "rejected")))
        .order_by(func.coalesce(HelpdeskPush.done_at, HelpdeskPush.created_at).desc(), HelpdeskPush.id.desc())
        .limit(1)
    ).one_or_none()
    return newest.done_at if newest is not None and newest.state == "done" else None


def _out(connection: HelpdeskConnection, limit: int) -> list[DeliveryRow]:
    found = (
        select(HelpdeskPush, Ticket.id, Ticket.number)
        .join(HelpdeskLink, HelpdeskLink.id == HelpdeskPush.link_id)
        .join(Ticket, Ticket.id == HelpdeskLink.local_id, isouter=True)
        .where(HelpdeskPush.connection_id == connection.id)
        .order_by(HelpdeskPush.id.desc())
        .limit(limit)
    )
    return [
        DeliveryRow(
            at=push.done_at or push.sent_at or push.created_at,
            direction="out",
            op=push.op,
            state=push.state,
            error=push.error_text,
            tries=push.tries,
            ticket_id=ticket_id or "",
            ticket_number=number,
        )
        for push, ticket_id, number in session.execute(found)
    ]


def _in(connection: HelpdeskConnection, limit: int) -> list[DeliveryRow]:
    found = (
        select(HelpdeskDelivery, Ticket.id, Ticket.number)
        .join(
            HelpdeskLink,
            (HelpdeskLink.connection_id == HelpdeskDelivery.connection_id)
            & (HelpdeskLink.local_type == "ticket")
            & (HelpdeskLink.remote_id == HelpdeskDelivery.remote_id),
            isouter=True,
        )
        .join(Ticket, Ticket.id == HelpdeskLink.local_id, isouter=True)
        .where(HelpdeskDelivery.connection_id == connection.id, _says_something())
        .order_by(HelpdeskDelivery.received_at.desc(), HelpdeskDelivery.id.desc())
        .limit(limit)
    )
    return [
        DeliveryRow(
            at=delivery.received_at,
            direction="in",
            op="hook",
            state=delivery.state,
            error=delivery.error_code,
            tries=delivery.rechecks + 1,
            ticket_id=ticket_id or "",
            ticket_number=number,
        )
        for delivery, ticket_id, number in session.execute(found)
    ]


def _says_something() -> ColumnElement[bool]:
    """Our own writes come back as hooks that bring nothing: those are left out."""
    while_read = HelpdeskDelivery.received_at, HelpdeskDelivery.done_at
    added = aliased(HelpdeskLink)
    message = (
        select(Message.id)
        .join(added, (added.local_id == Message.id) & (added.local_type == "message"))
        .where(
            added.parent_id == HelpdeskLink.id,
            Message.origin == HelpdeskDelivery.connection_id,
            added.created_at.between(*while_read),
        )
    )
    status = select(AuditEntry.id).where(
        AuditEntry.subject_id == HelpdeskLink.local_id,
        AuditEntry.action == "ticket.status",
        AuditEntry.actor == "helpdesk:" + HelpdeskDelivery.connection_id,
        AuditEntry.at.between(*while_read),
    )
    brought = or_(
        message.correlate_except(Message, added).exists(), status.correlate_except(AuditEntry).exists()
    )
    is_done = HelpdeskDelivery.state.in_(("applied", "ignored"))
    return or_(~is_done, HelpdeskDelivery.error_code != "", and_(is_done, brought))
