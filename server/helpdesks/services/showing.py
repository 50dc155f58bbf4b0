"""What went to a helpdesk and what came from it, as one list for a person."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from server.helpdesks.models import HelpdeskConnection, HelpdeskDelivery, HelpdeskLink, HelpdeskPush
from server.kernel.db import session
from server.support.models import Ticket


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
        .where(HelpdeskDelivery.connection_id == connection.id)
        .order_by(HelpdeskDelivery.received_at.desc())
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
