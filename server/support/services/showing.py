"""Tickets as they look outside: to the site that asked, and to the vendor's own scripts."""

from typing import Any

from server.kernel import clock
from server.kernel.text import shorten
from server.licensing.models import Activation
from server.support.models import Attachment, Message, Ticket
from server.support.services.reading import NEWS, Digest, Thread, unread_tickets

EXCERPT = 300
AUTHORS = {"customer": "user", "agent": "agent", "note": "agent", "system": "system"}
ROLES = {"customer": "customer", "agent": "support", "note": "support", "system": "system"}


def opened_view(ticket: Ticket) -> dict[str, Any]:
    """The answer to a new ticket."""
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "status": ticket.site_status,
        "expected_reply_at": None,
    }


def digest_view(digest: Digest, *, with_excerpt: bool = True) -> dict[str, Any]:
    """A ticket in a site's list; the check-in leaves the words out."""
    ticket = digest.ticket
    seen: dict[str, Any] = {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.site_status,
        "unread": digest.unread,
        "last_at": clock.rfc3339(ticket.last_activity_at),
    }
    if with_excerpt:
        last = digest.last
        seen["last_excerpt"] = shorten(" ".join(last.body.split()), EXCERPT) if last else ""
        seen["user_ref"] = ticket.user_ref
        seen["shared"] = ticket.shared
    return seen


def news_for_site(site: Activation) -> dict[str, Any]:
    """For the check-in: how many answers wait unread, and in which tickets (20 at most, without words)."""
    news = unread_tickets(site)
    items = [digest_view(digest, with_excerpt=False) for digest in news[:NEWS]]
    return {"unread": sum(digest.unread for digest in news), "items": items}


def thread_view(thread: Thread) -> dict[str, Any]:
    """A ticket with its messages, for the site."""
    return {
        **digest_view(thread.digest),
        "type": thread.digest.ticket.type,
        "created_at": clock.rfc3339(thread.digest.ticket.created_at),
        "notify_email": thread.digest.ticket.notify_email,
        "messages": [message_view(message) for message in thread.messages],
    }


def message_view(message: Message) -> dict[str, Any]:
    """One message."""
    return {
        "message_id": message.id,
        "author": {
            "kind": AUTHORS[message.kind],
            "name": message.author_name,
            "role": ROLES[message.kind],
        },
        "body": message.body,
        "attachments": [attachment_view(file) for file in message.attachments],
        "created_at": clock.rfc3339(message.created_at),
        "via": "helpdesk" if message.via == "console" else message.via,  # the wire knows one desk only
    }


def attachment_view(file: Attachment) -> dict[str, Any]:
    """A file, without its bytes."""
    return {"attachment_id": file.id, "name": file.name, "size": file.size, "type": file.content_type}


def vendor_ticket_view(ticket: Ticket) -> dict[str, Any]:
    """A ticket for the vendor's scripts: the desk's own state, and who asks."""
    return {
        "ticket_id": ticket.id,
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.status,
        "type": ticket.type,
        "product_id": ticket.product_id,
        "license_id": ticket.license_id,
        "customer_id": ticket.customer_id,
        "site_url": ticket.site_url,
        "email": ticket.email,
        "name": ticket.name,
        "locale": ticket.locale,
        "plugin_version": ticket.plugin_version,
        "created_at": clock.rfc3339(ticket.created_at),
        "last_at": clock.rfc3339(ticket.last_activity_at),
        "waiting_since": clock.rfc3339(ticket.waiting_since),
        "solved_at": clock.rfc3339(ticket.solved_at),
    }


def vendor_thread_view(ticket: Ticket) -> dict[str, Any]:
    """A ticket with every message, notes too (`internal`), and its diagnostics."""
    return {
        **vendor_ticket_view(ticket),
        "diagnostics": ticket.diagnostics,
        "messages": [vendor_message_view(message) for message in ticket.messages],
    }


def vendor_message_view(message: Message) -> dict[str, Any]:
    """One message as the team sees it."""
    return {**message_view(message), "via": message.via, "internal": message.kind == "note"}
