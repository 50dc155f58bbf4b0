"""What happens here is queued for the helpdesks, in the transaction in which it happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from sqlalchemy import select

from server.helpdesks.contract import Capability, Op
from server.helpdesks.marker import dedupe_key
from server.helpdesks.models import HelpdeskConnection, HelpdeskLink, HelpdeskPush
from server.helpdesks.services.connections import KINDS
from server.jobs import enqueue
from server.kernel.db import session
from server.kernel.ids import new_id
from server.support.models import Message, Ticket

SENT_KINDS = ("customer", "agent")  # notes stay here

_only_to: ContextVar[str | None] = ContextVar("keydesk_helpdesk_only_to", default=None)


@contextmanager
def only_to(connection: HelpdeskConnection) -> Iterator[None]:
    """Tickets opened inside go to this helpdesk alone."""
    token = _only_to.set(connection.id)
    try:
        yield
    finally:
        _only_to.reset(token)


def forward_ticket(ticket: Ticket, first: Message, *, now: datetime) -> None:
    """Queue a new ticket for every helpdesk. The link is made now, so later messages find it."""
    for connection in session.scalars(select(HelpdeskConnection).order_by(HelpdeskConnection.id)):
        wanted = _only_to.get() in {None, connection.id}
        if not connection.forwards or not wanted or ticket.status == "spam":
            continue
        link = HelpdeskLink(
            id=new_id("hdl"),
            connection_id=connection.id,
            local_type="ticket",
            local_id=ticket.id,
            created_at=now,
        )
        session.add(link)
        session.flush()
        _push(link, Op.CREATE, first.id, now)


def forward_message(message: Message, *, origin: str, now: datetime) -> None:
    """Queue a later message for the helpdesks that have the ticket, except the one it came from."""
    if message.kind not in SENT_KINDS:
        return
    for link in ticket_links(message.ticket_id):
        if link.connection_id != origin:
            _push(link, Op.MESSAGE, message.id, now)


def forward_status(ticket: Ticket, *, origin: str, now: datetime) -> None:
    """Queue a change of status; whether there is still something to say is judged when it is sent."""
    for link in ticket_links(ticket.id):
        kind = KINDS[link.connection.kind]
        known = Capability.SET_STATUS in kind.capabilities and ticket.status in kind.status_out
        if known and link.connection_id != origin:
            _push(link, Op.STATUS, ticket.id, now, revision=new_id("rev"))


def ticket_links(ticket_id: str) -> list[HelpdeskLink]:
    """Where the ticket stands, or will stand, outside."""
    rows = select(HelpdeskLink).join(HelpdeskConnection, HelpdeskLink.connection_id == HelpdeskConnection.id)
    rows = rows.where(
        HelpdeskLink.local_type == "ticket",
        HelpdeskLink.local_id == ticket_id,
        HelpdeskLink.state != "gone",
        HelpdeskConnection.state != "disabled",
    )
    return list(session.scalars(rows.order_by(HelpdeskLink.id)))


def _push(link: HelpdeskLink, op: Op, local_id: str, now: datetime, *, revision: str = "0") -> None:
    session.add(
        HelpdeskPush(
            connection_id=link.connection_id,
            link_id=link.id,
            op=op.value,
            local_id=local_id,
            dedupe_key=dedupe_key(link.connection_id, op, local_id, revision),
            created_at=now,
        )
    )
    session.flush()
    enqueue("helpdesks.drain", {"link_id": link.id})
