"""The inbox: who waits for an answer, longest first; each view is an address."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from server.console.connector_words import helpdesks_of
from server.console.words import gettext as _
from server.support import services as support

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")


@dataclass(frozen=True)
class View:
    """A list of the inbox as other pages name it."""

    endpoint: str
    heading: str


def view_of(status: str) -> View:
    """The list in which a ticket of this state stands."""
    if status == "waiting_for_customer":
        return View("console.inbox.waiting", _("Waiting for customer"))
    if status in ("solved", "closed"):
        return View("console.inbox.solved", _("Solved"))
    return View("console.inbox.all_open", _("All open"))


@blueprint.get("/")
def all_open() -> str:
    return _list("open", _("All open"))


@blueprint.get("/waiting")
def waiting() -> str:
    return _list("waiting", _("Waiting for customer"))


@blueprint.get("/solved")
def solved() -> str:
    return _list("solved", _("Solved"))


@blueprint.get("/next")
def next_ticket() -> Response:
    """The ticket whose customer has waited longest."""
    found, _more = support.list_for_team("open", limit=1)
    if not found:
        flash(_("Nobody waits for an answer."))
        return redirect(url_for("console.inbox.all_open"))
    return redirect(url_for("console.tickets.show", ticket_id=found[0].id))


def _list(view: str, heading: str) -> str:
    tickets, cursor = support.list_for_team(view, after=request.args.get("after"))
    return render_template(
        "console/inbox.html",
        heading=heading,
        view=view,
        tickets=tickets,
        total=support.count_views()[view],
        helpdesk_of=helpdesks_of([ticket.id for ticket in tickets]),
        next_url=url_for("console.inbox.next_ticket") if tickets and view == "open" else "",
        older_url=url_for(request.endpoint or "", after=cursor) if cursor else "",
        last_activity=None if tickets else support.last_activity(),
    )
