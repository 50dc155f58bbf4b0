"""What a helpdesk connector is: what it can do, what goes in, what comes back, and how it may fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from marshmallow import Schema

from server.helpdesks.errors import Effect, HelpdeskError, Rejected, Retry, UnknownOutcome, classify, parsed
from server.kernel import outbound

Prepared = Mapping[str, Any]


class Op(StrEnum):
    """What a push does at the helpdesk."""

    CREATE = "create"
    MESSAGE = "message"
    STATUS = "status"


class Capability(StrEnum):
    """Code asks for a capability, never for a kind."""

    FETCH = "fetch"  # a conversation can be read back, so a hook only wakes us up
    POLL_SINCE = "poll_since"  # it lists what changed, so missed hooks are made good
    SET_STATUS = "set_status"
    FILES = "files"  # the bytes of attachments cross over


@dataclass(frozen=True)
class OutgoingFile:
    """An attachment of ours; `read` loads its bytes when they are sent."""

    file_id: str
    name: str
    content_type: str
    size: int
    sha256: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class OutgoingMessage:
    """One message of a ticket. `kind` is `customer` or `agent`."""

    message_id: str
    kind: str
    author_name: str
    author_email: str
    text: str
    files: tuple[OutgoingFile, ...]
    created_at: datetime


@dataclass(frozen=True)
class OutgoingTicket:
    """A ticket as it begins: its first message and the diagnostics that the customer agreed to send."""

    ticket_id: str
    number: str
    subject: str
    product: str
    first: OutgoingMessage
    diagnostics: Mapping[str, Any]
    kind: str = "other"  # what it is about: "bug", "missing_feature", …


@dataclass(frozen=True)
class RemoteRef:
    """A conversation at the helpdesk."""

    id: str
    url: str | None = None


@dataclass(frozen=True)
class Created:
    """What a create made: the conversation, and the id its first message has there."""

    ref: RemoteRef
    message_id: str


@dataclass(frozen=True)
class RemoteMessage:
    """A message as it stands at the helpdesk. `kind` is `agent`, `customer` or `note`."""

    id: str
    kind: str
    author_name: str
    text: str
    created_at: datetime


@dataclass(frozen=True)
class RemoteFile:
    """A file of a conversation at the helpdesk."""

    id: str
    name: str


@dataclass(frozen=True)
class Snapshot:
    """The present state of a conversation. Equal or later states have an equal or greater `version`."""

    ref: RemoteRef
    status: str
    messages: tuple[RemoteMessage, ...]
    version: str = ""
    files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True)
class Event:
    """What a hook says. `snapshot` only where the connector cannot fetch and the body was signed."""

    kind: str  # changed, ping, unknown
    remote_id: str = ""
    version: str = ""
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class ChangedPage:
    """Conversations changed since the cursor, oldest first, and where to go on."""

    remote_ids: tuple[str, ...]
    cursor: str
    more: bool = False


@dataclass(frozen=True)
class HealthItem:
    """One line of a check. `level` is `ok`, `warn` or `fail`."""

    code: str
    level: str
    text: str


@dataclass(frozen=True)
class Health:
    """What a check found, in words a vendor can act on."""

    items: tuple[HealthItem, ...]

    @property
    def ok(self) -> bool:
        return all(item.level != "fail" for item in self.items)


class Send(Protocol):
    """How requests leave: `outbound.request`, or a test's own."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout: tuple[float, float] = (5, 15),
        total: float = 15.0,
        max_bytes: int = 65_536,
    ) -> outbound.Reply: ...


class Connector:
    """Base of all connectors: one instance per connection and job, never shared between threads.

    `settings` are validated by `settings_schema` and hold the secrets too. `create` and `add_message` may
    be called again with the same `prepared` and `marker` and must then make nothing new; where they cannot
    know, they raise `UnknownOutcome`. What `prepare` returns is committed before the write; its key `once`
    holds a one-time permission that is dropped when looking has shown that nothing was written.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    setup_help: ClassVar[str] = ""
    companion: ClassVar[str | None] = None  # a file beside the connector that the vendor copies over there
    settings_schema: ClassVar[type[Schema]]
    capabilities: ClassVar[frozenset[Capability]]
    status_in: ClassVar[Mapping[str, str]]  # theirs -> ours
    status_out: ClassVar[Mapping[str, str]]  # ours -> theirs
    max_body_chars: ClassVar[int] = 60_000
    max_file_bytes: ClassVar[int] = 10 * 1024 * 1024

    def __init__(self, settings: Mapping[str, Any], *, connection_id: str, send: Send) -> None:
        self.settings = settings
        self.connection_id = connection_id
        self.send = send

    def check(self) -> Health:
        """Look whether everything is in place; write nothing."""
        raise NotImplementedError

    def prepare(self, op: Op, item: OutgoingTicket | OutgoingMessage, prepared: Prepared) -> dict[str, Any]:
        """Do the harmless first steps that `prepared` does not hold yet."""
        return dict(prepared)

    def create(self, ticket: OutgoingTicket, *, marker: str, prepared: Prepared) -> Created:
        raise NotImplementedError

    def find_created(self, ticket: OutgoingTicket, prepared: Prepared) -> Created | None:
        """What an earlier `create` with this `prepared` made, if the helpdesk can be asked."""
        return None

    def add_message(
        self, ref: RemoteRef, message: OutgoingMessage, *, marker: str, prepared: Prepared
    ) -> str:
        """Add a message to the conversation and return the id it has there."""
        raise NotImplementedError

    def set_status(self, ref: RemoteRef, status: str, *, marker: str) -> None:
        """Set the helpdesk's own `status` (a value of `status_out`)."""
        raise NotImplementedError

    def fetch(
        self,
        ref: RemoteRef,
        *,
        known: frozenset[str] = frozenset(),
        known_files: frozenset[str] = frozenset(),
    ) -> Snapshot:
        """The conversation as it stands now; of its messages and files only those that are not known."""
        raise NotImplementedError

    def fetch_file(self, file: RemoteFile) -> bytes:
        """The bytes of a file. Raises `Rejected` when it is too large."""
        raise NotImplementedError

    def list_changed(self, cursor: str | None) -> ChangedPage:
        raise NotImplementedError

    def parse_event(self, body: Mapping[str, Any]) -> Event:
        """Read a verified hook; pure. Unreadable ones are `Event("unknown")`."""
        raise NotImplementedError

    def call(
        self, effect: Effect, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Any:
        """Send a request and return the parsed JSON answer (None when empty). Raises `HelpdeskError`."""
        return self.parse(effect, self.ask(effect, method, url, headers, body))

    def ask(
        self,
        effect: Effect,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        max_bytes: int = 4 * 1024 * 1024,
    ) -> outbound.Reply:
        """Send a request and return the good answer as it came. Raises `HelpdeskError`."""
        try:
            reply = self.send(
                method,
                url,
                headers=headers,
                body=body,
                timeout=(5, 15),
                total=30.0,
                max_bytes=max_bytes,
            )
        except outbound.Blocked as error:
            raise Retry("helpdesk_address_refused", "This server may not reach that address") from error
        except outbound.NoAnswer as error:
            if error.reason == "TooLarge" and effect is Effect.READ:
                raise Rejected("helpdesk_too_large", "The helpdesk's answer is too large") from error
            kind = UnknownOutcome if error.sent and effect is Effect.WRITE else Retry
            raise kind("helpdesk_unreachable", "The helpdesk did not answer") from error
        if failure := self.classify(effect, reply):
            raise failure
        return reply

    def parse(self, effect: Effect, reply: outbound.Reply) -> Any:
        """The JSON of a successful answer, None when it is empty."""
        return parsed(effect, reply)

    def classify(self, effect: Effect, reply: outbound.Reply) -> HelpdeskError | None:
        """What an answer's status means; None for success. A connector overrides what differs."""
        return classify(effect, reply)
