"""Products: made, changed, and found by the names that sites and shops use."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain, count
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from server.accounts.services import audit, published_signing_keys, vendor
from server.catalog.models import DOORS, Product, ProductKey
from server.catalog.services.refusing import SLUG, SLUG_WORDS, SlugTaken, refuse_field
from server.kernel import settings
from server.kernel.db import session
from server.kernel.errors import Invalid
from server.kernel.secrets import new_token
from server.kernel.tenancy import resolve, system_scope
from server.kernel.text import nfc, one_line

AFTER_EXPIRY = ("keep", "limit")
NETWORK_POLICIES = ("one_seat", "per_site")
EDITIONS = ("free", "premium")


class ProductFacts(TypedDict, total=False):
    """What can be said of a product later too; its short name stays: addresses and plugins hold it."""

    name: str
    description: str
    docs_url: str
    homepage: str
    author: str
    addon_of_id: str | None
    after_expiry: str
    network_policy: str
    doors: list[str]
    puc_auto_activate: bool
    edd_item_id: int


def create_product(
    *, slug: str, now: datetime, actor: str, edition: str = "premium", **facts: Unpack[ProductFacts]
) -> Product:
    """A product with a live and a test product key."""
    refuse_field(SLUG.fullmatch(slug) is not None, "slug", SLUG_WORDS)
    if session.scalar(select(Product.id).where(Product.slug == slug)):
        raise SlugTaken(f"Another product already has the short name {slug}")
    product = Product(
        slug=slug,
        edition=edition,
        edd_item_id=_next_item_id(),
        public_slug=free_public_slug(slug),
        created_at=now,
        **_AT_FIRST,
    )
    _write(product, dict(facts))
    session.add(product)
    session.flush()
    for mode in ("live", "test"):
        session.add(ProductKey(product_id=product.id, key=new_token("kdp_"), mode=mode))
    audit(actor, "product.created", product.id, name=product.name)
    return product


def change_product(product: Product, *, actor: str, **facts: Unpack[ProductFacts]) -> None:
    """What people read of it, and how its licenses behave."""
    changed = sorted(name for name, value in facts.items() if getattr(product, name) != value)
    _write(product, dict(facts))
    if changed:
        session.flush()
        audit(actor, "product.changed", product.id, name=product.name, fields=changed)


def list_products() -> list[Product]:
    """All products of the vendor, by name, with their plans."""
    rows = select(Product).options(selectinload(Product.plans)).order_by(Product.name)
    return list(session.scalars(rows))


def product_by_slug(slug: str) -> Product | None:
    """The product that a shop address names."""
    return session.scalars(select(Product).where(Product.slug == slug)).one_or_none()


def find_product(product_id: str) -> Product:
    """The product of this id, or `NotFound`."""
    return resolve(Product, product_id)


def live_key(product: Product) -> str:
    """The product key that plugins carry."""
    return public_key(product, "live")


def public_key(product: Product, mode: str) -> str:
    """The product key of this mode: plugins carry the live one, a test copy the other."""
    newest = (
        select(ProductKey.key)
        .where(ProductKey.product_id == product.id, ProductKey.mode == mode)
        .order_by(ProductKey.id.desc())
    )
    return session.scalars(newest).first() or ""


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


TITLING = ("name", "doors")  # what makes the title that EDD plugins ask by
_AT_FIRST: dict[str, Any] = {
    "name": "",
    "description": "",
    "docs_url": "",
    "homepage": "",
    "author": "",
    "addon_of_id": None,
    "after_expiry": "keep",
    "network_policy": "one_seat",
    "doors": [],
    "puc_auto_activate": False,
}


def free_public_slug(slug: str) -> str:
    """The short name when no vendor on this server has it yet; else with a number behind it."""
    with system_scope("a public short name is unique over the whole server"):
        taken = set(session.scalars(select(Product.public_slug).where(Product.public_slug.startswith(slug))))
    return next(name for name in chain([slug], (f"{slug}-{n}" for n in count(2))) if name not in taken)


def _next_item_id() -> int:
    return (session.scalar(select(func.max(Product.edd_item_id))) or 0) + 1


def _write(product: Product, facts: dict[str, Any]) -> None:
    """Each check looks at the whole product as it would become."""
    for name, clean in (("name", one_line), ("author", one_line), ("description", nfc)):
        if name in facts:
            facts[name] = clean(facts[name])
    with session.no_autoflush:
        retitled = any(getattr(product, name) != facts.get(name, getattr(product, name)) for name in TITLING)
        for name, value in facts.items():
            setattr(product, name, value)
        _refuse_words(product)
        _refuse_codes(product)
        _refuse_number(product)
        if retitled:
            _refuse_title(product, "doors" if "doors" in facts else "name")
        _refuse_circle(product)


def product_fields_wrong(facts: Mapping[str, Any]) -> set[str]:
    """Which of these no product can have, each judged alone. Whether other products are here is not asked."""
    return {name for name, value in facts.items() if not _can_be(name, value)}


def _can_be(name: str, value: Any) -> bool:
    product = Product(**{**_AT_FIRST, "name": "?", "edition": "premium", name: value})
    try:
        _refuse_words(product)
        _refuse_codes(product)
    except Invalid:
        return False
    return True


def _refuse_words(product: Product) -> None:
    refuse_field(bool(product.name), "name", "Please give the product a name.")
    for field in ("docs_url", "homepage"):
        url = getattr(product, field)
        refuse_field(not url or url.startswith("https://"), field, "Begin with https://.")


def _refuse_codes(product: Product) -> None:
    refuse_field(product.edition in EDITIONS, "edition", f"One of {', '.join(EDITIONS)}.")
    refuse_field(product.after_expiry in AFTER_EXPIRY, "after_expiry", "One of keep, limit.")
    refuse_field(product.network_policy in NETWORK_POLICIES, "network_policy", "One of one_seat, per_site.")
    refuse_field(set(product.doors) <= set(DOORS), "doors", f"Of {', '.join(DOORS)}.")


def _refuse_number(product: Product) -> None:
    number = product.edd_item_id
    refuse_field(1 <= number < 2**31, "edd_item_id", "A whole number above zero.")
    taken = select(Product.id).where(Product.edd_item_id == number, Product.id != (product.id or ""))
    refuse_field(session.scalar(taken) is None, "edd_item_id", "Another product has this number.")


def _refuse_title(product: Product, field: str) -> None:
    """Old EDD plugins ask by title alone: of two products with one title the wrong one would answer."""
    if "edd" not in product.doors:
        return
    named = select(Product).where(Product.name == product.name, Product.id != (product.id or ""))
    other = next((one for one in session.scalars(named) if "edd" in one.doors), None)
    message = f"EDD plugins ask by title, and this is the title of {other.slug if other else ''} too."
    refuse_field(other is None, field, f"{message} Give one of the two another name first.")


def _refuse_circle(product: Product) -> None:
    """An add-on of an add-on is fine; one that leads back to itself could never be activated."""
    seen, parent_id = {product.id}, product.addon_of_id
    while parent_id is not None:
        refuse_field(parent_id not in seen, "addon_of_id", "A product cannot be an add-on of itself.")
        seen.add(parent_id)
        parent = session.scalars(select(Product).where(Product.id == parent_id)).one_or_none()
        refuse_field(parent is not None, "addon_of_id", "There is no such product.")
        parent_id = parent.addon_of_id if parent else None
