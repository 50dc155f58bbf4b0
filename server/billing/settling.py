"""A purchase is settled: look, ask Stripe, write. Between the steps no transaction is open.

The one place outside the doors and jobs that opens `writing()`, because network lies in its middle: on SQLite
a transaction held meanwhile would be the only write lock. Both the job and the success page call it.
"""

import json
import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from server.billing.models import InboxEvent, Order, StripeConnection
from server.billing.services.checkout import Sale
from server.billing.services.connections import access_to
from server.billing.services.orders import apply, find_order, find_root, sold_price
from server.billing.state import Snapshot, derive
from server.billing.stripe_api import (
    Access,
    StripeUnknown,
    fetch_snapshot,
    intent_of_charge,
    open_session,
    session_of_intent,
)
from server.kernel import clock
from server.kernel.db import NotWriting, is_writing, session, writing
from server.kernel.errors import Unavailable
from server.kernel.tenancy import resolve

log = logging.getLogger("keydesk.billing")

PROCESS_S = 15.0
FULFIL_S = 5.0
ROUNDS = 5
# The object an event is about leads to the purchase; its content is never believed.
HANDLED = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "charge.refunded",
        "refund.updated",
        "refund.failed",
    }
)


class Overtaken(Unavailable):
    """Others settled the same purchase at the same moment, again and again."""

    code = "order_busy"
    title = "This purchase is being worked on, please look again in a moment"


@dataclass(frozen=True)
class About:
    """Which objects of Stripe an event names."""

    session: str | None
    intent: str | None
    charge: str | None


def open_checkout(sale: Sale, *, cause: str) -> str:
    """The address of Stripe's page for this sale; waits at most 5 s. `cause` is one press of the button."""
    _leave_the_database()
    return open_session(sale.access, sale.wish, cause=cause)


def process_event(connection_id: str, event_id: str) -> None:
    """What the job does with a recorded event."""
    connection = resolve(StripeConnection, connection_id)
    event = session.scalars(_recorded(connection_id, event_id)).one()
    if event.processed_at is not None:
        return
    if event.type in HANDLED:
        session_id = _root(connection, about(json.loads(event.payload)))
        if session_id is not None:
            settle(resolve(StripeConnection, connection_id), session_id, seconds=PROCESS_S)
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
    return settle(connection, session_id, seconds=FULFIL_S)


def settle(connection: StripeConnection, session_id: str, *, seconds: float) -> Order | None:
    """Bring the order of a session to what Stripe says now. None when nothing of ours was sold."""
    connection_id, access = connection.id, access_to(connection, seconds=seconds)
    for _round in range(ROUNDS):
        order = find_order(connection_id, session_id)
        rev = order.rev if order else None
        _leave_the_database()
        try:
            snapshot = fetch_snapshot(access, session_id)
        except StripeUnknown:
            return None
        with writing():
            price = sold_price(snapshot)
            if price is None:
                _note_foreign(snapshot)
                return None
            ours = resolve(StripeConnection, connection_id)
            if apply(ours, price, snapshot, derive(snapshot), rev=rev, now=clock.now()):
                break
    else:
        raise Overtaken
    return find_order(connection_id, session_id)


def _note_foreign(snapshot: Snapshot) -> None:
    """A sale without our mark is the vendor's own business; one with an unknown mark is worth a look."""
    if "keydesk_price" in snapshot.metadata:
        log.warning("sale of an unknown price", extra={"session": snapshot.session_id})


def about(event: dict[str, Any]) -> About:
    """The ids in an event, and nothing else of it."""
    thing = (event.get("data") or {}).get("object") or {}
    kind, id = thing.get("object"), thing.get("id")
    return About(
        session=id if kind == "checkout.session" else None,
        intent=_text(thing.get("payment_intent")),
        charge=id if kind == "charge" else _text(thing.get("charge")),
    )


def _root(connection: StripeConnection, named: About) -> str | None:
    """The Checkout Session behind the event: known to us, or found upwards at Stripe."""
    if named.session:
        return named.session
    connection_id, access = connection.id, access_to(connection, seconds=PROCESS_S)
    for kind, external_id in (("payment_intent", named.intent), ("charge", named.charge)):
        if external_id and (known := find_root(connection_id, kind, external_id)):
            return known
    _leave_the_database()
    return _ask_upwards(access, named)


def _ask_upwards(access: Access, named: About) -> str | None:
    intent = named.intent
    if intent is None and named.charge is not None:
        intent = intent_of_charge(access, named.charge)
    return session_of_intent(access, intent) if intent else None


def _recorded(connection_id: str, event_id: str) -> Any:
    return select(InboxEvent).where(
        InboxEvent.provider == "stripe",
        InboxEvent.connection_id == connection_id,
        InboxEvent.event_id == event_id,
    )


def _leave_the_database() -> None:
    """Ends the read transaction: nobody waits for us while we wait for Stripe."""
    if is_writing():
        raise NotWriting("Stripe is never asked inside writing()")
    session.rollback()


def _text(value: Any) -> str | None:
    """An id, also out of an expanded object."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None
