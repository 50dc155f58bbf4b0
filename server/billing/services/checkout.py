"""A buyer wants a plan: the facts of the sale, before Stripe is asked to take the money."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from server.billing.services.connections import access_to, find_connection
from server.billing.stripe_api import Access, Wish
from server.catalog.models import Plan, Price, Product
from server.customers.site_address import SiteUrlInvalid, site_key
from server.kernel import settings
from server.kernel.db import session
from server.kernel.errors import Invalid, NotFound
from server.kernel.i18n import language_of

CHECKOUT_S = 5.0
MOST_LICENSES = 100
METADATA_LIMIT = 500  # characters; Stripe refuses longer values
NOT_SPOKEN = frozenset({"uk"})  # Stripe's page has no Ukrainian: the browser's language decides there


@dataclass(frozen=True)
class Sale:
    """Everything that opening a checkout needs, read from the database."""

    access: Access
    wish: Wish


def offers(product: Product, currency: str = "") -> list[tuple[Plan, Price]]:
    """The plans of a product that can be bought, in the vendor's order; in one currency when it is named."""
    known = prices_of_each({product.id})[product.id]
    return [(one.plan, one) for one in known if one.is_offered and currency in {"", one.currency}]


def prices_of_each(product_ids: set[str]) -> dict[str, list[Price]]:
    """All prices of these products with their plans, also of what is not sold now, in the vendor's order."""
    known: dict[str, list[Price]] = {product_id: [] for product_id in product_ids}
    rows = select(Price).join(Price.plan).options(contains_eager(Price.plan))
    rows = rows.where(Plan.product_id.in_(product_ids)).order_by(Plan.position, Plan.id, Price.id)
    for price in session.scalars(rows):
        known[price.plan.product_id].append(price)
    return known


def currencies(product: Product) -> list[str]:
    """The currencies that the product is sold in, the first plan's first."""
    return list(dict.fromkeys(price.currency for _plan, price in offers(product)))


def trials(product: Product) -> list[Plan]:
    """The plans that may be tried without a card, in the vendor's order."""
    plans = select(Plan).where(
        Plan.product_id == product.id,
        Plan.on_sale.is_(True),
        Plan.trial_days > 0,
        Plan.trial_needs_card.is_(False),
    )
    return list(session.scalars(plans.order_by(Plan.position, Plan.id)))


def prepare_sale(
    price: Price,
    *,
    cancel_url: str,
    locale: str = "en",
    site_url: str = "",
    admin_url: str = "",
    quantity: int = 1,
    mode: str = "live",
    renews: str = "",
) -> Sale:
    """What is sold to whom, as far as we know them. A wrong site address is refused before money moves.

    `renews` names the license that one more term is bought for, also of a plan that new buyers cannot have.
    """
    if not price.active or not (price.plan.on_sale or renews):
        raise NotFound("This price is no longer offered.")
    if not 1 <= quantity <= MOST_LICENSES:
        raise _wrong("quantity", f"From 1 to {MOST_LICENSES} licenses.")
    _refuse_wrong_site(site_url, admin_url)
    connection, language = find_connection(mode), language_of(locale)
    metadata = {
        "keydesk_price": price.id,
        "site_url": site_url,
        "admin_url": admin_url,
        "locale": language,
        "keydesk_license": renews,
    }
    wish = Wish(
        **_terms(price),
        success_url=_success_url(connection.id) + ("&renews=1" if renews else ""),
        cancel_url=cancel_url,
        locale="auto" if language in NOT_SPOKEN else language,
        quantity=quantity,
        promotion_codes=connection.promotion_codes,
        automatic_tax=connection.automatic_tax,
        metadata={name: text for name, text in metadata.items() if text},
    )
    return Sale(access_to(connection, seconds=CHECKOUT_S), wish)


def _terms(price: Price) -> dict[str, Any]:
    """What is paid for what, and how often; a trial at Stripe asks for the card first."""
    plan = price.plan
    return {
        "product_name": plan.product.name,
        "plan_name": plan.name,
        "currency": price.currency,
        "amount": price.amount,
        "interval": plan.interval if plan.renews else "",
        "trial_days": plan.trial_days if plan.renews and plan.trial_needs_card else 0,
    }


def _success_url(connection_id: str) -> str:
    """Where Stripe sends the buyer; it puts the session's id into the braces."""
    base = settings.current().public_url
    return f"{base}/buy/success?connection={connection_id}&session_id={{CHECKOUT_SESSION_ID}}"


def _refuse_wrong_site(site_url: str, admin_url: str) -> None:
    for field, url in (("site_url", site_url), ("admin_url", admin_url)):
        try:
            wrong = bool(url) and (len(url) > METADATA_LIMIT or not site_key(url))
        except SiteUrlInvalid:
            wrong = True
        if wrong:
            raise _wrong(field, "This is not the address of a site.")


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, errors=[{"pointer": f"/{field}", "code": "invalid", "message": message}])
