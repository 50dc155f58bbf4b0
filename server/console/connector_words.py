"""How a connection and its deliveries are told: one word, and the cause when there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from server.console.words import ago, ngettext
from server.console.words import gettext as _
from server.helpdesks.contract import Capability
from server.helpdesks.models import UNFINISHED, HelpdeskConnection, HelpdeskLink, HelpdeskPush
from server.helpdesks.services import DeliveryRow, last_delivery, list_deliveries
from server.helpdesks.services.connections import count_waiting
from server.helpdesks.services.kinds import KINDS
from server.kernel import clock
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
    """One write to the helpdesk or one hook from it, as a person follows it."""

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
    both = Capability.FETCH in KINDS[kind].capabilities
    return _("tickets and replies, both ways") if both else _("tickets and replies, by signed webhooks")


def deliveries_of(connection: HelpdeskConnection) -> list[Delivery]:
    """What went there and came from there, newest first."""
    return [_delivery(row) for row in list_deliveries(connection, limit=SHOWN)]


def _delivery(row: DeliveryRow) -> Delivery:
    word, shade, hollow = _delivery_states().get(row.state, (row.state, "soft", True))
    number = str(row.ticket_number or "–")
    what = _ops().get(row.op, row.op) % {"number": number}
    return Delivery(row.at, row.ticket_id, what, word, shade, hollow, row.error, row.tries)


def _state(connection: HelpdeskConnection) -> tuple[str, str, bool]:
    if connection.state == "auth_failed":
        return _("Refused by the helpdesk"), "bad", False
    if connection.state == "paused":
        return _("Paused"), "warn", True
    if any(item.get("level") == "fail" for item in connection.health):
        return _("Not in place"), "bad", False
    if connection.checked_at is None:
        if at := last_delivery(connection):
            return _("Working, last delivery %(time)s") % {"time": ago(at, clock.now())}, "ok", False
        return _("Not checked yet"), "soft", True
    return _("Working"), "ok", False


def _cause(connection: HelpdeskConnection) -> str:
    failed = [str(item.get("text", "")) for item in connection.health if item.get("level") == "fail"]
    waiting = count_waiting(connection)
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
        "hook": _("Ticket %(number)s, news from the helpdesk"),
    }


def _delivery_states() -> dict[str, tuple[str, str, bool]]:
    return {
        "pending": (_("Waiting"), "soft", True),
        "in_flight": (_("Being sent"), "soft", True),
        "unknown": (_("Being checked"), "warn", True),
        "done": (_("Delivered"), "ok", False),
        "rejected": (_("Refused"), "bad", False),
        "dropped": (_("Dropped"), "soft", True),
        "received": (_("Received"), "soft", True),
        "applied": (_("Taken over"), "ok", False),
        "ignored": (_("Nothing new"), "soft", True),
        "failed": (_("Failed"), "bad", False),
    }


@dataclass(frozen=True)
class TicketLink:
    """Where a ticket stands in a helpdesk, and whether everything has arrived there."""

    label: str
    remote_id: str
    url: str
    word: str
    kind: str
    hollow: bool
    cause: str


def helpdesks_of(ticket_ids: Sequence[str]) -> dict[str, str]:
    """What each ticket is called in a helpdesk: "Roundup 17"."""
    links = session.execute(
        select(HelpdeskLink.local_id, HelpdeskLink.remote_id, HelpdeskConnection.name)
        .join(HelpdeskConnection, HelpdeskConnection.id == HelpdeskLink.connection_id)
        .where(HelpdeskLink.local_type == "ticket", HelpdeskLink.local_id.in_(ticket_ids))
        .where(HelpdeskLink.remote_id.is_not(None))
    )
    return {local_id: f"{name} {remote_id}" for local_id, remote_id, name in links}


def links_of(ticket: Ticket) -> list[TicketLink]:
    """The ticket's place in every helpdesk that has it or is to get it."""
    links = session.scalars(
        select(HelpdeskLink)
        .where(HelpdeskLink.local_type == "ticket", HelpdeskLink.local_id == ticket.id)
        .order_by(HelpdeskLink.id)
    )
    return [_ticket_link(link) for link in links]


def _ticket_link(link: HelpdeskLink) -> TicketLink:
    open_push = session.scalars(
        select(HelpdeskPush)
        .where(HelpdeskPush.link_id == link.id, HelpdeskPush.state.in_((*UNFINISHED, "rejected")))
        .order_by(HelpdeskPush.id)
        .limit(1)
    ).one_or_none()
    word, shade, hollow, cause = _("Up to date"), "ok", False, ""
    if link.state == "gone":
        word, shade, hollow = _("No longer there"), "warn", True
    elif open_push is not None:
        (word, shade, hollow), cause = _delivery_states()[open_push.state], open_push.error_text
    return TicketLink(link.connection.name, link.remote_id or "", link.remote_url, word, shade, hollow, cause)
