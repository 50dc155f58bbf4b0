"""The conversation: who may say what, and what each message does to the ticket."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from server.accounts.models import Member
from server.accounts.services import vendor
from server.jobs import enqueue
from server.kernel import clock, settings
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.kernel.ids import new_id
from server.support.models import Message, Ticket
from server.support.services.attachments import claim_attachments
from server.support.services.opening import author_of
from server.support.services.signals import message_added
from server.support.services.statuses import hold, refuse_if_too_long_ago, turn
from server.support.services.texts import clean_body, clean_name, cut_body


def add_customer_message(
    ticket: Ticket,
    body: str,
    *,
    name: str = "",
    email: str = "",
    attachment_ids: Sequence[str] = (),
    now: datetime,
) -> Message:
    """The customer writes on. It opens a solved or closed ticket again, for 30 days."""
    hold(ticket)
    if ticket.status == "spam":
        raise NotFound
    refuse_if_too_long_ago(ticket, now)
    message = _add(
        ticket,
        kind="customer",
        author_name=clean_name(name) or author_of(ticket),
        author_email=email or ticket.email,
        body=clean_body(body),
        via="dashboard",
        created_at=now,
    )
    claim_attachments(message, attachment_ids, site_uid=ticket.site_uid)
    _tell(message, ticket)
    turn(ticket, ticket.status if ticket.status == "new" else "open", now=now, by="customer")
    return message


def add_agent_reply(
    ticket: Ticket,
    member: Member | None,
    body: str,
    *,
    author_name: str = "",
    attachment_ids: Sequence[str] = (),
    via: str = "console",
    now: datetime | None = None,
) -> Message:
    """The team answers: the ticket waits for the customer, who is told by mail after a while.

    `member` is None for a script with an API key; it may name an author, or speaks as the vendor.
    """
    hold(ticket)
    at = now or clock.now()
    name = member.name if member else clean_name(author_name) or vendor().name
    message = _add(
        ticket,
        kind="agent",
        author_name=name,
        member_id=member.id if member else None,
        body=clean_body(body),
        via=via,
        created_at=at,
    )
    claim_attachments(message, attachment_ids, site_uid="")
    _tell(message, ticket)
    turn(ticket, "waiting_for_customer", now=at, by=f"member:{member.id}" if member else "api")
    _owe_notice(message, at)
    return message


def add_note(
    ticket: Ticket,
    member: Member,
    body: str,
    *,
    attachment_ids: Sequence[str] = (),
    now: datetime | None = None,
) -> Message:
    """A word among the team: the customer never sees it, not even by a changed time."""
    message = _add(
        ticket,
        kind="note",
        author_name=member.name,
        member_id=member.id,
        body=clean_body(body),
        via="console",
        created_at=now or clock.now(),
    )
    claim_attachments(message, attachment_ids, site_uid="")
    _tell(message, ticket)
    return message


def add_helpdesk_reply(
    ticket: Ticket, *, author_name: str, body: str, origin: str, remote_at: datetime | None = None
) -> Message:
    """An agent answered in a helpdesk. `origin` is its connection: the message never goes back there.

    The caller has made sure that this remote message was not taken over before.
    """
    hold(ticket)
    now = clock.now()
    message = _add(
        ticket,
        kind="agent",
        author_name=clean_name(author_name) or vendor().name,
        body=cut_body(body),
        via="helpdesk",
        origin=origin,
        created_at=min(remote_at, now) if remote_at else now,
    )
    _tell(message, ticket)
    turn(ticket, "waiting_for_customer", now=now, by=f"helpdesk:{origin}", origin=origin)
    _owe_notice(message, now)
    return message


def _add(ticket: Ticket, **facts: object) -> Message:
    message = Message(id=new_id("msg"), ticket_id=ticket.id, **facts)
    session.add(message)
    if message.kind != "note":
        ticket.last_activity_at = clock.now() if message.via == "helpdesk" else message.created_at
    session.flush()
    return message


def _tell(message: Message, ticket: Ticket) -> None:
    session.expire(ticket, ["messages"])
    message_added.send(message, ticket=ticket, origin=message.origin)


def _owe_notice(message: Message, now: datetime) -> None:
    """The mail waits a little: whoever has the conversation open needs none."""
    due_at = now + timedelta(seconds=settings.current().notify_delay_s)
    enqueue("support.notify", {"message_id": message.id}, due_at=due_at, dedupe_key=message.id)
