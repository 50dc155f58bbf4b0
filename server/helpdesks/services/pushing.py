"""One write to a helpdesk: what to send, and what its outcome means for the rows. Nothing here commits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from server.helpdesks.contract import Connector, Created, Op, OutgoingMessage, OutgoingTicket, RemoteRef
from server.helpdesks.errors import AuthFailed, Gone, HelpdeskError, Rejected, UnknownOutcome
from server.helpdesks.marker import marker
from server.helpdesks.models import UNFINISHED, HelpdeskLink, HelpdeskPush
from server.helpdesks.services.connections import connector_of, note_failure, secrets_of
from server.helpdesks.services.outgoing import as_message, as_ticket
from server.kernel.db import session
from server.kernel.ids import new_id
from server.kernel.tenancy import resolve
from server.support.models import Message, Ticket

PROBE_WAITS = (0.1, 5, 30, 120)  # seconds before the next look; after the last one the permission is renewed


@dataclass(frozen=True)
class Work:
    """A push made ready: everything its call needs, read from the database before the call."""

    push_id: int
    op: Op
    state: str
    connector: Connector
    item: OutgoingTicket | OutgoingMessage | None  # None for a status
    ref: RemoteRef
    status: str
    prepared: dict[str, Any]
    marker: str


def load(push_id: int) -> HelpdeskPush:
    return session.scalars(select(HelpdeskPush).where(HelpdeskPush.id == push_id)).one()


def next_push(link_id: str) -> HelpdeskPush | None:
    """The oldest write of this ticket that is not finished."""
    rows = select(HelpdeskPush).where(HelpdeskPush.link_id == link_id, HelpdeskPush.state.in_(UNFINISHED))
    return session.scalars(rows.order_by(HelpdeskPush.id).limit(1)).one_or_none()


def make_ready(push: HelpdeskPush) -> Work | None:
    """What is to be sent; None when there is nothing left to say (a status that stands there already)."""
    connector = connector_of(push.connection)
    link = push.link
    status = ""
    item: OutgoingTicket | OutgoingMessage | None = None
    if push.op == Op.STATUS:
        local = resolve(Ticket, push.local_id).status
        status = connector.status_out.get(local, "")
        if not status or status == link.remote_status or connector.status_in.get(link.remote_status) == local:
            return None
    else:
        message = resolve(Message, push.local_id)
        item = as_ticket(message.ticket, message) if push.op == Op.CREATE else as_message(message)
    return Work(
        push_id=push.id,
        op=Op(push.op),
        state=push.state,
        connector=connector,
        item=item,
        ref=RemoteRef(link.remote_id or "", link.remote_url),
        status=status,
        prepared=dict(push.prepared),
        marker=marker(secrets_of(push.connection)["marker_key"], push.dedupe_key),
    )


def begin(push: HelpdeskPush, prepared: dict[str, Any], now: datetime) -> None:
    """From here on it may have reached the other side: to be committed before the call."""
    push.prepared = prepared
    push.state = "in_flight"
    push.tries += 1
    push.sent_at = now


def send(work: Work) -> Created | str | None:
    """The call. What it returns is for `succeed`."""
    if isinstance(work.item, OutgoingTicket):
        return work.connector.create(work.item, marker=work.marker, prepared=work.prepared)
    if isinstance(work.item, OutgoingMessage):
        return work.connector.add_message(work.ref, work.item, marker=work.marker, prepared=work.prepared)
    work.connector.set_status(work.ref, work.status, marker=work.marker)
    return None


def find_earlier(work: Work) -> Created | None:
    """What an interrupted create left there, if it can be asked for."""
    if work.state == "pending" or not isinstance(work.item, OutgoingTicket):
        return None
    return work.connector.find_created(work.item, work.prepared)


def succeed(push: HelpdeskPush, outcome: Created | str | None, status: str, now: datetime) -> None:
    """It stands there: write down under which names."""
    link = push.link
    for file_id in push.prepared.get("file_ids", []):
        add_link(link, "file", f"{push.local_id}/{file_id}", file_id, now)
    if isinstance(outcome, Created) and _is_taken(link, "ticket", outcome.ref.id):
        fail(
            push, Rejected("helpdesk_id_taken", "The helpdesk gave this ticket the name of another one"), now
        )
        return
    if isinstance(outcome, Created):
        link.remote_id, link.remote_url, link.state = outcome.ref.id, outcome.ref.url or "", "live"
        link.remote_status = connector_of(push.connection).status_out.get("new", "")
        add_link(link, "message", push.local_id, outcome.message_id, now)
    elif outcome is not None:
        add_link(link, "message", push.local_id, outcome, now)
    else:
        link.remote_status = status
    _finish(push, "done", now)


def fail(push: HelpdeskPush, error: HelpdeskError, now: datetime) -> None:
    """Settle a failed call. What can still succeed stays unfinished and is tried again by its job."""
    push.error_code, push.error_text = error.code, error.public_text
    note_failure(push.connection, error)
    if isinstance(error, UnknownOutcome):
        _doubt(push)
    elif isinstance(error, Rejected) or (isinstance(error, Gone) and push.op == Op.CREATE):
        _reject(push, now)
    elif isinstance(error, Gone):
        _drop_conversation(push, now)


def drop(push: HelpdeskPush, now: datetime) -> None:
    """There is nothing left to say."""
    _finish(push, "dropped", now)


def must_wait(error: HelpdeskError) -> bool:
    """Whether the pushes behind this one wait with it."""
    return not isinstance(error, Rejected | Gone | AuthFailed)


def add_link(
    ticket_link: HelpdeskLink, local_type: str, local_id: str, remote_id: str, now: datetime
) -> None:
    """A message or file has this name there; a name given twice counts for the first one."""
    if _is_taken(ticket_link, local_type, remote_id):
        remote_id = f"{remote_id}#{local_id}"
    session.add(
        HelpdeskLink(
            id=new_id("hdl"),
            connection_id=ticket_link.connection_id,
            local_type=local_type,
            local_id=local_id,
            parent_id=ticket_link.id,
            remote_id=remote_id,
            state="live",
            created_at=now,
        )
    )


def _is_taken(link: HelpdeskLink, local_type: str, remote_id: str) -> bool:
    found = select(HelpdeskLink.id).where(
        HelpdeskLink.connection_id == link.connection_id,
        HelpdeskLink.local_type == local_type,
        HelpdeskLink.remote_id == remote_id,
        HelpdeskLink.id != link.id,
    )
    return session.scalar(found) is not None


def _doubt(push: HelpdeskPush) -> None:
    """Look again later. Looks over 155 s that find nothing are proof: it gets a new permission."""
    push.state = "unknown"
    push.probes += 1
    if push.probes >= len(PROBE_WAITS):
        push.prepared = {name: value for name, value in push.prepared.items() if name != "once"}
        push.probes, push.state = 0, "pending"


def _finish(push: HelpdeskPush, state: str, now: datetime) -> None:
    push.state, push.done_at, push.prepared = state, now, {}
    if state == "done":
        push.error_code = push.error_text = ""


def _reject(push: HelpdeskPush, now: datetime) -> None:
    _finish(push, "rejected", now)
    if push.op == Op.CREATE:
        _drop_conversation(push, now)


def _drop_conversation(push: HelpdeskPush, now: datetime) -> None:
    """There is no conversation to add to: what waits for it is dropped, and nothing more is queued."""
    push.link.state = "gone"
    rows = select(HelpdeskPush).where(
        HelpdeskPush.link_id == push.link_id, HelpdeskPush.state.in_(UNFINISHED)
    )
    for waiting in session.scalars(rows):
        waiting.error_code, waiting.error_text = push.error_code, push.error_text
        _finish(waiting, "dropped", now)
