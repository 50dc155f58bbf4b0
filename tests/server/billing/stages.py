"""One life in five stages, each as Stripe showed it then: any of them can be looked at again."""

from dataclasses import dataclass

from server.billing.services.applying import apply
from server.billing.services.connections import access_to, policy_of
from server.billing.services.orders import find_order, sold_price
from server.billing.state import Snapshot, derive
from server.billing.stripe_api import fetch_snapshot
from server.kernel import clock
from server.kernel.db import session, writing
from tests.server.billing.conftest import API_KEY, Till


@dataclass(frozen=True)
class Stages:
    """The snapshots of a life, in the order in which it was lived."""

    till: Till
    session_id: str
    snapshots: tuple[Snapshot, ...]

    def look(self, stage: int) -> None:
        """What a job does that asks Stripe at this stage."""
        snapshot = self.snapshots[stage]
        session.rollback()
        with writing():
            connection = self.till.connection
            order = find_order(connection.id, self.session_id)
            price = sold_price(snapshot)
            assert price is not None
            target = derive(snapshot, policy_of(connection))
            rev = order.rev if order else None
            assert apply(connection, price, snapshot, target, rev=rev, now=clock.now())


def stages_of_a_life(till: Till) -> Stages:
    """Bought with a code, renewed, given back in part, disputed, ended."""
    session_id = till.sell(price_id=till.price("staged"), code="TEST20")
    access = access_to(till.connection, seconds=30)
    session.rollback()
    seen = [fetch_snapshot(access, "checkout_session", session_id)]
    till.shop.advance(days=32)
    seen.append(fetch_snapshot(access, "checkout_session", session_id))
    bills = [one for one in till.shop.events(API_KEY) if one["type"] == "invoice.paid"]
    payment = till.payment_of(bills[0]["data"]["object"]["id"])
    till.shop.refund(payment, amount=300)
    seen.append(fetch_snapshot(access, "checkout_session", session_id))
    till.shop.life("charges", payment, "dispute")
    seen.append(fetch_snapshot(access, "checkout_session", session_id))
    plan = seen[0].subscription
    assert plan is not None
    till.shop.life("subscriptions", plan.id, "end")
    seen.append(fetch_snapshot(access, "checkout_session", session_id))
    return Stages(till, session_id, tuple(seen))
