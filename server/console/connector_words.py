"""How a connection and its deliveries are told: one word, and the cause when there is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from server.console.words import gettext as _
from server.console.words import ngettext
from server.helpdesks.contract import Capability
from server.helpdesks.models import HelpdeskConnection, HelpdeskLink, HelpdeskPush
from server.helpdesks.services import connections
from server.kernel.db import session
from server.support.models import Ticket

SHOWN = 50


@dataclass(frozen=True)
class Row:
    """A connection in words. `shade` is a status colour, never without `word`."""

    id: str
    name: str
    about: str
    word: str
    shade: str
    hollow: bool
    cause: str


@dataclass(frozen=True)
class Delivery:
    """One write to the helpdesk, as a person follows it."""

    at: datetime
    ticket_id: str
    what: str
    word: str
    shade: str
    hollow: bool
    cause: str
    tries: int


def as_row(connection: HelpdeskConnection) -> Row:
    word, shade, hollow = _state(connection)
    return Row(
        connection.id,
        connection.name,
        about(connection.kind),
        word,
        shade,
        hollow,
        _cause(connection),
    )


def about(kind: str) -> str:
    """What a connector can do, in one line."""
    both = Capability.FETCH in connections.KINDS[kind].capabilities
    return _("tickets and replies, both ways") if both else _("tickets and replies, by signed webhooks")


def deliveries_of(connection: HelpdeskConnection) -> list[Delivery]:
    """The last writes, newest first."""
    pushes = session.scalars(
        select(HelpdeskPush)
        .where(HelpdeskPush.connection_id == connection.id)
        .order_by(HelpdeskPush.id.desc())
        .limit(SHOWN)
    ).all()
    tickets = _tickets(list(pushes))
    return [_delivery(push, tickets.get(push.link_id)) for push in pushes]


def _delivery(push: HelpdeskPush, ticket: Ticket | None) -> Delivery:
    word, shade, hollow = _push_states().get(push.state, (push.state, "soft", True))
    number = f"{ticket.number}" if ticket else "–"
    return Delivery(
        push.done_at or push.sent_at or push.created_at,
        ticket.id if ticket else "",
        _ops().get(push.op, push.op) % {"number": number},
        word,
        shade,
        hollow,
        push.error_text,
        push.tries,
    )


def _tickets(pushes: list[HelpdeskPush]) -> dict[str, Ticket]:
    """The ticket of each link."""
    rows = session.execute(
        select(HelpdeskLink.id, Ticket)
        .join(Ticket, Ticket.id == HelpdeskLink.local_id)
        .where(HelpdeskLink.id.in_({push.link_id for push in pushes}), HelpdeskLink.local_type == "ticket")
    )
    return dict(rows.tuples().all())


def _state(connection: HelpdeskConnection) -> tuple[str, str, bool]:
    if connection.state == "auth_failed":
        return _("Refused by the helpdesk"), "bad", False
    if connection.state == "paused":
        return _("Paused"), "warn", True
    if any(item.get("level") == "fail" for item in connection.health):
        return _("Not in place"), "bad", False
    if connection.checked_at is None:
        return _("Not checked yet"), "soft", True
    return _("Working"), "ok", False


def _cause(connection: HelpdeskConnection) -> str:
    failed = [str(item.get("text", "")) for item in connection.health if item.get("level") == "fail"]
    waiting = connections.count_waiting(connection)
    if failed:
        return failed[0]
    if connection.hook_problem:
        return connection.hook_problem
    if waiting:
        return ngettext("%(count)d delivery waits", "%(count)d deliveries wait", waiting) % {"count": waiting}
    return ""


def _ops() -> dict[str, str]:
    return {
        "create": _("Ticket %(number)s, first message"),
        "message": _("Ticket %(number)s, reply"),
        "status": _("Ticket %(number)s, status"),
    }


def _push_states() -> dict[str, tuple[str, str, bool]]:
    return {
        "pending": (_("Waiting"), "soft", True),
        "in_flight": (_("Being sent"), "soft", True),
        "unknown": (_("Being checked"), "warn", True),
        "done": (_("Delivered"), "ok", False),
        "rejected": (_("Refused"), "bad", False),
        "dropped": (_("Dropped"), "soft", True),
    }
