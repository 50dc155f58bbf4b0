"""Events of Stripe come in: recorded once each, together with the job that will look at them."""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from server.billing.models import InboxEvent, StripeConnection
from server.billing.services.connections import hook_secrets
from server.billing.stripe_api import verify
from server.jobs import enqueue
from server.kernel.db import engine, session

log = logging.getLogger("keydesk.billing")


def verify_event(connection: StripeConnection, raw: bytes, header: str) -> dict[str, Any]:
    """The event, when this connection's secret signed it; raises `SignatureInvalid`. Writes nothing."""
    return verify(raw, header, hook_secrets(connection))


def record_event(connection: StripeConnection, event: dict[str, Any], raw: bytes, *, now: datetime) -> bool:
    """Keep the event and owe its processing. False for one that is known, or of the other mode."""
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
    connection.last_event_at = now
    enqueue("stripe.process", {"connection_id": connection.id, "event_id": event["id"]})
    return True
