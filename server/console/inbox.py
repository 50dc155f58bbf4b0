"""The inbox: who waits for an answer, longest first; each view is an address."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, func, select
from werkzeug.wrappers import Response

from server.console.frame import OPEN_STATES
from server.console.words import gettext as _
from server.helpdesks.models import HelpdeskConnection, HelpdeskLink
from server.kernel.db import session
from server.support.models import Ticket

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")
PAGE = 50


@blueprint.get("/")
def all_open() -> str:
    return _list("open", _("All open"), Ticket.status.in_(OPEN_STATES))


@blueprint.get("/waiting")
def waiting() -> str:
    return _list("waiting", _("Waiting for customer"), Ticket.status == "waiting_for_customer")


@blueprint.get("/solved")
def solved() -> str:
    return _list("solved", _("Solved"), Ticket.status.in_(("solved", "closed")))


@blueprint.get("/next")
def next_ticket() -> Response:
    """The ticket whose customer has waited longest."""
    longest = select(Ticket.id).where(Ticket.status.in_(OPEN_STATES), Ticket.waiting_since.is_not(None))
    found = session.scalars(longest.order_by(Ticket.waiting_since, Ticket.id).limit(1)).one_or_none()
    if found is None:
        flash(_("Nobody waits for an answer."))
        return redirect(url_for("console.inbox.all_open"))
    return redirect(url_for("console.tickets.show", ticket_id=found))


def _list(view: str, heading: str, condition: ColumnElement[bool]) -> str:
    page = max(request.args.get("page", 1, type=int), 1)
    total = session.scalar(select(func.count()).select_from(Ticket).where(condition)) or 0
    rows = select(Ticket).where(condition).order_by(*_order(view)).limit(PAGE).offset((page - 1) * PAGE)
    tickets = list(session.scalars(rows))
    waits = view == "open" and any(ticket.waiting_since for ticket in tickets)
    return render_template(
        "console/inbox.html",
        heading=heading,
        view=view,
        tickets=tickets,
        total=total,
        helpdesk_of=helpdesks_of([ticket.id for ticket in tickets]),
        next_url=url_for("console.inbox.next_ticket") if waits else "",
        older_url=url_for(request.endpoint or "", page=page + 1) if total > page * PAGE else "",
        page_size=PAGE,
        **_quiet(tickets),
    )


def _order(view: str) -> list[ColumnElement[object]]:
    if view == "open":
        return [Ticket.waiting_since.is_(None), Ticket.waiting_since, Ticket.id]  # type: ignore[list-item]
    return [Ticket.last_activity_at.desc(), Ticket.id.desc()]  # type: ignore[list-item]


def _quiet(tickets: list[Ticket]) -> dict[str, object]:
    """What an empty list says: the first day, or the last message."""
    last = None if tickets else session.scalar(select(func.max(Ticket.last_activity_at)))
    return {"is_first_day": not tickets and last is None, "last_activity": last}


def helpdesks_of(ticket_ids: list[str]) -> dict[str, str]:
    """What each ticket is called in a helpdesk: "Roundup 17"."""
    links = session.execute(
        select(HelpdeskLink.local_id, HelpdeskLink.remote_id, HelpdeskConnection.name)
        .join(HelpdeskConnection, HelpdeskConnection.id == HelpdeskLink.connection_id)
        .where(HelpdeskLink.local_type == "ticket", HelpdeskLink.local_id.in_(ticket_ids))
        .where(HelpdeskLink.remote_id.is_not(None))
    )
    return {local_id: f"{name} {remote_id}" for local_id, remote_id, name in links}
