"""Any system that takes a signed HTTP request: the same three writes as JSON, and signed answers back."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from server.helpdesks import standard_webhook
from server.helpdesks.connectors import _fields
from server.helpdesks.contract import (
    Capability,
    Connector,
    Created,
    Event,
    Health,
    HealthItem,
    OutgoingMessage,
    OutgoingTicket,
    Prepared,
    RemoteMessage,
    RemoteRef,
    Snapshot,
)
from server.helpdesks.errors import Effect, HelpdeskError
from server.helpdesks.render import clean, cut
from server.kernel import clock, outbound

STATUSES = ("new", "open", "waiting_for_customer", "solved", "closed")


class SignedWebhookSettings(Schema):
    """What a vendor enters."""

    url = _fields.address(
        label="Address",
        help="Keydesk posts tickets and messages there as signed JSON.",
        placeholder="https://desk.example.com/keydesk",
    )
    signing_secret = _fields.webhook_secret(
        label="Signing secret",
        help="Your receiver verifies our requests with it. Left empty, one is made.",
        made=standard_webhook.new_secret,
    )


class MessageIn(Schema):
    """A message of a snapshot that was sent to us."""

    class Meta:
        unknown = RAISE

    id = fields.String(required=True, validate=validate.Length(1, 255))
    kind = fields.String(required=True, validate=validate.OneOf(("agent", "customer", "note")))
    author_name = fields.String(load_default="Support", validate=validate.Length(max=200))
    text = fields.String(required=True, validate=validate.Length(1, 60_000))
    created_at = fields.AwareDateTime(required=True)


class SnapshotIn(Schema):
    """The state of a conversation as it was sent to us."""

    class Meta:
        unknown = RAISE

    status = fields.String(load_default="", validate=validate.Length(max=60))
    version = fields.String(load_default="", validate=validate.Length(max=200))
    messages = fields.List(fields.Nested(MessageIn), load_default=list, validate=validate.Length(max=500))


class EventIn(Schema):
    """What a receiver may send us; fields we do not know yet are its own business."""

    class Meta:
        unknown = EXCLUDE

    type = fields.String(
        required=True, validate=validate.OneOf(("conversation.changed", "message.created", "ping"))
    )
    remote_id = fields.String(load_default="", validate=validate.Length(max=255))
    snapshot = fields.Nested(SnapshotIn, load_default=None)


class SignedWebhook(Connector):
    """`webhook-id` is the mark of the write, the same on all tries: the receiver drops what it has seen."""

    kind = "signed_webhook"
    label = "Signed webhook"
    setup_help = (
        "Verify our requests by the Standard Webhooks rules and treat webhook-id as idempotency key. Send "
        "answers, signed the same way, to the hook address with its own secret."
    )
    settings_schema = SignedWebhookSettings
    capabilities = frozenset({Capability.SET_STATUS})
    status_in: ClassVar[Mapping[str, str]] = {name: name for name in STATUSES}
    status_out: ClassVar[Mapping[str, str]] = {name: name for name in STATUSES}

    def check(self) -> Health:
        try:
            self._post("ping", "ping-" + str(int(clock.now().timestamp())), {})
        except HelpdeskError as error:
            return Health((HealthItem(error.code, "fail", error.public_text),))
        return Health((HealthItem("credentials", "ok", "The receiver accepts our signed requests"),))

    def create(self, ticket: OutgoingTicket, *, marker: str, prepared: Prepared) -> Created:
        data = {
            "subject": ticket.subject,
            "product": ticket.product,
            "message": self._message(ticket.first),
            "diagnostics": ticket.diagnostics,
        }
        about = {"ticket_id": ticket.ticket_id, "number": ticket.number}
        answer = self._post("conversation.create", marker, data, **about)
        ref = RemoteRef(_text(answer, "remote_id") or ticket.ticket_id, _text(answer, "remote_url") or None)
        return Created(ref, _message_id(ref, answer, ticket.first))

    def add_message(
        self, ref: RemoteRef, message: OutgoingMessage, *, marker: str, prepared: Prepared
    ) -> str:
        answer = self._post("message.add", marker, self._message(message), remote_id=ref.id)
        return _message_id(ref, answer, message)

    def set_status(self, ref: RemoteRef, status: str, *, marker: str) -> None:
        self._post("status.set", marker, {"status": status}, remote_id=ref.id)

    def parse_event(self, body: Mapping[str, Any]) -> Event:
        """The snapshot is taken as it stands, because the signature covers it."""
        try:
            read = EventIn().load(body)
        except ValidationError:
            return Event("unknown")
        if read["type"] == "ping":
            return Event("ping")
        if not read["remote_id"] or read["snapshot"] is None:
            return Event("unknown")
        ref = RemoteRef(read["remote_id"])
        messages = tuple(
            RemoteMessage(**{**message, "id": f"{ref.id}/{message['id']}"})
            for message in read["snapshot"]["messages"]
        )
        snapshot = Snapshot(ref, read["snapshot"]["status"], messages, read["snapshot"]["version"])
        return Event("changed", ref.id, snapshot.version, snapshot)

    def parse(self, effect: Effect, reply: outbound.Reply) -> Any:
        """An answer is welcome but not required: 2xx is enough."""
        try:
            return json.loads(reply.body)
        except (ValueError, RecursionError):
            return None

    def _message(self, message: OutgoingMessage) -> dict[str, Any]:
        return {
            "message_id": message.message_id,
            "kind": message.kind,
            "author": {"name": message.author_name, "email": message.author_email},
            "text": cut(clean(message.text), self.max_body_chars),
            "created_at": _rfc3339(message.created_at),
            "files": [
                {
                    "name": file.name,
                    "content_type": file.content_type,
                    "size": file.size,
                    "sha256": file.sha256,
                }
                for file in message.files
            ],
        }

    def _post(self, op: str, marker: str, data: Mapping[str, Any], **about: str) -> Any:
        now = clock.now()
        content = {"op": op, "connection_id": self.connection_id, **about, "marker": marker, "data": data}
        body = json.dumps(content, ensure_ascii=False).encode()
        signed = standard_webhook.sign(self.settings["signing_secret"], delivery_id=marker, at=now, body=body)
        headers = {"Content-Type": "application/json", "Accept": "application/json", **signed}
        # the receiver drops a marker it has seen, so a repeat is harmless and nothing needs to be looked for
        return self.call(Effect.SET, "POST", self.settings["url"], headers, body)


def _message_id(ref: RemoteRef, answer: Any, message: OutgoingMessage) -> str:
    """Their ids of messages need to be unique in a conversation only."""
    return f"{ref.id}/{_text(answer, 'message_id') or message.message_id}"


def _text(answer: Any, name: str) -> str:
    value = answer.get(name) if isinstance(answer, dict) else None
    return value[:255] if isinstance(value, str) else ""


def _rfc3339(moment: datetime) -> str:
    return clock.rfc3339(moment) or ""
