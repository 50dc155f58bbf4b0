"""What a subscription charges next, where the mails may name it: a wrong sum is worse than none."""

from sqlalchemy import select

from server.accounts.models import AuditEntry
from server.billing.models import LedgerEntry, Order, OrderLicense
from server.billing.services.orders import ISSUED, ROOT, is_taxed, ledger_of, order_of
from server.kernel.db import session
from server.licensing.models import License
from server.licensing.services.payers import Charge, answers_what_is_charged

PAID = frozenset({"payment", "renewal"})


@answers_what_is_charged
def next_charge(license: License) -> Charge | None:
    """The payment that begins its next term; None where no subscription pays it."""
    order = order_of(license)
    if order is None or not order.subscription:
        return None
    units = _units(order)
    together = [one for one in units if one.renews and one.valid_until == license.valid_until] or [license]
    known = Charge(together, day=order.renews_at)
    price = order.price
    if price is None or not price.amount or price.currency != order.currency:
        return known
    if not _is_plain(order, units, together):
        return known
    amount, taxed = price.amount * len(together), is_taxed(order)
    paid = [entry for entry in ledger_of(order) if entry.kind in PAID and entry.amount]
    if paid and not _fits(paid[-1], amount, units, taxed=taxed):
        return known
    may_be_less = not paid or paid[-1].amount != amount
    return known._replace(amount=amount, currency=order.currency, taxed=taxed, may_be_less=may_be_less)


def _units(order: Order) -> list[License]:
    """The licenses that it brought, in the order of its lines: who asks for each asks for them all."""
    brought = (
        select(License)
        .join(OrderLicense, OrderLicense.license_id == License.id)
        .where(OrderLicense.order_id == order.id, OrderLicense.kind == ISSUED)
    )
    return list(session.scalars(brought.order_by(OrderLicense.line, OrderLicense.ordinal)))


def _is_plain(order: Order, units: list[License], together: list[License]) -> bool:
    """Begun on our shop page, and nothing stopped it, moved a day by hand, or changed the number of units."""
    charged_at, until = order.renews_at, together[0].valid_until
    same_day = charged_at is not None and until is not None and charged_at.date() == until.date()
    counted = [one for one in units if one.renews or one.valid_until == until]
    running = order.root_kind == ROOT and order.subscription_status in {"active", "trialing"}
    return running and same_day and len(counted) == len(together)


def _fits(last: LedgerEntry, amount: int, units: list[License], *, taxed: bool) -> bool:
    """Whether the last bill was of the same sum: a code, credit, or change of plan shows in it, or since."""
    same = last.amount == amount or (taxed and last.amount > amount)
    changed = select(AuditEntry.id).where(
        AuditEntry.subject_id.in_([one.id for one in units]),
        AuditEntry.action == "license.plan_changed",
        AuditEntry.at > last.occurred_at,
    )
    return same and session.scalars(changed.limit(1)).first() is None
