"""What people ask of a purchase and Stripe has to do: money back, the customer's own page.

Stripe is asked first and without a transaction; what it did is then read back like after any event. When it
refuses, nothing has changed here.
"""

from collections.abc import Iterator
from typing import Any

from server.accounts.services import audit
from server.billing.models import Order
from server.billing.services.connections import access_to
from server.billing.services.orders import RUNNING, connection_of, standing_of
from server.billing.services.recorded_refunds import NothingLeft, refund_recorded, refuse_wrong_refund
from server.billing.settling import leave_the_database, read_back
from server.billing.state import NOT_GIVEN_BACK, Charge
from server.billing.stripe_api import end_subscription, fetch_snapshot, open_portal, refund_charge
from server.kernel import clock, settings
from server.kernel.db import writing
from server.kernel.errors import Conflict
from server.kernel.i18n import money
from server.kernel.tenancy import resolve

# Disputes that do not hinder a refund: what ended well for the vendor, and a question of the bank, which took
# nothing and which a whole refund settles (docs.stripe.com/disputes, "Inquiries").
REFUNDABLE = frozenset(
    {"won", "prevented", "warning_closed", "warning_needs_response", "warning_under_review"}
)

LOST = "lost"  # the bank took this payment; others of the same term are not touched by that

ASK_S = 10.0


class OrderDisputed(Conflict):
    """The bank has taken the money already: a refund would pay it twice."""

    code = "order_disputed"
    title = "This payment is disputed"


def refund_order(
    order: Order, *, reason: str, actor: str, note: str = "", amount: int | None = None, standing: str = ""
) -> Order:
    """Give the present term's payment back, or `amount` of it. Stripe's refusal comes as `StripeRefused`.

    `standing` (`standing_of`) is what the asker saw: asked again with the same, it is given back once.
    With the whole payment a running subscription ends: its license does, so nothing more may be charged.
    """
    refuse_wrong_refund(reason, amount)
    order_id, connection = order.id, connection_of(order)
    if connection is None:
        told: dict[str, Any] = {"amount": amount, "reason": reason, "note": note, "standing": standing}
        with writing():
            refund_recorded(resolve(Order, order_id), now=clock.now(), actor=actor, **told)
        return resolve(Order, order_id)
    kind, root_id, connection_id = order.root_kind, order.root_id, connection.id
    currency, access = order.currency, access_to(connection, seconds=ASK_S)
    cause = f"{standing or standing_of(order)}:{amount}"
    running = order.subscription if order.subscription_status in RUNNING else ""
    leave_the_database()
    paid = fetch_snapshot(access, kind, root_id).present_payments()
    charges = _to_give_back(paid)
    left, done = sum(charges.values()), _given(paid, cause)
    if amount is not None and done:  # asked for before, and perhaps broken off in the middle
        amount = max(0, amount - done)
    elif amount is not None and amount > left:
        raise NothingLeft(f"At most {money(left, currency, 'en')} can still be given back.")
    if running and amount in {None, left}:  # before the money, because a refund cannot be taken back
        end_subscription(access, running, cause=cause)
    told = {"reason": reason, "note": note}
    for charge, given in _spread(left if amount is None else amount, charges):
        refund = refund_charge(access, charge, amount=given, cause=cause)
        with writing():
            refunded = resolve(Order, order_id)
            refunded.refund_reason, refunded.refund_note = reason, note
            audit(actor, "order.refund_asked", order_id, refund=refund, amount=given, **told)
    read_back(connection_id, kind, root_id, seconds=ASK_S)
    return resolve(Order, order_id)


def _to_give_back(paid: list[Charge]) -> dict[str, int]:
    """The charges of the present term, newest first, with what is left of each; not those the bank took."""
    if not paid:
        raise NothingLeft("Nothing was paid for this order.")
    if any(one.status not in REFUNDABLE | {LOST} for charge in paid for one in charge.disputes):
        raise OrderDisputed("The buyer's bank decides about this payment. Answer the dispute at Stripe.")
    kept = [charge for charge in paid if all(one.status != LOST for one in charge.disputes)]
    if not kept:
        raise OrderDisputed("The buyer's bank took this payment back already. A refund would pay it twice.")
    left = {charge.id: charge.amount - _given([charge]) for charge in reversed(kept)}
    if not any(left.values()):
        raise NothingLeft(
            "What was paid for the present term was given back already. Give earlier payments back at Stripe."
        )
    return left


def _given(paid: list[Charge], cause: str = "") -> int:
    """What of these went back, at all or for this cause."""
    refunds = [one for charge in paid for one in charge.refunds if one.status not in NOT_GIVEN_BACK]
    return sum(one.amount for one in refunds if cause in {"", one.cause})


def _spread(amount: int, charges: dict[str, int]) -> Iterator[tuple[str, int]]:
    """What of a sum is given back of each charge; what another plan cost goes back before the term."""
    for charge, left in charges.items():
        given = min(amount, left)
        if given:
            yield charge, given
        amount -= given


def portal_url(order: Order, *, return_url: str = "") -> str | None:
    """Stripe's page for the buyer of this order: bills, card, end of the subscription. None without one."""
    connection = connection_of(order)
    if connection is None or not order.stripe_customer:
        return None
    access, customer = access_to(connection, seconds=ASK_S), order.stripe_customer
    leave_the_database()
    return open_portal(access, customer, return_url=return_url or settings.current().public_url)
