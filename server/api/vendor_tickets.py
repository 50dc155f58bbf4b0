"""A vendor's tickets for its own scripts: list, read, answer."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from server.api.answers import Body, once, show
from server.api.gate import TEXT_BYTES, rule
from server.api.vendor_rows import mode_of_key
from server.kernel.errors import NotFound
from server.kernel.tenancy import resolve
from server.support import services as support
from server.support.models import Ticket
from server.support.schemas import (
    AgentMessageRequest,
    VendorMessageView,
    VendorThreadView,
    VendorTicketListQuery,
    VendorTicketListView,
)

blueprint = Blueprint(
    "vendor_tickets", __name__, url_prefix="/v1/vendor/tickets", description="A vendor's tickets"
)


@blueprint.get("")
@rule("vendor", scope="tickets:read", limits=("vendor",))
@blueprint.arguments(VendorTicketListQuery, location="query")
@blueprint.response(200, VendorTicketListView)
def list_all(wanted: dict[str, Any]) -> Response:
    """Tickets, newest activity first. A test key sees those of test licenses and test product keys."""
    tickets, behind = support.list_all(mode=mode_of_key(), **wanted)
    return show({"data": [support.vendor_ticket_view(ticket) for ticket in tickets], "next": behind})


@blueprint.get("/<ticket_id>")
@rule("vendor", scope="tickets:read", limits=("vendor",))
@blueprint.response(200, VendorThreadView)
def read(ticket_id: str) -> Response:
    """One ticket with its messages, notes and diagnostics."""
    return show(support.vendor_thread_view(_own(ticket_id)))


@blueprint.post("/<ticket_id>/messages")
@rule("vendor", scope="tickets:write", limits=("vendor",), body_bytes=TEXT_BYTES, once="optional")
@blueprint.arguments(AgentMessageRequest)
@blueprint.response(201, VendorMessageView)
def answer(told: dict[str, Any], ticket_id: str) -> Response:
    """Answer the customer, who is told by mail."""
    return once(lambda: _answer(ticket_id, told))


def _answer(ticket_id: str, told: dict[str, Any]) -> tuple[int, Body]:
    ticket = _own(ticket_id)
    message = support.add_agent_reply(ticket, None, told.pop("body"), via="api", **told)
    return 201, support.vendor_message_view(message)


def _own(ticket_id: str) -> Ticket:
    """The ticket of this id in the key's mode; one of the other mode is answered like a missing one."""
    ticket = resolve(Ticket, ticket_id)
    if ticket.mode != mode_of_key():
        raise NotFound
    return ticket
