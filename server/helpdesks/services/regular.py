"""The regular look: what its jobs forgot is owed again, what is old is thrown away."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from server.helpdesks.models import UNFINISHED, HelpdeskConnection, HelpdeskDelivery, HelpdeskPush
from server.jobs import enqueue
from server.kernel.db import session

FORGOTTEN_AFTER = timedelta(minutes=15)
KEEP = timedelta(days=90)
KEEP_HOOKS = timedelta(days=7)


def wake_forgotten_pushes(connection: HelpdeskConnection, now: datetime) -> None:
    """A write waits while its job's tries are used up: owe it once more, at most once an hour."""
    waiting = select(HelpdeskPush.link_id).where(
        HelpdeskPush.connection_id == connection.id,
        HelpdeskPush.state.in_(UNFINISHED),
        HelpdeskPush.created_at < now - FORGOTTEN_AFTER,
    )
    hour = int(now.timestamp()) // 3600
    for link_id in session.scalars(waiting.distinct()):
        enqueue("helpdesks.drain", {"link_id": link_id}, dedupe_key=f"{link_id}:{hour}")
    _forget_old(connection, now)


def _forget_old(connection: HelpdeskConnection, now: datetime) -> None:
    session.execute(
        delete(HelpdeskDelivery).where(
            HelpdeskDelivery.connection_id == connection.id,
            HelpdeskDelivery.state != "received",
            HelpdeskDelivery.received_at < now - KEEP_HOOKS,
        )
    )
    session.execute(
        delete(HelpdeskPush).where(
            HelpdeskPush.connection_id == connection.id,
            HelpdeskPush.state.not_in(UNFINISHED),
            HelpdeskPush.done_at < now - KEEP,
        )
    )
