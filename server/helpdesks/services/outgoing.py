"""A ticket or a message of ours as a connector takes it."""

from server.helpdesks.contract import OutgoingFile, OutgoingMessage, OutgoingTicket
from server.support.models import Attachment, Message, Ticket
from server.support.services import attachment_path


def as_ticket(ticket: Ticket, first: Message) -> OutgoingTicket:
    """The ticket as it begins; later messages follow one by one."""
    return OutgoingTicket(
        ticket_id=ticket.id,
        number=f"#{ticket.number}",
        subject=ticket.subject,
        product=ticket.product.name,
        first=as_message(first),
        diagnostics=_about(ticket),
        kind=ticket.type,
    )


def as_message(message: Message) -> OutgoingMessage:
    return OutgoingMessage(
        message_id=message.id,
        kind=message.kind,
        author_name=message.author_name,
        author_email=message.author_email,
        text=message.body,
        files=tuple(_as_file(attachment) for attachment in message.attachments),
        created_at=message.created_at,
    )


def _about(ticket: Ticket) -> dict[str, object]:
    """What is known of the site, and then what the customer agreed to send."""
    known = {"site": ticket.site_url, "plugin version": ticket.plugin_version, "screen": ticket.screen_id}
    return {name: value for name, value in known.items() if value} | (ticket.diagnostics or {})


def _as_file(attachment: Attachment) -> OutgoingFile:
    return OutgoingFile(
        file_id=attachment.id,
        name=attachment.name,
        content_type=attachment.content_type,
        size=attachment.size,
        sha256=attachment.sha256,
        read=attachment_path(attachment).read_bytes,
    )
