"""The ticket endpoints of sites: file a ticket, read on, answer, close, say what was seen."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from server.api import limits
from server.api.answers import Body, empty, once, show
from server.api.callers import ProductCaller, SiteCaller, caller, site_caller
from server.api.gate import TEXT_BYTES, rule
from server.kernel import clock
from server.kernel.db import writing
from server.licensing.models import Activation
from server.support import services as support
from server.support.models import Ticket
from server.support.schemas import (
    MessageRequest,
    MessageView,
    OpenedTicketView,
    SeenRequest,
    ThreadQuery,
    ThreadView,
    TicketChange,
    TicketListQuery,
    TicketListView,
    TicketRequest,
)

blueprint = Blueprint("tickets", __name__, url_prefix="/v1/tickets", description="A site's conversations")


@blueprint.post("")
@rule("site", "product", body_bytes=TEXT_BYTES, once="required")
@blueprint.arguments(TicketRequest)
@blueprint.response(201, OpenedTicketView)
def create(wanted: dict[str, Any]) -> Response:
    """File a ticket. With a product key instead of a site token an `email` is required."""
    asking = caller()
    if isinstance(asking, ProductCaller):
        limits.count("tickets/ip", f"{asking.key} {limits.address()}")
    else:
        limits.count("tickets", asking.ref)
    return once(lambda: _open(wanted))


@blueprint.get("")
@rule("site", limits=("reads",))
@blueprint.arguments(TicketListQuery, location="query")
@blueprint.response(200, TicketListView)
def list_own(wanted: dict[str, Any]) -> Response:
    """The site's own tickets, newest activity first (ETag)."""
    digests, behind = support.list_for_site(_site(), **wanted)
    return show({"data": [support.digest_view(each) for each in digests], "next": behind}, etag=True)


@blueprint.get("/<ticket_id>")
@rule("site", limits=("reads",))
@blueprint.arguments(ThreadQuery, location="query")
@blueprint.response(200, ThreadView)
def read(wanted: dict[str, Any], ticket_id: str) -> Response:
    """A ticket with its last 50 messages, or the 50 before a message (ETag)."""
    return show(support.thread_view(support.thread(_own(ticket_id), **wanted)), etag=True)


@blueprint.patch("/<ticket_id>")
@rule("site", limits=("messages",))
@blueprint.arguments(TicketChange)
@blueprint.response(200, ThreadView)
def change(wanted: dict[str, Any], ticket_id: str) -> Response:
    """Close it, open it again (within 30 days), or mute its mails. Safe to repeat."""
    with writing():
        _change(_own(ticket_id), wanted)
    return show(support.thread_view(support.thread(_own(ticket_id))))


@blueprint.post("/<ticket_id>/messages")
@rule("site", limits=("messages",), body_bytes=TEXT_BYTES, once="required")
@blueprint.arguments(MessageRequest)
@blueprint.response(201, MessageView)
def answer(told: dict[str, Any], ticket_id: str) -> Response:
    """Write on; opens a solved ticket again within 30 days, later 409 `state_conflict`."""
    told.pop("user_ref", None)  # sent for the site's own use; the ticket keeps its author's
    return once(lambda: _answer(ticket_id, told))


@blueprint.post("/<ticket_id>/seen")
@rule("site", limits=("reads",))
@blueprint.arguments(SeenRequest)
@blueprint.response(204)
def seen(told: dict[str, Any], ticket_id: str) -> Response:
    """The site has shown everything up to this message."""
    with writing():
        support.mark_seen(_own(ticket_id), told["message_id"])
    return empty()


def _open(wanted: dict[str, Any]) -> tuple[int, Body]:
    asking, new, now = caller(), support.NewTicket(**wanted), clock.now()
    if isinstance(asking, SiteCaller):
        site = asking.activation
        ticket = support.open_ticket(new, product=site.license.product, site=site, now=now)
    elif isinstance(asking, ProductCaller):
        ticket = support.open_ticket(new, product=asking.product, site=None, mode=asking.mode, now=now)
    else:
        raise TypeError("this route expects a site or a product")
    return 201, support.opened_view(ticket)


def _answer(ticket_id: str, told: dict[str, Any]) -> tuple[int, Body]:
    message = support.add_customer_message(_own(ticket_id), now=clock.now(), **told)
    return 201, support.message_view(message)


def _change(ticket: Ticket, wanted: dict[str, Any]) -> None:
    now = clock.now()
    if "notify_email" in wanted:
        support.set_mails(ticket, wanted=wanted["notify_email"])
    if wanted.get("status") == "closed":
        support.close_by_customer(ticket, now=now)
    elif wanted.get("status") == "open":
        support.reopen_by_customer(ticket, now=now)


def _own(ticket_id: str) -> Ticket:
    return support.find_for_site(_site(), ticket_id)


def _site() -> Activation:
    return site_caller().activation
