"""Another plan for a running subscription: asked what it costs, then made, and paid for at once.

Stripe is asked without a transaction, and what it did is read back like after any event. When the card is
declined, nothing has changed yet: the change waits a day for its payment.
"""

from dataclasses import dataclass
from datetime import datetime

from itsdangerous import BadSignature, URLSafeTimedSerializer

from server.accounts.services import audit
from server.billing.models import Order
from server.billing.services.checkout import prices_of_each
from server.billing.services.connections import access_to
from server.billing.services.orders import CHANGEABLE, RUNNING, connection_of
from server.billing.settling import leave_the_database, read_back
from server.billing.stripe_api import Access, Switch, preview_switch, switch_plan
from server.catalog.models import Price
from server.kernel import clock, settings
from server.kernel.db import writing
from server.kernel.errors import Conflict

ASK_S = 10.0
QUOTE_S = 1_800


class NoSubscription(Conflict):
    """Only what is paid again each term can change its plan at Stripe."""

    code = "no_subscription"
    title = "This order has no running subscription"


class SubscriptionUnpaid(Conflict):
    """A change would put another bill beside the one that was refused."""

    code = "subscription_unpaid"
    title = "The last payment of this subscription is open: it has to be paid before the plan can change"


class PlanUnfit(Conflict):
    """Another product, another currency, or a plan that is paid once."""

    code = "plan_unfit"
    title = "This subscription cannot change to that plan"


class QuoteOver(Conflict):
    """The sum was worked out too long ago, or for something else."""

    code = "quote_over"
    title = "What this change costs was worked out too long ago; please look at it again"


@dataclass(frozen=True)
class Quote:
    """What a change costs. With `proof` it costs the same for half an hour."""

    due: int  # charged when the change is made, in the smallest unit of the order's currency
    proof: str


def prices_to_change_to(order: Order, *, at_desk: bool) -> list[Price]:
    """What a running subscription may change to, in the vendor's order."""
    return fit_to_change(order, prices_of_each({order.product_id})[order.product_id], at_desk=at_desk)


def fit_to_change(order: Order, known: list[Price], *, at_desk: bool) -> list[Price]:
    """The same out of the known prices of its product.

    Whoever pays chooses another plan that is on sale. The desk also moves somebody to a plan that is not, or
    to what the present plan costs by now.
    """
    if order.connection_id is None or order.subscription_status not in CHANGEABLE:
        return []
    fit = [price for price in known if _fits(price, order) and price.id != order.price_id]
    return [one for one in fit if at_desk or (one.plan.on_sale and one.plan_id != order.plan_id)]


def quote_change(order: Order, price: Price) -> Quote:
    """Ask Stripe what is owed for the days that are left; in a trial nothing is."""
    access, wish = _wish(order, price, at=int(clock.now().timestamp()))
    proof = _signer().dumps([*_subject(order, price), wish.at])
    leave_the_database()
    return Quote(preview_switch(access, wish), proof)


def change_subscription_plan(order: Order, price: Price, *, actor: str, proof: str, note: str = "") -> str:
    """Another plan at once; what is owed for the days that are left is charged.

    Answers "" when it is made. When the card was declined: the address where the buyer can pay, after which
    it is made; nothing changes before. `proof` (`Quote`) makes it cost what was shown.
    """
    if price.id == order.price_id:
        return ""  # pressed twice
    access, wish = _wish(order, price, at=_moment_of(proof, order, price))
    order_id, connection_id = order.id, order.connection_id or ""
    kind, root_id = order.root_kind, order.root_id
    cause = f"{order.id}:{order.rev}"
    leave_the_database()
    pay_url = switch_plan(access, wish, cause=cause)
    with writing():
        what = "order.plan_change_waits" if pay_url else "order.plan_change_asked"
        audit(actor, what, order_id, price=wish.price_id, note=note)
    read_back(connection_id, kind, root_id, seconds=ASK_S)
    return pay_url


def waiting_change(order: Order, known: list[Price], now: datetime) -> Price | None:
    """What of the known prices the order changes to when its bill is paid (`Order.waiting_pay_url`)."""
    if order.waiting_until is None or order.waiting_until <= now:  # Stripe's word that it is over may be late
        return None
    return next((price for price in known if price.id == order.waiting_price), None)


def _wish(order: Order, price: Price, *, at: int) -> tuple[Access, Switch]:
    connection = connection_of(order)
    if connection is None or order.subscription_status not in RUNNING:
        raise NoSubscription
    if order.subscription_status not in CHANGEABLE:
        raise SubscriptionUnpaid
    plan = price.plan
    if not _fits(price, order):
        raise PlanUnfit("Choose a plan of the same product that renews, in the currency of the order.")
    wish = Switch(
        subscription=order.subscription,
        price_id=price.id,
        product_name=plan.product.name,
        plan_name=plan.name,
        currency=price.currency,
        amount=price.amount,
        interval=plan.interval,
        at=at,
    )
    return access_to(connection, seconds=ASK_S), wish


def _fits(price: Price, order: Order) -> bool:
    """Stripe changes a subscription to what renews, in its currency."""
    sold = price.active and price.plan.renews and price.plan.product_id == order.product_id
    return sold and price.currency == order.currency


def _moment_of(proof: str, order: Order, price: Price) -> int:
    """The moment that a sum was worked out for. It comes from a form, and decides what is paid."""
    try:
        *subject, at = _signer().loads(proof, max_age=QUOTE_S)
    except BadSignature as error:
        raise QuoteOver from error
    if subject != _subject(order, price):
        raise QuoteOver
    return int(at)


def _subject(order: Order, price: Price) -> list[str | int | None]:
    """From what to what: another tab may have changed the plan since, or ended the subscription."""
    return [order.id, order.price_id, price.id, price.amount, order.cancels_at is None]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.current().secret_key, salt="keydesk-plan-change")
