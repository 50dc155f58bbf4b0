"""The mail about an answer: once a message, and only to whoever has not seen it in the dashboard."""

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from server.accounts.services import vendor
from server.kernel.db import session
from server.kernel.text import one_line, shorten
from server.mail.models import Mail
from server.mail.services import is_address, queue_mail
from server.support.models import Message, Ticket

EARLIER = 5
EARLIER_LENGTH = 1_000


def notify(message: Message) -> Mail | None:
    """Owe the mail, unless the site has shown the message or nobody wants it."""
    ticket = message.ticket
    if not _wants_mail(ticket) or message.id <= ticket.seen_message_id:
        return None
    seller = vendor()
    return queue_mail(
        template="ticket_reply",
        to=ticket.email,
        context={
            "number": ticket.number,
            "subject": ticket.subject,
            "agent_name": message.author_name,
            "body": message.body,
            "history": _history(message),
            "dashboard_url": dashboard_url(ticket),
            "vendor_name": seller.name,
        },
        locale=ticket.locale,
        dedupe_key=f"ticket-reply:{message.id}",
        reply_to=seller.support_email,
        from_name=one_line(f"{message.author_name} ({seller.name})"),
        mode=ticket.mode,
    )


def dashboard_url(ticket: Ticket) -> str:
    """The conversation in the site's wp-admin; "" when the ticket came from no known site."""
    site = ticket.activation
    if site is None:
        return ""
    base = site.admin_url or f"{site.site_url.rstrip('/')}/wp-admin/"
    if urlsplit(base).scheme not in {"http", "https"}:
        return ""
    page = f"{ticket.product.slug}-keydesk"
    return f"{base.rstrip('/')}/admin.php?page={page}&tab=ticket&ticket={ticket.id}"


def _wants_mail(ticket: Ticket) -> bool:
    return ticket.notify_email and ticket.status != "spam" and is_address(ticket.email)


def _history(message: Message) -> list[dict[str, Any]]:
    earlier = session.scalars(
        select(Message)
        .where(
            Message.ticket_id == message.ticket_id,
            Message.id < message.id,
            Message.kind.in_(("customer", "agent")),
        )
        .order_by(Message.id.desc())
        .limit(EARLIER)
    )
    return [
        {
            "author": row.author_name,
            "is_customer": row.kind == "customer",
            "at": row.created_at,
            "text": shorten(row.body, EARLIER_LENGTH),
        }
        for row in earlier
    ]
