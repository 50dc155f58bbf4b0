"""The nightly comparison with Stripe: events that never reached us are taken in like the hook's own."""

import hashlib
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from server.accounts.services import audit
from server.billing.models import Order, StripeConnection
from server.billing.services.connections import access_to
from server.billing.services.intake import owe_again, record_event
from server.billing.services.orders import ROOT
from server.billing.settling import Overtaken, leave_the_database, settle
from server.billing.stripe_api import StripeRefused, about, told_since
from server.kernel.clock import rfc3339
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve

log = logging.getLogger("keydesk.billing")

OVERLAP = timedelta(hours=1)
LEAST, MOST = timedelta(days=4), timedelta(days=30)  # Stripe keeps events for 30 days
LIST_S, SETTLE_S = 120.0, 15.0
AT_ONCE = 50
MOST_NAMED = 50  # in one line of the audit log
SPREAD_S = 6 * 3600


@dataclass(frozen=True)
class Repaired:
    """What was missing here: events, unheard or never worked off, and purchases that no event told of."""

    events: int
    purchases: int
    left_out: dict[str, str] = field(default_factory=dict)  # purchases that could not be read, and the code
    until: datetime | None = None  # there was more than is read at once: go on from here


def reconcile(connection: StripeConnection, *, now: datetime, since: datetime | None = None) -> Repaired:
    """Look at what Stripe tells of the span that may have been missed, and make up for it."""
    connection_id, access = connection.id, access_to(connection, seconds=LIST_S)
    begin = since or begin_of(connection, now)
    leave_the_database()
    told = told_since(access, int(begin.timestamp()), int(now.timestamp()))
    missing = _take_in(connection_id, told.events, now)
    heard = {about(event).id_of(ROOT) for event in missing}
    unheard = [one for one in _unknown(connection_id, list(told.sessions)) if one not in heard]
    settled, left_out = _settle_each(connection_id, unheard)
    until = None if told.until is None else datetime.fromtimestamp(told.until, UTC)
    with writing():
        connection = _again(connection_id)
        _move_on(connection, begin, until or now, [told.sessions[one] for one in left_out], now)
        events = len(missing) + owe_again(connection, now=now)
        repaired = Repaired(events, settled, left_out, until)
        _note(connection_id, repaired)
    return repaired


def begin_of(connection: StripeConnection, now: datetime) -> datetime:
    """From an hour before the last good run; at least four days back and at most thirty."""
    last = (connection.reconciled_at or connection.created_at) - OVERLAP
    return max(now - MOST, min(now - LEAST, last))


def _move_on(
    connection: StripeConnection, begin: datetime, until: datetime, left_out: list[int], now: datetime
) -> None:
    # Up to `reconciled_at` nothing is missing here. A purchase that was left out holds it back, or takes it
    # back, to when it was made, also within the four days by which nights overlap: these bring it again only
    # if a night comes in time, and a server may stand still for a week. So it is asked for each night for as
    # long as a span may be. Events hold nothing back: they are kept before anything is refused. And a span
    # that begins later (by hand, or after a part that left something out) proves nothing of what lies before.
    last = connection.reconciled_at
    if begin <= max(last or connection.created_at, now - MOST):
        made = [datetime.fromtimestamp(one, UTC) for one in left_out]
        connection.reconciled_at = min([max(until, last or until), *made])


def _note(connection_id: str, repaired: Repaired) -> None:
    """What the vendor's log and the server's should tell of this night."""
    if repaired.events or repaired.purchases:
        events, purchases = repaired.events, repaired.purchases
        audit("system", "reconcile.repaired", connection_id, events=events, purchases=purchases)
        log.warning("reconcile.repaired", extra={"connection": connection_id, "events": events})
    if repaired.left_out:
        named = dict(list(repaired.left_out.items())[:MOST_NAMED])
        audit("system", "reconcile.left_out", connection_id, count=len(repaired.left_out), purchases=named)
    if repaired.until:
        until = rfc3339(repaired.until)
        audit("system", "reconcile.in_parts", connection_id, until=until)
        log.warning("reconcile.in_parts", extra={"connection": connection_id, "until": until})


def spread_of(connection_id: str) -> timedelta:
    """When in the night: the same for a connection each day, and another for each."""
    digest = hashlib.sha256(connection_id.encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:4], "big") % SPREAD_S)


def _take_in(connection_id: str, events: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The unknown ones, each recorded with the job that looks at it; a few at a time, as others write too."""
    missing = []
    for start in range(0, len(events), AT_ONCE):
        with writing():
            connection = _again(connection_id)
            missing += [
                event
                for event in events[start : start + AT_ONCE]
                if record_event(connection, event, _raw(event), now=now, fetched=True)
            ]
    return missing


def _raw(event: dict[str, Any]) -> bytes:
    return json.dumps(event, default=str).encode()


def _unknown(connection_id: str, sessions: list[str]) -> list[str]:
    """Those that we have no settled order of."""
    found: set[str] = set()
    for start in range(0, len(sessions), 500):
        rows = select(Order.root_id).where(
            Order.connection_id == connection_id,
            Order.root_id.in_(sessions[start : start + 500]),
            Order.state.in_(("completed", "refunded", "failed")),
        )
        found |= set(session.scalars(rows))
    return [one for one in sessions if one not in found]


def _settle_each(connection_id: str, roots: list[str]) -> tuple[int, dict[str, str]]:
    """How many were settled, and which could not be: one refusal is no reason to leave out the others."""
    settled, left_out = 0, {}
    for root_id in roots:
        try:
            settled += settle(_again(connection_id), ROOT, root_id, seconds=SETTLE_S) is not None
        except (StripeRefused, Overtaken) as error:
            left_out[root_id] = error.code
            facts = {"connection": connection_id, "root": root_id, "code": error.code}
            log.warning("reconcile.left_out", extra=facts)
    return settled, left_out


def _again(connection_id: str) -> StripeConnection:
    return resolve(StripeConnection, connection_id)
