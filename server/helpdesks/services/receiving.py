"""What the helpdesk tells us: taken in at the door in one commit, and put into the ticket later."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from server.helpdesks import standard_webhook
from server.helpdesks.contract import Event
from server.helpdesks.models import (
    UNFINISHED,
    HelpdeskConnection,
    HelpdeskDelivery,
    HelpdeskLink,
    HelpdeskPush,
)
from server.helpdesks.services.connections import connector_of, secrets_of
from server.helpdesks.standard_webhook import SignatureError, Verified
from server.jobs import enqueue
from server.kernel.db import engine, session
from server.kernel.errors import BadRequest, NotFound
from server.kernel.ids import new_id
from server.kernel.json_guard import parse_json
from server.kernel.secrets import seal, unseal
from server.kernel.tenancy import current_tenant

REASONS = {
    "missing": "The last hook had no signature.",
    "repeated": "The last hook had a signature header twice.",
    "encoding": "The last hook had a signature that cannot be read.",
    "too_old": "The last hook was signed more than five minutes ago: look at the clock over there.",
    "too_new": "The last hook was signed in the future: look at the clock over there.",
    "mismatch": "The last hook was signed with another secret.",
}


class StatusStanding(NamedTuple):
    """What we know of a status over there: as it was last seen or set, and our newest write of it."""

    remote: str
    newest_write: int
    under_way: bool


class SignatureInvalid(BadRequest):
    """One text for every reason: the reason stands on the connection's page."""

    code = "signature_invalid"
    title = "The signature of this request is not valid"


def find_by_hook(connection_id: str, path_token: str) -> HelpdeskConnection:
    """The connection of a hook address, across vendors. A wrong token is like a missing connection."""
    found = select(HelpdeskConnection).where(
        HelpdeskConnection.id == connection_id, HelpdeskConnection.state != "disabled"
    )
    connection = session.scalars(found).one_or_none()
    if connection is None:
        raise NotFound
    if not hmac.compare_digest(secrets_of(connection)["path_token"].encode(), path_token.encode()):
        raise NotFound
    return connection


def verify(
    connection: HelpdeskConnection, headers: Mapping[str, Sequence[str]], body: bytes, *, now: datetime
) -> Verified:
    """Check the signature over the raw body. Raises `SignatureError`."""
    return standard_webhook.verify(headers, body, secret=secrets_of(connection)["hook_secret"], now=now)


def is_noted(connection: HelpdeskConnection, error: SignatureError) -> bool:
    """Whether the page says so already: a stranger's noise then writes nothing."""
    return connection.hook_problem == REASONS[error.reason]


def note_refusal(connection: HelpdeskConnection, error: SignatureError) -> None:
    """Why hooks do not get through, in words for the connection's page."""
    connection.hook_problem = REASONS[error.reason]


def take_in(connection: HelpdeskConnection, verified: Verified, body: bytes, *, now: datetime) -> None:
    """Store a verified hook and owe its reading. A repeated one adds nothing."""
    event = connector_of(connection).parse_event(parse_json(body))
    connection.hook_problem = ""
    delivery_id = new_id("hdd")
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    added = (
        dialect.insert(HelpdeskDelivery)
        .values(
            id=delivery_id,
            tenant_id=current_tenant(),
            connection_id=connection.id,
            delivery_key=verified.delivery_id,
            event_kind=event.kind,
            remote_id=event.remote_id,
            version=event.version,
            raw=seal(body.decode(), aad=_aad(delivery_id)),
            state="received" if event.kind == "changed" else "ignored",
            rechecks=0,
            error_code="",
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=["connection_id", "delivery_key"])
        .returning(HelpdeskDelivery.id)
    )
    if session.scalars(added).one_or_none() and event.kind == "changed":
        enqueue("helpdesks.receive", {"delivery_id": delivery_id})


def event_of(delivery: HelpdeskDelivery) -> Event:
    """The hook once more, from the bytes that were signed."""
    body = unseal(delivery.raw, aad=_aad(delivery.id)).encode()
    return connector_of(delivery.connection).parse_event(parse_json(body))


def ticket_link_of(connection_id: str, remote_id: str) -> HelpdeskLink | None:
    """The ticket that has this name at the helpdesk."""
    return session.scalars(
        select(HelpdeskLink).where(
            HelpdeskLink.connection_id == connection_id,
            HelpdeskLink.local_type == "ticket",
            HelpdeskLink.remote_id == remote_id,
        )
    ).one_or_none()


def known_messages(link: HelpdeskLink) -> frozenset[str]:
    """What our messages, and those we already took over, are called there; also those being sent just now."""
    return _linked(link, "message") | {str(prepared.get("message_id", "")) for prepared in _prepared(link)}


def known_files(link: HelpdeskLink) -> frozenset[str]:
    """The same for files."""
    sent = [str(file_id) for prepared in _prepared(link) for file_id in prepared.get("file_ids", [])]
    return _linked(link, "file") | set(sent)


def creates_under_way(connection: HelpdeskConnection) -> bool:
    """Whether a ticket of ours is on its way there: its hook may be faster than its answer."""
    return _unfinished(HelpdeskPush.connection_id == connection.id, HelpdeskPush.op == "create")


def writes_under_way(link: HelpdeskLink) -> bool:
    """Whether something of ours was sent whose name there we do not know yet."""
    return _unfinished(HelpdeskPush.link_id == link.id, HelpdeskPush.state != "pending")


def status_standing(link: HelpdeskLink) -> StatusStanding:
    """Compared before and after a look, it tells whether what was seen may be older than what we wrote."""
    writes = select(HelpdeskPush.id, HelpdeskPush.state).where(
        HelpdeskPush.link_id == link.id, HelpdeskPush.op == "status"
    )
    newest = session.execute(writes.order_by(HelpdeskPush.id.desc()).limit(1)).one_or_none()
    if newest is None:
        return StatusStanding(link.remote_status, 0, under_way=False)
    return StatusStanding(link.remote_status, newest.id, under_way=newest.state in UNFINISHED)


def settle(delivery: HelpdeskDelivery, state: str, now: datetime, error_code: str = "") -> None:
    """The hook is done with."""
    delivery.state, delivery.done_at, delivery.error_code = state, now, error_code


def _linked(link: HelpdeskLink, local_type: str) -> frozenset[str]:
    rows = select(HelpdeskLink.remote_id).where(
        HelpdeskLink.parent_id == link.id, HelpdeskLink.local_type == local_type
    )
    return frozenset(remote_id for remote_id in session.scalars(rows) if remote_id)


def _prepared(link: HelpdeskLink) -> list[dict[str, Any]]:
    return list(session.scalars(select(HelpdeskPush.prepared).where(HelpdeskPush.link_id == link.id)))


def _unfinished(*conditions: object) -> bool:
    rows = select(HelpdeskPush.id).where(HelpdeskPush.state.in_(UNFINISHED), *conditions)  # type: ignore[arg-type]
    return session.scalar(rows.limit(1)) is not None


def _aad(delivery_id: str) -> str:
    return f"helpdesk_deliveries:raw:{delivery_id}"
