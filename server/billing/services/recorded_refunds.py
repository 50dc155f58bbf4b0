"""Money that another shop, or a hand, gave back: what it leaves of the order and its licenses."""

from datetime import datetime

from server.accounts.services import audit
from server.billing.models import REFUND_REASONS, LedgerEntry, Order
from server.billing.services.applying import write_entry
from server.billing.services.effects import REFUNDED, tell_holders
from server.billing.services.orders import (
    RENEWED,
    ledger_of,
    licenses_of,
    money_left,
    other_payer,
    rows_of,
    standing_of,
)
from server.billing.services.recording import SourceMismatch
from server.billing.services.renewals import give_back_reported
from server.billing.state import Entry
from server.kernel.db import session
from server.kernel.errors import Conflict, Invalid
from server.kernel.i18n import money
from server.licensing.models import License
from server.licensing.services import take_turns
from server.licensing.services.notices import tell_refunded


class StripeOrder(Conflict):
    """Its money lies at Stripe, so it is given back there."""

    code = "order_paid_with_stripe"
    title = "This order was paid with Stripe"


class NothingLeft(Conflict):
    """More than is left of it; nothing is left when all was given back already."""

    code = "order_refunded"
    title = "There is not that much left of this payment"


def refund_recorded(
    order: Order,
    *,
    now: datetime,
    actor: str,
    amount: int | None = None,
    reason: str = "",
    note: str = "",
    revoke: bool | None = None,
    standing: str = "",
    source: str = "",
) -> bool:
    """The other shop gave the money back: the licenses end, unless a part of it was kept.

    `revoke` decides by hand; left out, a full refund revokes and one in part does not. A license whose
    renewal was paid stays in any case. `standing` is what the asker saw, as in `refund_order`. False: it was
    known by its `source`, or the asker had not seen it. Raises `SourceMismatch`.
    """
    _refuse_refund(order, reason, amount)
    session.flush()
    session.refresh(order, with_for_update={"key_share": True})  # two refunds at once wait for each other
    if (standing and _was_done(order, amount, standing)) or _was_reported(order, amount, source):
        return False
    left = money_left(order)
    given = _sum_to_give(order, amount, left)
    refund = source or f"{order.id}:{len(_refunds_of(order))}"
    if given or source:
        write_entry(order, Entry("refund", refund, "succeeded", -given, order.currency, now))
    order.refunded_amount += given
    order.refund_reason, order.refund_note = reason or order.refund_reason, note or order.refund_note
    order.state = REFUNDED if given == left else order.state
    told = {"refund": refund, "reason": reason, "note": note, "amount": given}
    audit(actor, "order.refunded", order.id, now=now, **told)
    take_turns(brought := licenses_of(order))
    for row in rows_of(order) if (given == left if revoke is None else revoke) else ():
        give_back_reported(row, actor=actor, now=now, note=note)
    session.flush()
    _tell(order, brought)
    return True


def _refuse_refund(order: Order, reason: str, amount: int | None) -> None:
    if order.connection_id is not None:
        raise StripeOrder("Give the money back on the order's page, or at Stripe.")
    refuse_wrong_refund(reason or "other", amount)


def refuse_wrong_refund(reason: str, amount: int | None) -> None:
    """What no order could answer, whatever was paid for it."""
    if reason not in REFUND_REASONS:
        message = f"One of {', '.join(REFUND_REASONS)}."
        raise Invalid(errors=[{"pointer": "/reason", "code": "unknown", "message": message}])
    if amount is not None and amount <= 0:
        message = "The amount must be more than zero."
        raise Invalid(errors=[{"pointer": "/amount", "code": "invalid", "message": message}])


def _was_done(order: Order, amount: int | None, standing: str) -> bool:
    """Whether the last refund, which the asker had not seen, is the very one that is asked for."""
    if standing == standing_of(order):
        return False
    given = [-entry.amount for entry in _refunds_of(order)]
    return [amount] == given[-1:] if amount is not None else not money_left(order)


def _was_reported(order: Order, amount: int | None, source: str) -> bool:
    """Whether the shop told of this refund before, by its own number of it."""
    known = next((entry for entry in _refunds_of(order) if source and entry.external_id == source), None)
    if known is None:
        return False
    if amount in {None, -known.amount}:
        return True
    told = {"pointer": "/amount", "code": "differs", "message": f"It was reported with {-known.amount}."}
    raise SourceMismatch(
        "This refund was reported before with another amount. Report another one under another source.",
        order_id=order.id,
        errors=[told],
    )


def _refunds_of(order: Order) -> list[LedgerEntry]:
    return [entry for entry in ledger_of(order) if entry.kind == "refund"]


def _sum_to_give(order: Order, amount: int | None, left: int) -> int:
    given = left if amount is None else amount
    if given > left or (order.amount and not left):
        most = f"At most {money(left, order.currency, 'en')} can still be given back."
        raise NothingLeft(most if left else "All of it was given back already.")
    return given


def _tell(order: Order, brought: list[License]) -> None:
    """What becomes of the licenses. Of the money tells who sends it back: here nobody knows how, and when."""
    if brought:
        cause = f"{order.id}:{order.refunded_amount}"
        lost = any(row.kind == RENEWED and row.end_after is None for row in rows_of(order))
        tell_refunded(*brought, cause=cause, payer=other_payer(order, brought[0]), taken_back=lost)
        tell_holders(order, brought if order.state == REFUNDED else [])
