"""What sites and vendors' scripts may send about tickets, and what they get back."""

from typing import Any

import orjson
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from server.kernel.json_fields import LOCALE, Flag, Moment
from server.mail.services import is_address
from server.support.models import SITE_STATUS, STATUSES, TYPES

SECTIONS = ("site", "server", "theme", "plugins", "plugin_settings", "errors")
DIAGNOSTICS_BYTES = 32 * 1024
ID = validate.Length(min=1, max=40)


def _is_no_address(text: str) -> None:
    if text and not is_address(text):
        raise ValidationError("This is not an e-mail address.")


def _fits_diagnostics(sections: dict[str, Any]) -> None:
    if len(orjson.dumps(sections)) > DIAGNOSTICS_BYTES:
        raise ValidationError("Diagnostics have at most 32 KiB.")


class NullIsMissing(Schema):
    """Programs say "nothing" by null; it means the same as leaving the field out."""

    @post_load
    def _drop_nulls(self, data: dict[str, Any], **_more: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None}


class TicketRequest(NullIsMissing):
    """A new ticket."""

    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    subject = fields.String(required=True, validate=validate.Length(min=1, max=200))
    body = fields.String(required=True, validate=validate.Length(min=1, max=20_000))
    email = fields.String(allow_none=True, validate=_is_no_address)
    name = fields.String(allow_none=True, validate=validate.Length(max=100))
    locale = fields.String(allow_none=True, validate=LOCALE)
    screen_id = fields.String(allow_none=True, validate=validate.Length(max=120))
    plugin_version = fields.String(allow_none=True, validate=validate.Length(max=32))
    diagnostics = fields.Dict(
        keys=fields.String(validate=validate.OneOf(SECTIONS)),
        values=fields.Raw(),
        allow_none=True,
        validate=_fits_diagnostics,
    )
    attachment_ids = fields.List(fields.String(validate=ID), allow_none=True, validate=validate.Length(max=5))
    client_created_at = Moment(allow_none=True)
    follows = fields.String(allow_none=True, validate=ID)
    user_ref = fields.String(allow_none=True, validate=validate.Length(max=64))
    shared = Flag(allow_none=True)


class MessageRequest(NullIsMissing):
    """The customer's next message."""

    body = fields.String(required=True, validate=validate.Length(min=1, max=20_000))
    name = fields.String(allow_none=True, validate=validate.Length(max=100))
    email = fields.String(allow_none=True, validate=_is_no_address)
    attachment_ids = fields.List(fields.String(validate=ID), allow_none=True, validate=validate.Length(max=5))
    user_ref = fields.String(allow_none=True, validate=validate.Length(max=64))


class TicketChange(Schema):
    """What a customer may change."""

    status = fields.String(validate=validate.OneOf(("open", "closed")))
    notify_email = Flag()

    @validates_schema
    def _something(self, data: dict[str, Any], **_more: Any) -> None:
        if not data:
            raise ValidationError("Send status or notify_email.")


class SeenRequest(Schema):
    """The newest message that the site has shown."""

    message_id = fields.String(required=True, validate=ID)


class TicketListQuery(Schema):
    """Which of the site's tickets, and from where on."""

    status = fields.String(validate=validate.OneOf(sorted(set(SITE_STATUS.values()))))
    after = fields.String(validate=validate.Length(max=500))
    limit = fields.Integer(load_default=20, validate=validate.Range(min=1, max=50))


class ThreadQuery(Schema):
    """Messages before this one."""

    before = fields.String(validate=ID)


class VendorTicketListQuery(TicketListQuery):
    """Which of the vendor's tickets, and from where on."""

    status = fields.String(validate=validate.OneOf(STATUSES))


class AgentMessageRequest(NullIsMissing):
    """An answer of the team, sent by a script."""

    body = fields.String(required=True, validate=validate.Length(min=1, max=20_000))
    author_name = fields.String(allow_none=True, validate=validate.Length(max=100))


class OpenedTicketView(Schema):
    """A ticket just filed."""

    ticket_id = fields.String(required=True)
    number = fields.Integer(required=True)
    status = fields.String(required=True)
    expected_reply_at = fields.DateTime(required=True, allow_none=True)


class AttachmentView(Schema):
    """A file of a message."""

    attachment_id = fields.String(required=True)
    name = fields.String(required=True)
    size = fields.Integer(required=True)
    type = fields.String(required=True)


class AttachmentLinkView(Schema):
    """A short-lived address of a file."""

    url = fields.Url(required=True)


class AuthorView(Schema):
    """Who wrote a message."""

    kind = fields.String(required=True, metadata={"enum": ["user", "agent", "system"]})
    name = fields.String(required=True)
    role = fields.String(required=True)


class MessageView(Schema):
    """One message."""

    message_id = fields.String(required=True)
    author = fields.Nested(AuthorView, required=True)
    body = fields.String(required=True)
    attachments = fields.List(fields.Nested(AttachmentView), required=True)
    created_at = fields.DateTime(required=True)
    via = fields.String(required=True)


class DigestView(Schema):
    """A ticket in a site's list."""

    ticket_id = fields.String(required=True)
    number = fields.Integer(required=True)
    subject = fields.String(required=True)
    status = fields.String(required=True)
    unread = fields.Integer(required=True)
    last_at = fields.DateTime(required=True)
    last_excerpt = fields.String(required=True)
    user_ref = fields.String(required=True)
    shared = fields.Boolean(required=True)


class TicketListView(Schema):
    """A page of tickets; `next` asks for the following one."""

    data = fields.List(fields.Nested(DigestView), required=True)
    next = fields.String(required=True, allow_none=True)


class ThreadView(DigestView):
    """A ticket with its last 50 messages, oldest first."""

    type = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    notify_email = fields.Boolean(required=True)
    messages = fields.List(fields.Nested(MessageView), required=True)


class VendorTicketView(Schema):
    """A ticket as the vendor sees it."""

    ticket_id = fields.String(required=True)
    number = fields.Integer(required=True)
    subject = fields.String(required=True)
    status = fields.String(required=True)
    type = fields.String(required=True)
    product_id = fields.String(required=True)
    license_id = fields.String(required=True, allow_none=True)
    customer_id = fields.String(required=True, allow_none=True)
    site_url = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    locale = fields.String(required=True)
    plugin_version = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    last_at = fields.DateTime(required=True)
    waiting_since = fields.DateTime(required=True, allow_none=True)
    solved_at = fields.DateTime(required=True, allow_none=True)


class VendorTicketListView(Schema):
    """A page of the vendor's tickets."""

    data = fields.List(fields.Nested(VendorTicketView), required=True)
    next = fields.String(required=True, allow_none=True)


class VendorMessageView(MessageView):
    """One message; an internal one is a note that the customer never sees."""

    internal = fields.Boolean(required=True)


class VendorThreadView(VendorTicketView):
    """A ticket with all its messages and diagnostics."""

    diagnostics = fields.Dict(required=True, allow_none=True)
    messages = fields.List(fields.Nested(VendorMessageView), required=True)
