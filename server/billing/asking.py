"""What people ask of a purchase and Stripe has to do: money back, another plan, the customer's own page.

Stripe is asked first and without a transaction; what it did is then read back like after any event. When it
refuses, nothing has changed here.
"""

import logging
from typing import Any

from server.accounts.services import audit
from server.billing.models import REFUND_REASONS, Order, StripeConnection
from server.billing.services.connections import access_to
from server.billing.services.orders import RUNNING, connection_of, standing_of
from server.billing.services.recording import NothingLeft, refund_recorded
from server.billing.settling import Overtaken, leave_the_database, settle
from server.billing.state import Snapshot
from server.billing.stripe_api import (
    StripeAway,
    StripeRefused,
    Switch,
    end_subscription,
    fetch_snapshot,
    open_portal,
    refund_charge,
    switch_plan,
)
from server.catalog.models import Price
from server.kernel import clock, settings
from server.kernel.db import writing
from server.kernel.errors import Conflict, Invalid
from server.kernel.i18n import money
from server.kernel.tenancy import resolve

# Disputes that do not hinder a refund: what ended well for the vendor, and a question of the bank, which took
# nothing and which a whole refund settles (docs.stripe.com/disputes, "Inquiries").
REFUNDABLE = frozenset(
    {"won", "prevented", "warning_closed", "warning_needs_response", "warning_under_review"}
)
log = logging.getLogger("keydesk.billing")

ASK_S = 10.0


class OrderDisputed(Conflict):
    """The bank has taken the money already: a refund would pay it twice."""

    code = "order_disputed"
    title = "This payment is disputed"


class NoSubscription(Conflict):
    """Only what is paid again each term can change its plan at Stripe."""

    code = "no_subscription"
    title = "This order has no running subscription"


class PlanUnfit(Conflict):
    """Another product, another currency, or a plan that is paid once."""

    code = "plan_unfit"
    title = "This subscription cannot change to that plan"


def refund_order(
    order: Order, *, reason: str, actor: str, note: str = "", amount: int | None = None, standing: str = ""
) -> Order:
    """Give the present term's payment back, or `amount` of it. Stripe's refusal comes as `StripeRefused`.

    `standing` (`standing_of`) is what the asker saw: asked again with the same, it is given back once.
    With the whole payment a running subscription ends: its license does, so nothing more may be charged.
    """
    if reason not in REFUND_REASONS:
        message = f"One of {', '.join(REFUND_REASONS)}."
        raise Invalid(errors=[{"pointer": "/reason", "code": "unknown", "message": message}])
    order_id, connection = order.id, connection_of(order)
    if connection is None:
        told: dict[str, Any] = {"amount": amount, "reason": reason, "note": note, "standing": standing}
        with writing():
            refund_recorded(resolve(Order, order_id), now=clock.now(), actor=actor, **told)
        return resolve(Order, order_id)
    kind, root_id, connection_id = order.root_kind, order.root_id, connection.id
    currency, access = order.currency, access_to(connection, seconds=ASK_S)
    cause = standing or standing_of(order)
    running = order.subscription if order.subscription_status in RUNNING else ""
    leave_the_database()
    charge, left = _to_give_back(fetch_snapshot(access, kind, root_id))
    if amount is not None and not 0 < amount <= left:
        raise NothingLeft(f"At most {money(left, currency, 'en')} can still be given back.")
    if running and amount in {None, left}:  # before the money, because a refund cannot be taken back
        end_subscription(access, running, cause=cause)
    refund = refund_charge(access, charge, amount=amount, cause=cause)
    with writing():
        refunded = resolve(Order, order_id)
        refunded.refund_reason, refunded.refund_note = reason, note
        given = amount or left
        audit(actor, "order.refund_asked", order_id, refund=refund, reason=reason, note=note, amount=given)
    _read_back(connection_id, kind, root_id)
    return resolve(Order, order_id)


def _read_back(connection_id: str, kind: str, root_id: str) -> None:
    """It is done, so nobody may be told to try again: what cannot be seen now comes with its event."""
    try:
        settle(resolve(StripeConnection, connection_id), kind, root_id, seconds=ASK_S)
    except (StripeAway, StripeRefused, Overtaken) as error:
        log.warning("not read back", extra={"root": root_id, "code": error.code})


def _to_give_back(snapshot: Snapshot) -> tuple[str, int]:
    """The charge of the present term, and what is left of it."""
    last = snapshot.present_payment()
    if last is None:
        raise NothingLeft("Nothing was paid for this order.")
    if any(one.status not in REFUNDABLE for one in last.disputes):
        raise OrderDisputed("The buyer's bank decides about this payment. Answer the dispute at Stripe.")
    given = sum(one.amount for one in last.refunds if one.status not in {"failed", "canceled"})
    if given >= last.amount:
        raise NothingLeft("This payment was given back already.")
    return last.id, last.amount - given


def change_subscription_plan(order: Order, price: Price, *, actor: str, note: str = "") -> Order:
    """Another plan at once; Stripe works out what is owed for the days that are left."""
    connection = connection_of(order)
    if connection is None or order.subscription_status not in RUNNING:
        raise NoSubscription
    plan = price.plan
    fits = price.active and plan.renews and plan.product_id == order.product_id
    if not fits or price.currency != order.currency:
        raise PlanUnfit("Choose a plan of the same product that renews, in the currency of the order.")
    wish = Switch(
        subscription=order.subscription,
        price_id=price.id,
        product_name=plan.product.name,
        plan_name=plan.name,
        currency=price.currency,
        amount=price.amount,
        interval=plan.interval,
    )
    order_id, kind, root_id, connection_id = order.id, order.root_kind, order.root_id, connection.id
    access, cause = access_to(connection, seconds=ASK_S), f"{order.id}:{order.rev}"
    leave_the_database()
    switch_plan(access, wish, cause=cause)
    with writing():
        audit(actor, "order.plan_change_asked", order_id, price=wish.price_id, note=note)
    _read_back(connection_id, kind, root_id)
    return resolve(Order, order_id)


def portal_url(order: Order, *, return_url: str = "") -> str | None:
    """Stripe's page for the buyer of this order: bills, card, end of the subscription. None without one."""
    connection = connection_of(order)
    if connection is None or not order.stripe_customer:
        return None
    access, customer = access_to(connection, seconds=ASK_S), order.stripe_customer
    leave_the_database()
    return open_portal(access, customer, return_url=return_url or settings.current().public_url)
