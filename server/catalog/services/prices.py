"""What plans cost: one price in each currency today, and earlier ones that old orders point to."""

from sqlalchemy import select

from server.accounts.services import audit
from server.catalog.models import Plan, Price
from server.catalog.services.refusing import Faults
from server.kernel.currencies import PAYABLE, WHOLE_HUNDREDS
from server.kernel.db import session


def set_price(plan: Plan, *, amount: int, currency: str, actor: str) -> Price:
    """The price of a plan in one currency (smallest unit). A plan that was closed stays closed.

    An earlier price in this currency is kept for old orders; prices in other currencies stay.
    """
    faults = Faults()
    find_price_faults(faults, plan, amount, currency)
    faults.refuse()
    session.flush()  # refresh would forget what was changed and not yet written
    session.refresh(plan, with_for_update={"key_share": True})  # two prices at once would both stay
    for old in active_prices(plan):
        if old.currency == currency:
            old.active = False
    price = Price(plan_id=plan.id, amount=amount, currency=currency)
    session.add(price)
    session.flush()
    audit(actor, "price.set", plan.id, amount=amount, currency=currency)
    return price


def find_price_faults(faults: Faults, plan: Plan, amount: int, currency: str) -> None:
    """What is wrong with this price for this plan."""
    faults.unless(0 <= amount <= 99_999_999, "amount", "From zero (free) to below a million.")
    faults.unless(amount > 0 or not plan.renews, "amount", "What renews by itself is paid for each time.")
    faults.unless(currency in PAYABLE, "currency", "A currency that Stripe takes, for example eur.")
    no_parts = currency not in WHOLE_HUNDREDS or amount % 100 == 0
    faults.unless(no_parts, "amount", "This currency has no cents: a multiple of 100.")


def retire_price(price: Price, *, actor: str) -> None:
    """No longer offered in this currency. A plan without any price cannot be bought."""
    if price.active:
        price.active = False
        audit(actor, "price.retired", price.plan_id, amount=price.amount, currency=price.currency)


def active_prices(plan: Plan) -> list[Price]:
    """What the plan costs today, the oldest price first; buyers see it while the plan is on sale."""
    return list(
        session.scalars(
            select(Price).where(Price.plan_id == plan.id, Price.active.is_(True)).order_by(Price.id)
        )
    )


def active_price(plan: Plan, currency: str = "") -> Price | None:
    """The price in this currency, else the first one."""
    prices = active_prices(plan)
    return next((price for price in prices if price.currency == currency), prices[0] if prices else None)
