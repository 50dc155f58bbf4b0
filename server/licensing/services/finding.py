"""Licenses as a vendor looks for them: by key, mail, name or site, newest first."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from server.catalog.models import Product
from server.customers.models import Customer
from server.kernel.db import session
from server.licensing import keys
from server.licensing.keys import KeyMalformed
from server.licensing.models import Activation, License
from server.licensing.services.issuing import lookup_hash

EXPIRES_SOON = timedelta(days=30)
LIKE_SIGNS = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})

SHOW: dict[str, Callable[[datetime], ColumnElement[bool]]] = {
    "expiring": lambda now: License.valid_until.between(now, now + EXPIRES_SOON),
    "unused": lambda _now: ~exists().where(Activation.license_id == License.id),
    "full": lambda _now: License.seats_used >= License.seats,
}


def license_for_product(license: License, product: Product) -> License:
    """A bundle's key opens the license that came with it for this product; any other key its own license."""
    if license.product_id == product.id:
        return license
    child = select(License).where(License.parent_id == license.id, License.product_id == product.id)
    return session.scalars(child).one_or_none() or license


def search_licenses(
    text: str, *, show: str, now: datetime, before: str, limit: int
) -> tuple[list[License], int]:
    """One page of the licenses that fit, newest first, and how many fit in all."""
    wanted = _matching(text)
    if condition := SHOW.get(show):
        wanted = wanted.where(condition(now))
    total = session.scalar(wanted.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    if before:
        wanted = wanted.where(License.id < before)
    return list(session.scalars(wanted.order_by(License.id.desc()).limit(limit))), total


def _matching(text: str) -> Select[Any]:
    wanted = select(License).join(Customer, Customer.id == License.customer_id)
    if not text:
        return wanted
    pattern = f"%{text.translate(LIKE_SIGNS)}%"
    on_site = exists().where(
        Activation.license_id == License.id, Activation.site_key.ilike(pattern, escape="\\")
    )
    ways = [
        Customer.email.ilike(pattern, escape="\\"),
        Customer.name.ilike(pattern, escape="\\"),
        License.key_hint.ilike(pattern, escape="\\"),
        License.id == text,
        on_site,
    ]
    if found := _key_hash(text):
        ways.append(License.key_lookup == found)
    return wanted.where(or_(*ways))


def _key_hash(text: str) -> bytes | None:
    """A whole key is found by its hash; what is not one is looked for in names only."""
    try:
        _profile, compact = keys.normalise_any(text)
    except KeyMalformed:
        return None
    return lookup_hash(compact)
