"""All 120 orders in which five events of one life can arrive end in one and the same state."""

import itertools
import json
import os
from typing import Any

import pytest
from sqlalchemy import select

from server.billing.models import Order
from server.billing.services import find_order, ledger_of, licenses_of
from server.kernel.db import session
from server.kernel.ids import new_id
from tests.server.billing.conftest import API_KEY, Till
from tests.server.billing.stages import stages_of_a_life

FULL = bool(os.environ.get("KEYDESK_TEST_FULL"))

LIFE = (
    "checkout.session.completed",
    "invoice.paid",
    "charge.refunded",
    "charge.dispute.created",
    "customer.subscription.deleted",
)


def live(till: Till) -> tuple[str, list[dict[str, Any]]]:
    """A subscription, begun with a code: renewed, disputed, given back in part, ended; session and events."""
    session_id = till.sell(price_id=till.price(), code="TEST20")
    till.shop.advance(days=32)
    events = till.shop.events(API_KEY)
    sold = next(one["data"]["object"] for one in events if one["data"]["object"]["id"] == session_id)
    renewal = next(one["data"]["object"]["id"] for one in events if one["type"] == "invoice.paid")
    payment = till.payment_of(renewal)
    till.shop.refund(payment, amount=300)
    till.shop.life("charges", payment, "dispute")
    till.shop.life("subscriptions", sold["subscription"], "end")
    newest = {event["type"]: event for event in reversed(till.shop.events(API_KEY))}
    return session_id, [newest[kind] for kind in LIFE]


def state_of(till: Till, session_id: str) -> tuple[Any, ...]:
    """Order, ledger and license, without what is made anew each time."""
    session.rollback()
    order = find_order(till.connection_id, session_id)
    assert order is not None
    (license,) = licenses_of(order)
    return (
        (order.state, order.subscription_status, order.refunded_amount, order.disputed, order.facts_hash),
        (order.amount, order.discount_amount, order.tax_amount),
        sorted((row.kind, row.external_id, row.status, row.amount) for row in ledger_of(order)),
        (license.valid_until, license.grace_until, license.renews, license.is_trial),
        (license.suspended_for, license.revoked_for, license.seats, license.plan_id),
        sorted(till.templates()),
    )


@pytest.mark.timeout(900)
@pytest.mark.skipif(not FULL, reason="600 jobs; KEYDESK_TEST_FULL=1 runs them")
def test_all_120_orders_of_five_events_end_in_one_state(till: Till) -> None:
    session_id, told = live(till)
    ends = set()
    for order in itertools.permutations(told):
        till.forget_orders()
        till.record_all([{**event, "id": new_id("evt")} for event in order])
        till.work()
        ends.add(json.dumps(state_of(till, session_id), default=str))

    assert len(ends) == 1
    (end,) = ends
    assert "dispute:" in end
    assert '"canceled"' in end


def test_all_120_orders_while_the_life_goes_on_end_in_one_state(till: Till) -> None:
    """A late event finds Stripe further on than it says: what is seen is the furthest that was announced.

    So many of the 120 orders look the same to us; each way of looking is walked once.
    """
    stages = stages_of_a_life(till)
    orders = list(itertools.permutations(range(5)))
    walks = {tuple(itertools.accumulate(order, max)) for order in orders}
    assert (len(orders), len(walks)) == (120, 42)
    ends = set()
    for walk in sorted(walks):
        till.forget_orders()
        for stage in walk:
            stages.look(stage)
        ends.add(json.dumps(state_of(till, stages.session_id), default=str))
    assert len(ends) == 1
    assert "[720, 180, 0]" in ends.pop()
    assert len(session.scalars(select(Order)).all()) == 1
