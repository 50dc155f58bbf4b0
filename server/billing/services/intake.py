"""Events of Stripe come in: recorded once each, together with the job that will look at them."""

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from server.billing.models import InboxEvent, StripeConnection
from server.billing.services.connections import hook_secrets
from server.billing.stripe_api import verify
from server.jobs import enqueue
from server.kernel.db import engine, session

GIVEN_UP = timedelta(days=4)  # the job's own schedule is over after three

log = logging.getLogger("keydesk.billing")


def verify_event(connection: StripeConnection, raw: bytes, header: str, *, now: datetime) -> dict[str, Any]:
    """The event, when this connection's secret signed it; raises `SignatureInvalid`. Writes nothing."""
    return verify(raw, header, hook_secrets(connection, now=now))


def record_event(
    connection: StripeConnection, event: dict[str, Any], raw: bytes, *, now: datetime, fetched: bool = False
) -> bool:
    """Keep the event and owe its processing. False for one that is known, or of the other mode.

    One that we `fetched` ourselves says nothing about the hook: it must not make a dead one look alive.
    """
    if bool(event.get("livemode")) != (connection.mode == "live"):
        log.warning("event of the other mode ignored", extra={"connection": connection.id})
        return False
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    added = session.scalars(
        dialect.insert(InboxEvent)
        .values(
            provider="stripe",
            connection_id=connection.id,
            event_id=event["id"],
            tenant_id=connection.tenant_id,
            type=event["type"],
            payload=raw.decode(),
            received_at=now,
        )
        .on_conflict_do_nothing(index_elements=["provider", "connection_id", "event_id"])
        .returning(InboxEvent.event_id)
    ).one_or_none()
    if added is None:
        return False
    if not fetched:
        connection.last_event_at = now
    enqueue("stripe.process", {"connection_id": connection.id, "event_id": event["id"]})
    return True


def owe_again(connection: StripeConnection, *, now: datetime) -> int:
    """Events whose job was given up, as while a key was revoked for days, get another; how many they were.

    Once a week for each: the same event may wait for longer than the schedule of one job.
    """
    given_up = session.scalars(
        select(InboxEvent.event_id).where(
            InboxEvent.provider == "stripe",
            InboxEvent.connection_id == connection.id,
            InboxEvent.processed_at.is_(None),
            InboxEvent.received_at < now - GIVEN_UP,
        )
    ).all()
    week = now.strftime("%G-%V")
    for event_id in given_up:
        args = {"connection_id": connection.id, "event_id": event_id}
        enqueue("stripe.process", args, dedupe_key=f"{connection.id}:{event_id}:{week}")
    return len(given_up)
