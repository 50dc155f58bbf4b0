"""Orders: found by what Stripe calls them, by their license, and what they brought."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from server.billing.models import LedgerEntry, Order, OrderLicense, OrderRef, StripeConnection
from server.billing.state import Snapshot
from server.catalog.models import Price
from server.customers.models import Customer
from server.kernel.db import session
from server.licensing.models import License, PurchasePage
from server.licensing.services.payers import Payer, answers_who_pays

ROOT = "checkout_session"
ISSUED, RENEWED = "issued", "renewed"  # what an order did for a license
PAYMENTS = ("payment", "renewal")
BUYERS = (*PAYMENTS, "refund")  # the buyer's own money; what banks move comes with fees
CHANGEABLE = frozenset({"active", "trialing"})  # subscriptions that can change their plan
RUNNING = CHANGEABLE | {"past_due"}  # subscriptions that charge


def find_order(connection_id: str, root_id: str, kind: str = ROOT) -> Order | None:
    """The order of a Checkout Session, or of a subscription that was made elsewhere."""
    return session.scalars(
        select(Order).where(
            Order.connection_id == connection_id, Order.root_kind == kind, Order.root_id == root_id
        )
    ).one_or_none()


def known_root(connection_id: str, kind: str, external_id: str) -> tuple[str, str] | None:
    """The root of the order that knows this object of Stripe."""
    row = session.execute(
        select(Order.root_kind, Order.root_id)
        .join(OrderRef, OrderRef.order_id == Order.id)
        .where(
            OrderRef.connection_id == connection_id,
            OrderRef.kind == kind,
            OrderRef.external_id == external_id,
        )
    ).one_or_none()
    return (row.root_kind, row.root_id) if row else None


def licenses_of(order: Order) -> list[License]:
    """The licenses that an order brought or renewed, in the order of its lines."""
    return licenses_of_each([order])[order.id]


def licenses_of_each(orders: Sequence[Order]) -> dict[str, list[License]]:
    """The same of many orders at once, by the id of the order."""
    brought: dict[str, list[License]] = {order.id: [] for order in orders}
    rows = session.execute(
        select(OrderLicense.order_id, License)
        .join(License, License.id == OrderLicense.license_id)
        .where(OrderLicense.order_id.in_(brought))
        .order_by(OrderLicense.line, OrderLicense.ordinal)
    )
    for order_id, license in rows:
        brought[order_id].append(license)
    return brought


def rows_of(order: Order) -> list[OrderLicense]:
    """What each unit of an order did, in the order of its lines."""
    rows = select(OrderLicense).where(OrderLicense.order_id == order.id)
    return list(session.scalars(rows.order_by(OrderLicense.line, OrderLicense.ordinal)))


def renewed_by(order: Order) -> set[str]:
    """The ids of the licenses that were there before this order and that it renewed."""
    renewed = select(OrderLicense.license_id).where(
        OrderLicense.order_id == order.id, OrderLicense.kind == RENEWED
    )
    return set(session.scalars(renewed))


def order_of(license: License) -> Order | None:
    """The order that brought this license, or the bundle that it came with."""
    return orders_of_each([license]).get(license.id)


def orders_of_each(licenses: Sequence[License]) -> dict[str, Order]:
    """The same of many licenses at once, by the id of the license."""
    rows = session.execute(_orders_for(licenses).where(OrderLicense.kind == ISSUED))
    brought = {row.license_id: row.Order for row in rows}
    return {one.id: brought[_bought(one)] for one in licenses if _bought(one) in brought}


def paid_by_holder(order: Order, license: License) -> bool:
    """Whether the license's holder paid it; after a transfer, bills and card are still the former one's."""
    return order.email == license.customer.email


def other_payer(order: Order, license: License) -> Payer | None:
    """Whoever else paid it gets the mails about this money; None: the license's holder."""
    return None if paid_by_holder(order, license) else Payer(order.email, order.locale)


@answers_who_pays
def _payer_of_next_term(license: License) -> Payer | None:
    order = order_of(license)
    return other_payer(order, license) if order is not None and order.subscription else None


def bills_of(license: License) -> list[Order]:
    """One order for each customer of Stripe's as whom its holder paid; a payment may have made a new one."""
    return bills_of_each([license])[license.id]


def bills_of_each(licenses: Sequence[License]) -> dict[str, list[Order]]:
    """The same of many licenses at once, by the id of the license."""
    at_stripe = _orders_for(licenses).where(Order.connection_id.is_not(None), Order.stripe_customer != "")
    paid: dict[str, list[Order]] = {}
    for license_id, order in session.execute(at_stripe.order_by(Order.id)):
        paid.setdefault(license_id, []).append(order)
    bills = {}
    for license in licenses:
        each: dict[tuple[str | None, str], Order] = {}
        for order in paid.get(_bought(license), []):
            if paid_by_holder(order, license):
                each.setdefault((order.connection_id, order.stripe_customer), order)
        bills[license.id] = list(each.values())
    return bills


def _orders_for(licenses: Sequence[License]) -> Select[str, Order]:
    """Each order with the license that it brought or renewed."""
    rows = select(OrderLicense.license_id, Order).join(Order, Order.id == OrderLicense.order_id)
    return rows.where(OrderLicense.license_id.in_({_bought(one) for one in licenses}))


def _bought(license: License) -> str:
    """The id of the license that was bought: this one, or the bundle that it came with."""
    return license.parent_id or license.id


def charges_for_others(customer: Customer) -> list[Order]:
    """Subscriptions that this customer still pays though nothing they brought is theirs any more."""
    brought = select(OrderLicense.order_id).join(License, License.id == OrderLicense.license_id)
    paid = select(Order).where(
        Order.email == customer.email,
        Order.subscription_status.in_(RUNNING),
        Order.stripe_customer != "",
        Order.id.in_(brought.where(License.customer_id != customer.id)),
        Order.id.not_in(brought.where(License.customer_id == customer.id)),
    )
    return list(
        session.scalars(paid.order_by(Order.id).options(joinedload(Order.product), joinedload(Order.plan)))
    )


def connection_of(order: Order) -> StripeConnection | None:
    """The account that took the payment; None for a manual order or one of another shop."""
    if order.connection_id is None:
        return None
    return session.get_one(StripeConnection, order.connection_id)


def is_taxed(order: Order) -> bool:
    """Whether Stripe may put tax on the price of what the order pays for."""
    connection = connection_of(order)
    return connection is not None and connection.automatic_tax


def payments_of_each(orders: Sequence[Order]) -> dict[str, list[int]]:
    """The sums that were paid for each order, terms and changes of plan alike; by the order's id."""
    paid: dict[str, list[int]] = {order.id: [] for order in orders}
    rows = select(LedgerEntry.order_id, LedgerEntry.amount)
    rows = rows.where(LedgerEntry.order_id.in_(paid), LedgerEntry.kind.in_(PAYMENTS))
    for order_id, amount in session.execute(rows):
        paid[order_id].append(amount)
    return paid


def ledger_of(order: Order) -> list[LedgerEntry]:
    """Every movement of money of an order, oldest first."""
    rows = select(LedgerEntry).where(LedgerEntry.order_id == order.id)
    return list(session.scalars(rows.order_by(LedgerEntry.occurred_at, LedgerEntry.id)))


def money_left(order: Order, ledger: Sequence[LedgerEntry] | None = None) -> int:
    """What of the buyer's money is still here, in the order's currency: fees and other currencies aside.

    Who has read the `ledger` already brings it along.
    """
    if ledger is not None:
        mine = [row for row in ledger if row.currency == order.currency and row.kind in BUYERS]
        return sum(row.amount for row in mine)
    kept = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(
        LedgerEntry.order_id == order.id,
        LedgerEntry.currency == order.currency,
        LedgerEntry.kind.in_(BUYERS),
    )
    return int(session.scalar(kept) or 0)


def standing_of(order: Order, ledger: Sequence[LedgerEntry] | None = None) -> str:
    """The refunds of this order that we know: whoever asks twice before the next of them means the same."""
    rows = ledger_of(order) if ledger is None else ledger
    known = [f"{entry.external_id} {entry.status}" for entry in rows if entry.kind == "refund"]
    return hashlib.sha256("\n".join([order.id, *known]).encode()).hexdigest()[:32]


def purchase_page_of(order: Order) -> PurchasePage | None:
    """The page that the purchase mail leads to, of a license that the buyer still holds.

    None for a renewal and after a transfer: who paid need not know the key.
    """
    return session.scalars(
        select(PurchasePage)
        .join(OrderLicense, OrderLicense.license_id == PurchasePage.license_id)
        .join(License, License.id == PurchasePage.license_id)
        .join(Customer, Customer.id == License.customer_id)
        .where(OrderLicense.order_id == order.id, OrderLicense.kind == ISSUED, Customer.email == order.email)
        .order_by(OrderLicense.line, OrderLicense.ordinal, PurchasePage.id.desc())
        .limit(1)
    ).one_or_none()


def sold_price(snapshot: Snapshot) -> Price | None:
    """What of ours was sold; None for a sale of the vendor that has nothing to do with us."""
    return session.scalars(select(Price).where(Price.id == snapshot.sold())).one_or_none()
