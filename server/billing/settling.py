"""A purchase is settled: look, ask Stripe, write. Between the steps no transaction is open.

The one place outside the doors and jobs that opens `writing()`, because network lies in its middle: on SQLite
a transaction held meanwhile would be the only write lock. Both the job and the success page call it.
"""

import json
import logging
from typing import Any

from sqlalchemy import select, update

from server.billing.models import InboxEvent, Order, StripeConnection
from server.billing.services.applying import apply
from server.billing.services.checkout import Sale
from server.billing.services.connections import access_to, policy_of
from server.billing.services.orders import ROOT, find_order, known_root, sold_price
from server.billing.state import Snapshot, derive
from server.billing.stripe_api import (
    HANDLED,
    About,
    StripeAway,
    StripeRefused,
    StripeUnknown,
    about,
    fetch_snapshot,
    find_root,
    open_session,
)
from server.kernel import clock
from server.kernel.db import NotWriting, is_writing, session, writing
from server.kernel.errors import Unavailable
from server.kernel.tenancy import resolve

log = logging.getLogger("keydesk.billing")

PROCESS_S = 15.0
FULFIL_S = 5.0
ROUNDS = 5


class Overtaken(Unavailable):
    """Others settled the same purchase at the same moment, again and again."""

    code = "order_busy"
    title = "This purchase is being worked on, please look again in a moment"


def open_checkout(sale: Sale, *, cause: str) -> str:
    """The address of Stripe's page for this sale; waits at most 5 s. `cause` is one press of the button."""
    leave_the_database()
    return open_session(sale.access, sale.wish, cause=cause)


def process_event(connection_id: str, event_id: str) -> None:
    """What the job does with a recorded event."""
    connection = resolve(StripeConnection, connection_id)
    event = session.scalars(_recorded(connection_id, event_id)).one()
    if event.processed_at is not None:
        return
    if event.type in HANDLED:
        root = _root(connection, about(json.loads(event.payload)))
        if root is not None:
            settle(resolve(StripeConnection, connection_id), *root, seconds=PROCESS_S)
    with writing():
        done = update(InboxEvent).where(
            InboxEvent.connection_id == connection_id, InboxEvent.event_id == event_id
        )
        session.execute(done.values(processed_at=clock.now()))


def fulfil(connection: StripeConnection, session_id: str) -> Order | None:
    """The success page asks: the same settling, at most 5 s; None for a session that is not of our shop."""
    order = find_order(connection.id, session_id)
    if order is not None and order.state in {"completed", "refunded"}:
        return order
    return settle(connection, ROOT, session_id, seconds=FULFIL_S)


def settle(connection: StripeConnection, kind: str, root_id: str, *, seconds: float) -> Order | None:
    """Bring the order of this root to what Stripe says now. None when nothing of ours was sold."""
    connection_id, access = connection.id, access_to(connection, seconds=seconds)
    for _round in range(ROUNDS):
        order = find_order(connection_id, root_id, kind)
        rev = order.rev if order else None
        leave_the_database()
        try:
            snapshot = fetch_snapshot(access, kind, root_id)
        except StripeUnknown:
            return None
        with writing():
            price = sold_price(snapshot)
            if price is None:
                _note_foreign(snapshot)
                return None
            ours = resolve(StripeConnection, connection_id)
            target = derive(snapshot, policy_of(ours))
            if apply(ours, price, snapshot, target, rev=rev, now=clock.now()):
                break
    else:
        raise Overtaken
    return find_order(connection_id, root_id, kind)


def read_back(connection_id: str, kind: str, root_id: str, *, seconds: float) -> None:
    """It is done, so nobody may be told to try again: what cannot be seen now comes with its event."""
    try:
        settle(resolve(StripeConnection, connection_id), kind, root_id, seconds=seconds)
    except (StripeAway, StripeRefused, Overtaken) as error:
        log.warning("not read back", extra={"root": root_id, "code": error.code})


def _note_foreign(snapshot: Snapshot) -> None:
    """A sale without our mark is the vendor's own business; one with an unknown mark is worth a look."""
    if "keydesk_price" in snapshot.metadata:
        log.warning("sale of an unknown price", extra={"root": snapshot.root_id})


def _root(connection: StripeConnection, named: About) -> tuple[str, str] | None:
    """The purchase behind the event: known to us, or found upwards at Stripe."""
    if session_id := named.id_of("checkout_session"):
        return "checkout_session", session_id
    connection_id, access = connection.id, access_to(connection, seconds=PROCESS_S)
    for kind, external_id in named.objects:
        if known := known_root(connection_id, kind, external_id):
            return known
    leave_the_database()
    try:
        return find_root(access, named)
    except StripeUnknown:
        return None


def _recorded(connection_id: str, event_id: str) -> Any:
    return select(InboxEvent).where(
        InboxEvent.provider == "stripe",
        InboxEvent.connection_id == connection_id,
        InboxEvent.event_id == event_id,
    )


def leave_the_database() -> None:
    """Ends the read transaction: nobody waits for us while we wait for Stripe."""
    if is_writing():
        raise NotWriting("Stripe is never asked inside writing()")
    session.rollback()
