"""Tables of an export about support: tickets with all that was said, helpdesks, and mails."""

from typing import Any

from sqlalchemy import select

from server.helpdesks.models import HelpdeskConnection, HelpdeskLink
from server.insights.tables.shape import Table, made, same, whole
from server.kernel import settings
from server.mail.models import Mail
from server.support.models import Attachment, Message, Ticket
from server.support.services.attachments import attachment_path


def tickets() -> Table:
    return whole(
        "tickets",
        Ticket,
        same(
            "id", "number", "product_id", "customer_id", "license_id", "site_url", "type", "status", "subject"
        )
        | same("email", "name", "locale", "plugin_version", "diagnostics", "created_at", "last_activity_at")
        | same("solved_at", "activation_id", "follows_id", "assignee_id", "screen_id", "shared")
        | same("notify_email", "waiting_since", "seen_message_id", "mode"),
    )


def messages() -> Table:
    return whole(
        "messages",
        Message,
        same("id", "ticket_id", "kind", "author_name", "author_email", "body", "via", "created_at")
        | same("member_id", "origin"),
    )


def attachments() -> Table:
    return whole(
        "attachments",
        Attachment,
        same("id", "message_id", "name", "content_type", "size", "sha256")
        | made(file=stored_attachment)
        | same("created_at"),
    )


def stored_attachment(row: Any) -> str:
    """Where the bytes lie, in the server's data folder."""
    return attachment_path(row).relative_to(settings.current().data_dir).as_posix()


def helpdesk_connections() -> Table:
    return whole(
        "helpdesk_connections",
        HelpdeskConnection,
        same("id", "kind", "name", "state", "settings", "checked_at", "created_at"),
    )


def helpdesk_links() -> Table:
    return whole(
        "helpdesk_links",
        HelpdeskLink,
        same("id", "connection_id", "local_type", "local_id", "parent_id", "remote_id", "remote_url")
        | same("remote_status", "state", "created_at"),
    )


def mails() -> Table:
    """Without their texts, which hold keys and links that open something."""
    names = ("id", "template", "to_address", "from_name", "reply_to", "subject", "locale", "state", "error")
    columns = same(*names, "created_at", "sent_at", "mode")
    return Table("mails", Mail, lambda: select(*(getattr(Mail, name) for name in columns)), columns)
