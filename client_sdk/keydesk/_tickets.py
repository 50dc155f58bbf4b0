"""Support from inside a program: file a ticket, read its thread, answer, close."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from keydesk import _answers
from keydesk._calls import Act, Caller, checked_key
from keydesk._diagnostics import checked as checked_diagnostics
from keydesk._records import Attachment, Message, OpenedTicket, SiteIdentity, Ticket, TicketPage
from keydesk.errors import BadInput

TicketType = Literal[
    "bug", "missing_feature", "unclear", "hidden_feature", "billing", "presales", "praise", "other"
]
IdList = list[str] | None  # inside the class, `list` is a method
LARGEST_FILE = 10 * 1024 * 1024
MOST_FILES = 5
UPLOAD_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class File:
    """A file to send.

    At most 10 MiB, of type png, jpeg, gif, webp, pdf, txt, log or zip (judged by content).
    """

    name: str
    content: bytes = field(repr=False)

    @classmethod
    def at(cls, path: str | Path) -> "File":
        """The file at this path. Raises OSError when it cannot be read."""
        return cls(Path(path).name, Path(path).read_bytes())

    def __post_init__(self) -> None:
        if not self.name or any(sign in self.name for sign in '"\\/\r\n\0'):
            raise BadInput("a file has a name without slashes, quotes and line ends", field="files")
        if len(self.content) > LARGEST_FILE:
            raise BadInput(f"{self.name} is larger than 10 MiB", field="files", code="body_too_large")


class Tickets:
    """The tickets of one site. Only this site sees them."""

    def __init__(self, caller: Caller, identity: SiteIdentity, site_token: str) -> None:
        self._caller = caller
        self._identity = identity
        self._token = site_token

    def open(
        self, subject: str, body: str, *, type: TicketType = "other", email: str | None = None,
        name: str | None = None, diagnostics: Mapping[str, Any] | None = None, files: Sequence[File] = (),
        user_ref: str | None = None, shared: bool = True, follows: str | None = None,
        screen_id: str | None = None, created_at: datetime | None = None, idempotency_key: str | None = None,
    ) -> OpenedTicket:  # fmt: skip
        """File a ticket.

        `subject`: 1 to 200 characters, `body`: 1 to 20,000, plain text. `email`: where an answer is
        announced. `diagnostics`: the sections the person agreed to (`site`, `server`, `theme`, `plugins`,
        `plugin_settings`, `errors`), at most 32 KiB; keys and tokens of Keydesk are taken out before
        sending. `files`: at most 5, sent one by one before the ticket. `user_ref`: opaque name of the user,
        at most 64 characters; `shared` False keeps the ticket to that user. `follows`: the id of an older,
        closed ticket. `created_at`: aware, for tickets that waited offline. With the same `idempotency_key`
        the whole act, files included, happens once.

        Raises `BadInput` before sending, `Invalid` for fields and files the server refuses.
        """
        key = checked_key(idempotency_key)
        _refuse_length("subject", subject, 200)
        _refuse_length("body", body, 20_000)
        wanted = {
            "type": type, "subject": subject, "body": body, "email": email, "name": name,
            "locale": self._identity.locale, "plugin_version": self._identity.version,
            "diagnostics": None if diagnostics is None else checked_diagnostics(diagnostics),
            "attachment_ids": self._sent(files, key), "user_ref": user_ref, "shared": shared,
            "follows": follows, "screen_id": screen_id, "client_created_at": _wire_time(created_at),
        }  # fmt: skip
        answer = self._caller.call(Act("POST", "/v1/tickets", self._token, json=wanted, key=key))
        return _answers.opened_ticket(answer.fields)

    def list(
        self, *, status: str | None = None, after: str | None = None, limit: int | None = None
    ) -> TicketPage:
        """This site's tickets, newest activity first.

        `status` filters; `after` is the `next` of the page before.
        """
        query = {"status": status, "after": after, "limit": limit}
        answer = self._caller.call(Act("GET", "/v1/tickets", self._token, query=query, repeatable=True))
        return _answers.ticket_page(answer.fields)

    def read(self, ticket_id: str, *, before: str | None = None) -> Ticket:
        """A ticket with its last 50 messages; `before` is a message id and gives the 50 before it."""
        act = Act("GET", _path(ticket_id), self._token, query={"before": before}, repeatable=True)
        return _answers.ticket(self._caller.call(act).fields)

    def reply(
        self,
        ticket_id: str,
        body: str,
        *,
        files: Sequence[File] = (),
        idempotency_key: str | None = None,
    ) -> Message:
        """Add a message (1 to 20,000 characters).

        It reopens a solved ticket for 30 days, later: `Conflict`.
        """
        key = checked_key(idempotency_key)
        _refuse_length("body", body, 20_000)
        told = {"body": body, "attachment_ids": self._sent(files, key)}
        act = Act("POST", f"{_path(ticket_id)}/messages", self._token, json=told, key=key)
        return _answers.message(self._caller.call(act).fields)

    def close(self, ticket_id: str) -> None:
        """Say that it is done. Safe to repeat."""
        self._set_status(ticket_id, "closed")

    def reopen(self, ticket_id: str) -> None:
        """Say that it is not done after all; `Conflict` (`state_conflict`) 30 days after it was solved."""
        self._set_status(ticket_id, "open")

    def upload(self, file: File, *, idempotency_key: str | None = None) -> Attachment:
        """Send one file. Unless a ticket or message names it within 24 h, the server forgets it."""
        act = Act(
            "POST", "/v1/attachments", self._token, content=_multipart(file), timeout_s=UPLOAD_TIMEOUT_S,
            key=checked_key(idempotency_key),
        )  # fmt: skip
        return _answers.attachment(self._caller.call(act).fields)

    def _set_status(self, ticket_id: str, status: str) -> None:
        act = Act("PATCH", _path(ticket_id), self._token, json={"status": status}, repeatable=True)
        self._caller.call(act)

    def _sent(self, files: Sequence[File], key: str) -> IdList:
        if len(files) > MOST_FILES:
            raise BadInput("at most 5 files go with a message", field="files")
        # Derived keys: a repeated act finds its own uploads again instead of making new ones.
        sent = [self.upload(file, idempotency_key=_derived(key, at)) for at, file in enumerate(files)]
        return [attachment.attachment_id for attachment in sent] or None


def _derived(key: str, at: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key}/files/{at}"))


def _path(ticket_id: str) -> str:
    if not ticket_id.isascii() or not ticket_id.replace("_", "").isalnum():
        raise BadInput("a ticket id holds letters, digits and _", field="ticket_id")
    return f"/v1/tickets/{ticket_id}"


def _refuse_length(field: str, text: str, most: int) -> None:
    if not 1 <= len(text.strip()) <= len(text) <= most:
        raise BadInput(f"{field} has 1 to {most:,} characters", field=field)


def _wire_time(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise BadInput("a moment needs its time zone", field="created_at")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _multipart(file: File) -> tuple[str, bytes]:
    # The boundary follows from the content, so that a repetition after a crash has the same bytes.
    boundary = f"keydesk-{uuid.uuid5(uuid.NAMESPACE_OID, f'{file.name}/{len(file.content)}').hex}"
    while boundary.encode() in file.content:
        boundary += "x"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    tail = f"\r\n--{boundary}--\r\n"
    return f"multipart/form-data; boundary={boundary}", head.encode() + file.content + tail.encode()
