"""What sites and the team see of tickets: lists with cursors, one thread, the news of a site."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import selectinload

from server.kernel.cursors import CursorInvalid, make_cursor, read_cursor
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.licensing.models import Activation
from server.support.models import SITE_STATUS, Attachment, Message, Ticket

THREAD = 50
NEWS = 20
PAGE = 50
VIEWS = {
    "open": ("new", "open"),
    "waiting": ("waiting_for_customer",),
    "solved": ("solved", "closed"),
    "spam": ("spam",),
}


@dataclass(frozen=True)
class Digest:
    """A ticket in a list: with its last visible message and how many answers the site has not shown."""

    ticket: Ticket
    last: Message | None
    unread: int


@dataclass(frozen=True)
class Thread:
    """A ticket with its last messages, oldest first, as far as a site may see them."""

    digest: Digest
    messages: Sequence[Message]


def list_for_site(
    site: Activation, *, status: str | None = None, after: str | None = None, limit: int = 20
) -> tuple[list[Digest], str | None]:
    """The tickets that this installation opened, newest activity first, and the cursor behind them."""
    filters = {"site": site.id, "status": status}
    rows = select(Ticket).where(*_of_site(site))
    if status is not None:
        rows = rows.where(Ticket.status.in_([desk for desk, seen in SITE_STATUS.items() if seen == status]))
    tickets, following = _newest_first(rows, after, limit, filters)
    return _digests(tickets), following


def find_for_site(site: Activation, ticket_id: str) -> Ticket:
    """One ticket of this installation; another one's is answered like a missing one."""
    ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id, *_of_site(site))).one_or_none()
    if ticket is None:
        raise NotFound
    return ticket


def thread(ticket: Ticket, *, before: str | None = None) -> Thread:
    """The last 50 messages without notes, or the 50 before a message."""
    rows = select(Message).where(Message.ticket_id == ticket.id, Message.kind != "note")
    if before is not None:
        rows = rows.where(Message.id < before)
    rows = rows.order_by(Message.id.desc()).limit(THREAD).options(selectinload(Message.attachments))
    return Thread(_digests([ticket])[0], list(reversed(session.scalars(rows).all())))


def find_attachment_for_site(site: Activation, attachment_id: str) -> Attachment:
    """A file of a conversation of this installation, or one that it uploaded itself."""
    row = session.scalars(select(Attachment).where(Attachment.id == attachment_id)).one_or_none()
    if row is None or not _may_read(site, row):
        raise NotFound
    return row


def unread_tickets(site: Activation) -> list[Digest]:
    """Tickets with answers that the site has not shown, newest first."""
    counted = session.execute(_unread_by_ticket().where(*_of_site(site)))
    unread: dict[str, int] = {row.ticket_id: row.unread for row in counted}
    newest = select(Ticket).where(Ticket.id.in_(list(unread)))
    newest = newest.order_by(Ticket.last_activity_at.desc(), Ticket.id.desc())
    return [Digest(ticket, None, unread[ticket.id]) for ticket in session.scalars(newest)]


def list_for_team(
    view: str, *, after: str | None = None, limit: int = PAGE
) -> tuple[list[Ticket], str | None]:
    """A view of the inbox: `open` has the longest waiting first, the others the newest activity."""
    rows = select(Ticket).where(Ticket.status.in_(VIEWS[view]))
    filters = {"view": view}
    if view != "open":
        return _newest_first(rows, after, limit, filters)
    if after is not None:
        moment, ticket_id = _position(after, filters)
        rows = rows.where(_behind(Ticket.waiting_since, moment, ticket_id))
    found = list(session.scalars(rows.order_by(Ticket.waiting_since, Ticket.id).limit(limit + 1)))
    return _cut(found, limit, filters, "waiting_since")


def list_all(
    *, mode: str, status: str | None = None, after: str | None = None, limit: int = PAGE
) -> tuple[list[Ticket], str | None]:
    """Every ticket of the vendor in this mode, newest activity first."""
    rows = select(Ticket).where(Ticket.mode == mode)
    if status is not None:
        rows = rows.where(Ticket.status == status)
    return _newest_first(rows, after, limit, {"all": status, "mode": mode})


def count_views() -> dict[str, int]:
    """How many tickets each view of the inbox holds."""
    rows = session.execute(select(Ticket.status, func.count()).group_by(Ticket.status))
    by_status: dict[str, int] = {status: count for status, count in rows}  # noqa: C416  rows are no tuples for mypy
    return {view: sum(by_status.get(status, 0) for status in statuses) for view, statuses in VIEWS.items()}


def last_activity() -> datetime | None:
    """When the last message of any ticket came."""
    return session.scalar(select(Ticket.last_activity_at).order_by(Ticket.last_activity_at.desc()).limit(1))


def _of_site(site: Activation) -> tuple[ColumnElement[bool], ...]:
    """By `site_uid`, because an activation that was renewed keeps its conversations."""
    return (
        Ticket.site_uid == site.site_uid,
        Ticket.product_id == site.license.product_id,
        Ticket.status != "spam",
    )


def _may_read(site: Activation, attachment: Attachment) -> bool:
    message = attachment.message
    if message is None:
        return attachment.site_uid == site.site_uid
    seen = select(Ticket.id).where(Ticket.id == message.ticket_id, *_of_site(site))
    return message.kind != "note" and session.scalar(seen) is not None


def _digests(tickets: Sequence[Ticket]) -> list[Digest]:
    ids = [ticket.id for ticket in tickets]
    unread = {
        row.ticket_id: row.unread for row in session.execute(_unread_by_ticket().where(Ticket.id.in_(ids)))
    }
    newest = (
        select(func.max(Message.id))
        .where(Message.ticket_id.in_(ids), Message.kind != "note")
        .group_by(Message.ticket_id)
    )
    last = {row.ticket_id: row for row in session.scalars(select(Message).where(Message.id.in_(newest)))}
    return [Digest(ticket, last.get(ticket.id), unread.get(ticket.id, 0)) for ticket in tickets]


def _unread_by_ticket() -> Any:  # SQLAlchemy 2.0 and 2.1 write this type differently
    return (
        select(Message.ticket_id, func.count().label("unread"))
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.kind == "agent", Message.id > Ticket.seen_message_id)
        .group_by(Message.ticket_id)
    )


def _newest_first(
    rows: Select[Any], after: str | None, limit: int, filters: dict[str, Any]
) -> tuple[list[Ticket], str | None]:
    if after is not None:
        moment, ticket_id = _position(after, filters)
        rows = rows.where(
            or_(
                Ticket.last_activity_at < moment,
                and_(Ticket.last_activity_at == moment, Ticket.id < ticket_id),
            )
        )
    ordered = rows.order_by(Ticket.last_activity_at.desc(), Ticket.id.desc()).limit(limit + 1)
    return _cut(list(session.scalars(ordered)), limit, filters, "last_activity_at")


def _behind(column: Any, moment: datetime, ticket_id: str) -> ColumnElement[bool]:
    return or_(column > moment, and_(column == moment, Ticket.id > ticket_id))


def _cut(
    found: list[Ticket], limit: int, filters: dict[str, Any], sorted_by: str
) -> tuple[list[Ticket], str | None]:
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], make_cursor([getattr(last, sorted_by).isoformat(), last.id], filters)


def _position(after: str, filters: dict[str, Any]) -> tuple[datetime, str]:
    moment, ticket_id = read_cursor(after, filters)
    try:
        return datetime.fromisoformat(moment), ticket_id
    except ValueError as error:
        raise CursorInvalid from error
