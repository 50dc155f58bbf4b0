"""The nightly comparison with Stripe: events that never reached us are taken in like the hook's own."""

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from server.accounts.services import audit
from server.billing.models import Order, StripeConnection
from server.billing.services.connections import access_to
from server.billing.services.intake import owe_again, record_event
from server.billing.services.orders import ROOT
from server.billing.settling import leave_the_database, settle
from server.billing.stripe_api import about, events_since, finished_sessions_since
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve

log = logging.getLogger("keydesk.billing")

OVERLAP = timedelta(hours=1)
LEAST, MOST = timedelta(days=4), timedelta(days=30)  # Stripe keeps events for 30 days
LIST_S, SETTLE_S = 120.0, 15.0
AT_ONCE = 50
SPREAD_S = 6 * 3600


@dataclass(frozen=True)
class Repaired:
    """What was missing here: events, unheard or never worked off, and purchases that no event told of."""

    events: int
    purchases: int


def reconcile(connection: StripeConnection, *, now: datetime, since: datetime | None = None) -> Repaired:
    """Look at what Stripe tells of the span that may have been missed, and make up for it."""
    connection_id, access = connection.id, access_to(connection, seconds=LIST_S)
    begin = since or begin_of(connection, now)
    leave_the_database()
    events = events_since(access, int(begin.timestamp()))
    sessions = finished_sessions_since(access, int(begin.timestamp()))
    missing = _take_in(connection_id, events, now)
    told = {about(event).id_of(ROOT) for event in missing}
    settled = 0
    for root_id in _unknown(connection_id, sessions):
        if root_id not in told:
            settled += settle(_again(connection_id), ROOT, root_id, seconds=SETTLE_S) is not None
    with writing():
        connection = _again(connection_id)
        connection.reconciled_at = now
        repaired = Repaired(len(missing) + owe_again(connection, now=now), settled)
        if repaired != Repaired(0, 0):
            audit("system", "reconcile.repaired", connection_id, events=repaired.events, purchases=settled)
            log.warning("reconcile.repaired", extra={"connection": connection_id, "events": repaired.events})
    return repaired


def begin_of(connection: StripeConnection, now: datetime) -> datetime:
    """From an hour before the last good run; at least four days back and at most thirty."""
    last = (connection.reconciled_at or connection.created_at) - OVERLAP
    return max(now - MOST, min(now - LEAST, last))


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


def _again(connection_id: str) -> StripeConnection:
    return resolve(StripeConnection, connection_id)
