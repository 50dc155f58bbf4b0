"""The lives of the shared vectors end as they say, whichever of their events is heard of."""

import itertools
from typing import Any

import pytest

from server.billing.services.applying import apply
from server.billing.services.orders import find_order, licenses_of
from server.billing.state import (
    Charge,
    Dispute,
    Funds,
    Invoice,
    Line,
    Policy,
    Refund,
    Snapshot,
    Subscription,
    derive,
)
from server.catalog.models import Price
from server.kernel.clock import now
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from tests.server.billing.conftest import Till
from tests.vectors.reading import load

CASES = load("stripe_lives")["cases"]


def snapshot_of(facts: dict[str, Any], root_id: str) -> Snapshot:
    plan = facts.get("subscription")
    kept = {name: value for name, value in facts.items() if name not in {"lines", "charge", "subscription"}}
    return Snapshot(
        **{**kept, "root_id": root_id},
        lines=tuple(Line(**one) for one in facts["lines"]),
        charge=charge_of(facts["charge"]),
        subscription=plan and plan_of(plan),
    )


def plan_of(facts: dict[str, Any]) -> Subscription:
    bills = tuple(Invoice(**{**one, "charge": charge_of(one["charge"])}) for one in facts["invoices"])
    return Subscription(**{**facts, "invoices": bills})


def charge_of(facts: dict[str, Any] | None) -> Charge | None:
    if facts is None:
        return None
    disputes = tuple(
        Dispute(**{**one, "funds": tuple(Funds(**moved) for moved in one["funds"])})
        for one in facts["disputes"]
    )
    return Charge(
        **{**facts, "refunds": tuple(Refund(**one) for one in facts["refunds"]), "disputes": disputes}
    )


def seconds(license: License, name: str) -> int | None:
    moment = getattr(license, name)
    return int(moment.timestamp()) if moment else None


def left(till: Till, root_id: str) -> dict[str, Any]:
    session.rollback()
    order = find_order(till.connection_id, root_id)
    assert order is not None
    brought = licenses_of(order)
    if not brought:
        return {"state": order.state, "license": None}
    (license,) = brought
    same = ("revoked_for", "suspended_for", "renews", "is_trial")
    facts = {name: getattr(license, name) for name in same}
    facts |= {name: seconds(license, name) for name in ("valid_until", "grace_until")}
    return {"state": order.state, "license": facts}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_life_ends_as_the_vector_says_in_every_order(case: dict[str, Any], till: Till) -> None:
    policy, stages = Policy(**case["input"]["policy"]), case["input"]["stages"]
    orders = itertools.permutations(range(len(stages)))
    root_id = "cs_test_1"
    for walk in sorted({tuple(itertools.accumulate(order, max)) for order in orders}):
        for stage in walk:
            look(till, snapshot_of(stages[stage]["facts"], root_id), policy)
        end = left(till, root_id)
        if end["license"] and not stages[0]["facts"].get("subscription"):
            end["license"]["valid_until"] = None  # a one-time sale: the plan's term counts from today
        assert end == case["expect"], walk
        till.forget_orders()


def look(till: Till, snapshot: Snapshot, policy: Policy) -> None:
    session.rollback()
    with writing():
        order = find_order(till.connection_id, snapshot.root_id)
        price = resolve(Price, till.cast.price.id)
        target = derive(snapshot, policy)
        rev = order.rev if order else None
        assert apply(till.connection, price, snapshot, target, rev=rev, now=now())
