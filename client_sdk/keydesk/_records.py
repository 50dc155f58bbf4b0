"""What the server tells, as frozen records. All datetimes are aware and in UTC."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from keydesk._signatures import SigningKey
from keydesk.errors import BadInput

Environment = Literal["production", "staging", "development", "local"]


@dataclass(frozen=True, slots=True)
class SiteIdentity:
    """One installation that uses a license.

    `uid`: 32 hex digits, made once by `new_site_uid()` and kept with the installation (secret-like). `url`:
    its http address, at most 2,048 bytes; seats are counted on its normalised form. `environment`: what the
    installation says it is; anything but `production` takes no seat, and addresses such as localhost never
    do. `network`: the main site of a multisite network that uses one license for all of its `blog_count`
    sites.
    """

    uid: str = field(repr=False)
    url: str
    environment: Environment = "production"
    version: str = "0"
    locale: str | None = None
    network: bool = False
    blog_count: int | None = None

    def __post_init__(self) -> None:
        if len(self.uid) != 32 or self.uid.strip("0123456789abcdef"):
            raise BadInput("a site uid is 32 lower-case hex digits: see new_site_uid()", field="uid")
        if not 0 < len(self.url.encode("utf-8", "replace")) <= 2_048:
            raise BadInput("an address has 1 to 2,048 bytes", field="url", code="site_url_invalid")
        if self.environment not in {"production", "staging", "development", "local"}:
            raise BadInput("unknown environment", field="environment")


@dataclass(frozen=True, slots=True)
class Plan:
    """What was bought: `code` for programs, `name` for people."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Seats:
    """How many sites may use a license (`limit` None = any number) and how many do."""

    limit: int | None
    used: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a license is revoked or suspended; `since` is UTC.

    `reason`: refunded, disputed, by_vendor or plan_changed. A word of the vendor's own is told as by_vendor.
    """

    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class License:
    """A license as its holder may see it; never a name, an address or an order.

    `status`: active, expired, suspended or revoked. `valid_until` None = for life. `mode`: live or test.
    """

    license_id: str
    key_hint: str
    status: str
    plan: Plan
    features: tuple[str, ...]
    valid_until: datetime | None
    updates_until: datetime | None
    support_until: datetime | None
    renews: bool
    seats: Seats
    mode: str
    manage_url: str | None
    stopped: Stopped | None = None


@dataclass(frozen=True, slots=True)
class SiteState:
    """How the server counts this site: `key` is its normalised address, `counted` whether it takes a seat.

    `network`: the seat is that of a whole multisite network.
    """

    key: str
    environment: str
    counted: bool
    network: bool = False


@dataclass(frozen=True, slots=True)
class Activation:
    """A seat, taken. Store `activation_id`, `site_token` (secret, shown once), `lease` and `signing_keys`.

    `created` is False when this site already sat: same activation, new token (the old one works 10 min more).
    `lease` is judged by `verify_lease`. Come back with a check-in after `check_in_after_s` seconds.
    """

    activation_id: str
    site_token: str = field(repr=False)
    site: SiteState
    license: License
    lease: str | None = field(repr=False)
    signing_keys: tuple[SigningKey, ...]
    check_in_after_s: int
    created: bool


@dataclass(frozen=True, slots=True)
class ActivationLink:
    """The owner of a mailbox is asked. Ask for the outcome every `poll_after_s` seconds, for half an hour."""

    activation_link_id: str
    poll_secret: str = field(repr=False)
    poll_after_s: int


@dataclass(frozen=True, slots=True)
class LinkState:
    """What became of an activation link: pending, ready or expired.

    `transfer_code` comes with `ready`, this one time; give it to `Keydesk.activate`.
    """

    state: str
    transfer_code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ActivationState:
    """An activation as read later; never the token again."""

    activation_id: str
    site: SiteState
    license: License
    created_at: datetime
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Validation:
    """Whether a key or site may run now.

    `code` is `VALID` or names the first check that failed, for example `EXPIRED`. New codes may be added;
    treat an unknown one as not valid. `checked` lists the checks that were made.
    """

    valid: bool
    code: str
    license: License | None
    checked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketSummary:
    """A ticket in a list. `status`: open, waiting_for_us, waiting_for_you, solved or closed.

    `unread`: messages of the vendor not seen yet. `user_ref`, `shared`: as given when it was opened.
    """

    ticket_id: str
    number: int
    subject: str
    status: str
    unread: int
    last_at: datetime
    last_excerpt: str | None = None
    user_ref: str | None = None
    shared: bool = True


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The daily answer: lease refreshed, license state, news about tickets.

    `site_changed`: the address differs from the activated one; then there is no lease. `license` and
    `lease` are None when there is nothing to run on (revoked, suspended). `replies`: at most 20 tickets
    with news, `unread` counts all. `revocations`: a newer revocation list, for `verify_revocations`; None
    when the one held is the newest.
    """

    server_time: datetime
    site_key: str
    site_changed: bool
    license: License | None
    lease: str | None = field(repr=False)
    validation: Validation | None
    signing_keys: tuple[SigningKey, ...]
    unread: int
    replies: tuple[TicketSummary, ...]
    next_check_in_s: int
    revocations: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Release:
    """The answer to giving a seat back."""

    released: bool
    seats: Seats | None


@dataclass(frozen=True, slots=True)
class OpenedTicket:
    """A ticket just filed."""

    ticket_id: str
    number: int
    status: str
    expected_reply_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file at a message. `size` in bytes, `type` a MIME type found by content."""

    attachment_id: str
    name: str
    size: int
    type: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message. `kind`: user, agent or system."""

    kind: str
    name: str | None
    role: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a ticket, as plain text. `via`: dashboard, email, api or helpdesk."""

    message_id: str
    author: Author
    body: str
    attachments: tuple[Attachment, ...]
    created_at: datetime
    via: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with its last 50 messages, oldest first."""

    summary: TicketSummary
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Tickets with the newest activity first.

    Give `next` to `Tickets.list(after=…)` for the following page.
    """

    tickets: tuple[TicketSummary, ...]
    next: str | None


def from_unix(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
