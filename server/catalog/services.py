"""What a vendor sells: made, changed, and found by the names that sites and shops use."""

import re
from datetime import datetime
from itertools import chain, count
from typing import Any

from sqlalchemy import func, select

from server.accounts.services import audit, published_signing_keys, vendor
from server.catalog.models import INTERVALS, Plan, Price, Product, ProductKey
from server.kernel import settings
from server.kernel.db import session
from server.kernel.errors import Conflict, Invalid
from server.kernel.secrets import new_token
from server.kernel.tenancy import resolve, system_scope
from server.kernel.text import nfc, one_line

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{1,63}")
FEATURE = re.compile(r"[a-z0-9_.-]{1,40}")
CURRENCY = re.compile(r"[a-z]{3}")


class SlugTaken(Conflict):
    """Two products of a vendor cannot share a slug."""

    code = "slug_taken"
    title = "Another product already has this short name"


def create_product(
    *,
    name: str,
    slug: str,
    now: datetime,
    actor: str,
    description: str = "",
    edition: str = "premium",
    docs_url: str = "",
) -> Product:
    """A product with its live product key."""
    _refuse_field(SLUG.fullmatch(slug) is not None, "slug", "Use small letters, digits and hyphens.")
    _refuse_words(name, docs_url)
    if session.scalar(select(Product.id).where(Product.slug == slug)):
        raise SlugTaken(f"Another product already has the short name {slug}")
    product = Product(
        name=one_line(name),
        slug=slug,
        description=nfc(description),
        edition=edition,
        docs_url=docs_url,
        edd_item_id=_next_item_id(),
        public_slug=_public_slug(slug),
        created_at=now,
    )
    session.add(product)
    session.flush()
    for mode in ("live", "test"):
        session.add(ProductKey(product_id=product.id, key=new_token("kdp_"), mode=mode))
    audit(actor, "product.created", product.id, name=product.name)
    return product


def change_product(product: Product, *, name: str, description: str, docs_url: str, actor: str) -> None:
    """What people read of it; the short name stays, because addresses and plugins hold it."""
    _refuse_words(name, docs_url)
    product.name, product.description, product.docs_url = one_line(name), nfc(description), docs_url
    audit(actor, "product.changed", product.id, name=product.name)


def create_plan(
    product: Product,
    *,
    code: str,
    name: str,
    seats: int | None,
    interval: str,
    actor: str,
    features: list[str] | None = None,
) -> Plan:
    """One way to buy a product. `seats` None means as many sites as they like."""
    _refuse_field(SLUG.fullmatch(code) is not None, "code", "Use small letters, digits and hyphens.")
    _refuse_field(bool(one_line(name)), "name", "Please give the plan a name.")
    _refuse_field(seats is None or 1 <= seats <= 100_000, "seats", "From 1 to 100,000, or empty.")
    _refuse_field(interval in INTERVALS, "interval", f"One of {', '.join(INTERVALS)}.")
    wanted = list(features or [])
    _refuse_field(
        len(wanted) <= 48 and all(FEATURE.fullmatch(one) for one in wanted),
        "features",
        "At most 48 codes of small letters, digits, dot, hyphen and underscore.",
    )
    if session.scalar(select(Plan.id).where(Plan.product_id == product.id, Plan.code == code)):
        raise SlugTaken(f"This product already has a plan {code}")
    position = session.scalar(select(func.count()).select_from(Plan).where(Plan.product_id == product.id))
    plan = Plan(
        product_id=product.id,
        code=code,
        name=one_line(name),
        seats=seats,
        interval=interval,
        features=wanted,
        position=position or 0,
    )
    session.add(plan)
    session.flush()
    audit(actor, "plan.created", plan.id, product=product.id, code=code)
    return plan


def set_price(plan: Plan, *, amount: int, currency: str, actor: str) -> Price:
    """The price of a plan in one currency (smallest unit); an earlier one is kept for old orders."""
    _refuse_field(1 <= amount <= 99_999_999, "amount", "Above zero and below a million.")
    _refuse_field(CURRENCY.fullmatch(currency) is not None, "currency", "Three letters, for example eur.")
    for old in session.scalars(
        select(Price).where(Price.plan_id == plan.id, Price.currency == currency, Price.active.is_(True))
    ):
        old.active = False
    price = Price(plan_id=plan.id, amount=amount, currency=currency)
    session.add(price)
    session.flush()
    audit(actor, "price.set", plan.id, amount=amount, currency=currency)
    return price


def close_plan(plan: Plan, *, actor: str) -> None:
    """No longer offered, because it has no price; what was sold stays, and a new price opens it again."""
    for price in session.scalars(select(Price).where(Price.plan_id == plan.id, Price.active.is_(True))):
        price.active = False
    audit(actor, "plan.closed", plan.id, product=plan.product_id)


def list_products() -> list[Product]:
    """All products of the vendor, by name."""
    return list(session.scalars(select(Product).order_by(Product.name)))


def product_by_slug(slug: str) -> Product | None:
    """The product that a shop address names."""
    return session.scalars(select(Product).where(Product.slug == slug)).one_or_none()


def find_product(product_id: str) -> Product:
    """The product of this id, or `NotFound`."""
    return resolve(Product, product_id)


def active_price(plan: Plan) -> Price | None:
    """What the plan costs today; None while no price is set."""
    return session.scalars(
        select(Price).where(Price.plan_id == plan.id, Price.active.is_(True)).order_by(Price.id)
    ).first()


def live_key(product: Product) -> str:
    """The product key that plugins carry."""
    return (
        session.scalars(
            select(ProductKey.key)
            .where(ProductKey.product_id == product.id, ProductKey.mode == "live")
            .order_by(ProductKey.id.desc())
        ).first()
        or ""
    )


def plugin_facts(product: Product) -> dict[str, Any]:
    """What the bridge builder needs to know of a product (its product file); holds no secret."""
    seller = vendor()
    return {
        "server": settings.current().public_url,
        "tenant": seller.id,
        "product": product.id,
        "name": product.name,
        "product_key": live_key(product),
        "root_keys": [],
        "lease_keys": published_signing_keys()[:2],
        "terms_url": seller.terms_url,
        "privacy_url": seller.privacy_url,
        "docs_url": product.docs_url,
    }


def _public_slug(slug: str) -> str:
    """The short name when no vendor on this server has it yet; else with a number behind it."""
    with system_scope("a public short name is unique over the whole server"):
        taken = set(session.scalars(select(Product.public_slug).where(Product.public_slug.startswith(slug))))
    return next(name for name in chain([slug], (f"{slug}-{n}" for n in count(2))) if name not in taken)


def _next_item_id() -> int:
    return (session.scalar(select(func.max(Product.edd_item_id))) or 0) + 1


def _refuse_words(name: str, docs_url: str) -> None:
    _refuse_field(bool(one_line(name)), "name", "Please give the product a name.")
    _refuse_field(not docs_url or docs_url.startswith("https://"), "docs_url", "Begin with https://.")


def _refuse_field(fits: bool, field: str, message: str) -> None:
    if not fits:
        raise Invalid(message, errors=[{"pointer": f"/{field}", "code": "invalid", "message": message}])
