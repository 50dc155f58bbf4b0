"""The states of a ticket and the ways between them."""

from datetime import datetime, timedelta

from sqlalchemy import select

from server.accounts.services import audit
from server.kernel import clock
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.support.models import STATUSES, Message, Ticket
from server.support.refusals import FieldWrong, TooLongAgo
from server.support.services.signals import ticket_status_changed

REOPENED_FOR = timedelta(days=30)
ENDED = ("solved", "closed")


def change_status(
    ticket: Ticket, status: str, *, by: str, origin: str = "", now: datetime | None = None
) -> None:
    """The team or its helpdesk decides. `by` is the actor for the audit log; the same state twice is fine."""
    if status not in STATUSES:
        raise FieldWrong("/status", "This state is not known.")
    hold(ticket)
    turn(ticket, status, by=by, origin=origin, now=now or clock.now())


def close_by_customer(ticket: Ticket, *, now: datetime) -> None:
    """The customer says that it is done."""
    hold(ticket)
    turn(ticket, "closed", by="customer", now=now)


def reopen_by_customer(ticket: Ticket, *, now: datetime) -> None:
    """The customer says that it is not done after all: for 30 days after it was solved."""
    hold(ticket)
    if ticket.status in ENDED:
        refuse_if_too_long_ago(ticket, now)
        turn(ticket, "open", by="customer", now=now)


def set_mails(ticket: Ticket, *, wanted: bool) -> None:
    """Whether answers are mailed; in the dashboard they stand anyway."""
    hold(ticket)
    ticket.notify_email = wanted


def refuse_if_too_long_ago(ticket: Ticket, now: datetime) -> None:
    """A ticket that ended more than 30 days ago stays ended; a new one may follow it."""
    if ticket.status in ENDED and ticket.solved_at is not None and ticket.solved_at + REOPENED_FOR < now:
        raise TooLongAgo(
            "This ticket was solved more than 30 days ago. Please open a new one; it can refer to this one."
        )


def turn(ticket: Ticket, status: str, *, by: str, now: datetime, origin: str = "") -> None:
    """Give a held ticket its next state, and tell it."""
    before = ticket.status
    if status in ("new", "open"):
        ticket.waiting_since = ticket.waiting_since or now
    else:
        ticket.waiting_since = None
    if status == before:
        return
    ticket.status = status
    ticket.solved_at = (ticket.solved_at or now) if status in ENDED else None
    session.flush()
    audit(by, "ticket.status", ticket.id, before=before, after=status)
    ticket_status_changed.send(ticket, before=before, origin=origin)


def mark_seen(ticket: Ticket, message_id: str) -> None:
    """The site has shown everything up to this message; it never goes back."""
    hold(ticket)
    shown = session.scalar(
        select(Message.id).where(
            Message.id == message_id, Message.ticket_id == ticket.id, Message.kind != "note"
        )
    )
    if shown is None:
        raise NotFound
    ticket.seen_message_id = max(ticket.seen_message_id, message_id)


def hold(ticket: Ticket) -> None:
    """Two writers of one ticket take turns, each deciding on what the other left."""
    session.flush()
    session.refresh(ticket, with_for_update=True)
