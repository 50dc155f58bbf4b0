"""Hears what happens to tickets, inside the transaction in which it happens."""

from typing import Any

from server.helpdesks.services import forwarding
from server.kernel import clock
from server.support.models import Message, Ticket
from server.support.services import message_added, ticket_opened, ticket_status_changed


def connect() -> None:
    """Listen; the application and the worker both call it."""
    ticket_opened.connect(_opened)
    message_added.connect(_added)
    ticket_status_changed.connect(_changed)


def _opened(ticket: Ticket, *, message: Message, **_: Any) -> None:
    forwarding.forward_ticket(ticket, message, now=clock.now())


def _added(message: Message, *, origin: str, **_: Any) -> None:
    forwarding.forward_message(message, origin=origin, now=clock.now())


def _changed(ticket: Ticket, *, origin: str, **_: Any) -> None:
    forwarding.forward_status(ticket, origin=origin, now=clock.now())
