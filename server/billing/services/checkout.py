"""A buyer wants a plan: the facts of the sale, before Stripe is asked to take the money."""

from dataclasses import dataclass

from sqlalchemy import select

from server.billing.services.connections import access_to, find_connection
from server.billing.stripe_api import Access, Wish
from server.catalog.models import Plan, Price, Product
from server.customers.site_address import SiteUrlInvalid, site_key
from server.kernel import settings
from server.kernel.db import session
from server.kernel.errors import Invalid, NotFound
from server.kernel.i18n import language_of

CHECKOUT_S = 5.0
METADATA_LIMIT = 500  # characters; Stripe refuses longer values
NOT_SPOKEN = frozenset({"uk"})  # Stripe's page has no Ukrainian: the browser's language decides there


@dataclass(frozen=True)
class Sale:
    """Everything that opening a checkout needs, read from the database."""

    access: Access
    wish: Wish


def offers(product: Product) -> list[tuple[Plan, Price]]:
    """The plans of a product that can be bought, in the vendor's order."""
    rows = session.execute(
        select(Plan, Price)
        .join(Price, Price.plan_id == Plan.id)
        .where(Plan.product_id == product.id, Price.active.is_(True))
        .order_by(Plan.position, Plan.id, Price.id)
    )
    return [(plan, price) for plan, price in rows]


def prepare_sale(
    price: Price,
    *,
    cancel_url: str,
    locale: str = "en",
    site_url: str = "",
    admin_url: str = "",
) -> Sale:
    """What is sold to whom, as far as we know them. A wrong site address is refused before money moves."""
    if not price.active:
        raise NotFound("This price is no longer offered.")
    connection = find_connection()
    plan = price.plan
    product = plan.product
    _refuse_wrong_site(site_url, admin_url)
    language = language_of(locale)
    metadata = {
        "keydesk_price": price.id,
        "site_url": site_url,
        "admin_url": admin_url,
        "locale": language,
    }
    wish = Wish(
        product_name=product.name,
        plan_name=plan.name,
        currency=price.currency,
        amount=price.amount,
        success_url=_success_url(connection.id),
        cancel_url=cancel_url,
        locale="auto" if language in NOT_SPOKEN else language,
        metadata={name: text for name, text in metadata.items() if text},
    )
    return Sale(access_to(connection, seconds=CHECKOUT_S), wish)


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
            message = "This is not the address of a site."
            raise Invalid(message, errors=[{"pointer": f"/{field}", "code": "invalid", "message": message}])
