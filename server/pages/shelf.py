"""What stands on a product's buy page: each plan at one price, what is free, and what is inside a bundle."""

from dataclasses import dataclass

from server.billing import services as billing
from server.catalog.models import Plan, Price, Product
from server.licensing.services.issuing import bundled_plans
from server.releases.plugins import is_plugin
from server.releases.services import current_releases


@dataclass(frozen=True)
class Gift:
    """What is to be had for an e-mail address: a plan that costs nothing, or the days of a trial."""

    wanted: str  # the id that the form sends back
    plan: Plan
    is_trial: bool


def currencies(product: Product) -> list[str]:
    """What can be paid in; a price of zero is none."""
    return list(dict.fromkeys(price.currency for _plan, price in billing.offers(product) if price.amount))


def paid_offers(product: Product, currency: str) -> list[tuple[Plan, Price]]:
    """Each plan that costs something: in this currency, or where it has no such price in its own first."""
    return [(plan, price) for plan, price in _offers(product, currency) if price.amount]


def gifts(product: Product, currency: str) -> list[Gift]:
    """What costs nothing: plans first, then trials without a card."""
    free = [Gift(price.id, plan, False) for plan, price in _offers(product, currency) if not price.amount]
    return [*free, *(Gift(plan.id, plan, True) for plan in billing.trials(product))]


def inside(product: Product, plans: list[Plan]) -> dict[str, list[Plan]]:
    """For each plan that is a bundle, by its id: the plans whose plugins its buyer gets."""
    brought = {plan.id: bundled_plans(plan) for plan in plans}
    own = is_plugin(product)
    return {plan.id: [*([plan] if own else []), *brought[plan.id]] for plan in plans if brought[plan.id]}


def without_file(product: Product, plans: list[Plan], inside: dict[str, list[Plan]]) -> set[str]:
    """The ids of the products that are had by these plans and of which there is nothing to download yet."""
    had = {one.product_id for plan in plans for one in inside.get(plan.id, [plan])} or {product.id}
    return had - current_releases(had).keys()


def _offers(product: Product, currency: str) -> list[tuple[Plan, Price]]:
    found: dict[str, tuple[Plan, Price]] = {}
    for plan, price in billing.offers(product):
        if plan.id not in found or price.currency == currency:
            found[plan.id] = (plan, price)
    return list(found.values())
