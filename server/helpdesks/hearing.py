"""The jobs that listen: look at the conversation a hook speaks of, and look regularly without one."""

from server.helpdesks import errors
from server.helpdesks.contract import Capability, Event, RemoteRef, Snapshot
from server.helpdesks.models import HelpdeskConnection, HelpdeskDelivery, HelpdeskLink
from server.helpdesks.services import applying, connections, incoming, receiving, regular
from server.jobs import Postpone, Retry
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve

RECHECKS = (0.2, 1, 5, 30, 120)  # seconds until we look again for what should be there
PAGES = 10


def hear(delivery_id: str) -> None:
    """Put what a hook speaks of into its ticket. Raises Postpone when it is too early to tell."""
    delivery = resolve(HelpdeskDelivery, delivery_id)
    if delivery.state != "received":
        return
    event = receiving.event_of(delivery)
    link = receiving.ticket_link_of(delivery.connection_id, event.remote_id)
    if link is None:
        _unknown_conversation(delivery)
        return
    if event.snapshot is not None:
        if receiving.writes_under_way(
            link
        ):  # our own message may be in there under a name we do not know yet
            _recheck(delivery)
        with writing():
            applying.apply_snapshot(link.id, event.snapshot, now=clock.now())
        _settle(delivery_id, "applied")
    elif delivery.connection.state == "active":
        _fetch_for(delivery_id, link, event)
    else:
        _settle(delivery_id, "ignored", "helpdesk_connection_inactive")  # the regular look makes it good


def look_regularly(connection_id: str) -> None:
    """Make good what hooks and jobs missed, and plan the next look first, so that none is ever the last."""
    with writing():
        connection = resolve(HelpdeskConnection, connection_id)
        if connection.state == "disabled":
            return
        connections.plan_reconcile(connection, clock.now())
        regular.wake_forgotten_pushes(connection, clock.now())
    connection = resolve(HelpdeskConnection, connection_id)
    if connection.state == "auth_failed":
        health = connections.look(connection)
        with writing():
            connections.note_health(resolve(HelpdeskConnection, connection_id), health, now=clock.now())
    connection = resolve(HelpdeskConnection, connection_id)
    connector = connections.connector_of(connection)
    if connection.state == "active" and Capability.POLL_SINCE in connector.capabilities:
        _read_what_changed(connection_id)


def _unknown_conversation(delivery: HelpdeskDelivery) -> None:
    """It may be our own create, whose hook was faster than its answer; else it is none of our tickets."""
    if receiving.creates_under_way(delivery.connection):
        _recheck(delivery)
    _settle(delivery.id, "ignored", "helpdesk_conversation_unknown")


def _fetch_for(delivery_id: str, link: HelpdeskLink, event: Event) -> None:
    try:
        snapshot, is_judged = _fetch(link)
    except errors.AuthFailed as error:
        with writing():
            delivery = resolve(HelpdeskDelivery, delivery_id)
            connections.note_failure(delivery.connection, error)
            receiving.settle(delivery, "failed", clock.now(), error.code)
        return
    except errors.HelpdeskError as error:
        raise Retry(error.code, after_s=error.retry_after or 0) from error
    left_early = snapshot is not None and snapshot.version < event.version  # before the change was stored
    if left_early or not is_judged:
        _recheck(resolve(HelpdeskDelivery, delivery_id))
    _settle(delivery_id, "applied")


def _fetch(link: HelpdeskLink) -> tuple[Snapshot | None, bool]:
    """Look at one conversation and take over what is new: None when it is gone, False when to look again."""
    connector = connections.connector_of(link.connection)
    ref = RemoteRef(link.remote_id or "", link.remote_url)
    known, known_files = receiving.known_messages(link), receiving.known_files(link)
    link_id, asked_at = link.id, receiving.status_standing(link)
    session.rollback()  # nothing stays open while the helpdesk takes its time
    try:
        snapshot = connector.fetch(ref, known=known, known_files=known_files)
        files = incoming.fetch_files(connector, snapshot)
    except errors.Gone:
        with writing():
            applying.lose(resolve(HelpdeskLink, link_id))
        return None, True
    with writing():
        return snapshot, applying.apply_snapshot(
            link_id, snapshot, files=files, asked_at=asked_at, now=clock.now()
        )


def _recheck(delivery: HelpdeskDelivery) -> None:
    """Come again a little later; after the last time go on with what is there."""
    turn, delivery_id = delivery.rechecks, delivery.id
    if turn >= len(RECHECKS):
        return
    with writing():
        resolve(HelpdeskDelivery, delivery_id).rechecks += 1
    raise Postpone(RECHECKS[turn])


def _settle(delivery_id: str, state: str, error_code: str = "") -> None:
    with writing():
        receiving.settle(resolve(HelpdeskDelivery, delivery_id), state, clock.now(), error_code)


def _read_what_changed(connection_id: str) -> None:
    """The cursor moves only after a page was taken over."""
    for _ in range(PAGES):
        connection = resolve(HelpdeskConnection, connection_id)
        connector, cursor = connections.connector_of(connection), connection.cursor or None
        session.rollback()
        try:
            page = connector.list_changed(cursor)
            for remote_id in page.remote_ids:
                if link := receiving.ticket_link_of(connection_id, remote_id):
                    _fetch(link)
        except errors.AuthFailed as error:
            with writing():
                connections.note_failure(resolve(HelpdeskConnection, connection_id), error)
            return
        except errors.HelpdeskError as error:
            raise Retry(error.code, after_s=error.retry_after or 0) from error
        with writing():
            resolve(HelpdeskConnection, connection_id).cursor = page.cursor
        if not page.more:
            return
