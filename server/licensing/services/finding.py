"""Licenses as a vendor looks for them: by key, mail, name or site, by state and plugin, newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from server.catalog.models import Product
from server.customers.models import Customer
from server.kernel.db import holds, session
from server.licensing import keys
from server.licensing.keys import KeyMalformed
from server.licensing.models import RENEWAL_BUFFER, Activation, License
from server.licensing.services.issuing import kept_children_of, lookup_hash

EXPIRES_SOON = timedelta(days=30)
Condition = Callable[[datetime], ColumnElement[bool]]


@dataclass(frozen=True)
class Wanted:
    """What is looked for; what is left out lets everything through. Test and live are never mixed."""

    mode: str = "live"
    text: str = ""
    show: str = ""  # of SHOW
    statuses: Sequence[str] = ()  # of STATUSES
    product_id: str = ""
    customer_id: str = ""
    email: str = ""
    ids: Sequence[str] = ()  # found by who asks, by an order's number for example: as good as a match


def license_for_product(license: License, product: Product) -> License:
    """A bundle's key opens the license that came with it for this product; any other key its own license."""
    if license.product_id == product.id:
        return license
    brought = (child for child in kept_children_of(license) if child.product_id == product.id)
    return next(brought, license)


def find_licenses(wanted: Wanted, *, now: datetime, before: str, limit: int) -> list[License]:
    """One page of the licenses that fit, newest first; `before` is the last id of the page above.

    Buyer, product and plan come along: whoever shows a list names them in each row.
    """
    rows = _matching(wanted, now).options(
        contains_eager(License.customer), joinedload(License.product), joinedload(License.plan)
    )
    if before:
        rows = rows.where(License.id < before)
    return list(session.scalars(rows.order_by(License.id.desc()).limit(limit)))


def count_licenses(wanted: Wanted, *, now: datetime) -> int:
    """How many fit in all."""
    rows = _matching(wanted, now).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(rows) or 0


def _matching(wanted: Wanted, now: datetime) -> Select[Any]:
    rows = select(License).join(Customer, Customer.id == License.customer_id)
    rows = rows.where(License.mode == wanted.mode)
    if wanted.product_id:
        rows = rows.where(License.product_id == wanted.product_id)
    if wanted.customer_id:
        rows = rows.where(License.customer_id == wanted.customer_id)
    if wanted.email:
        rows = rows.where(Customer.email == wanted.email.strip().lower())
    if condition := SHOW.get(wanted.show):
        rows = rows.where(condition(now))
    if wanted.statuses:
        rows = rows.where(or_(*(STATUSES[status](now) for status in wanted.statuses)))
    return rows.where(or_(*_ways(wanted))) if wanted.text else rows


def _ways(wanted: Wanted) -> list[ColumnElement[bool]]:
    text = wanted.text
    on_site = exists().where(
        Activation.license_id == License.id,
        or_(holds(Activation.site_key, text), holds(Activation.label, text)),
    )
    ways = [
        holds(Customer.email, text),
        holds(Customer.name, text),
        holds(License.key_hint, text),
        License.id == text,
        License.parent_id == text,
        License.id.in_(wanted.ids),
        on_site,
    ]
    if found := _key_hash(text):
        ways.append(License.key_lookup == found)
    return ways


def _key_hash(text: str) -> bytes | None:
    """A whole key is found by its hash; what is not one is looked for in names only."""
    try:
        _profile, compact = keys.normalise_any(text)
    except KeyMalformed:
        return None
    return lookup_hash(compact)


# The statuses of models.status_of, as conditions.
REVOKED = cast(License.revoked_for, Text) != "[]"
SUSPENDED = and_(cast(License.revoked_for, Text) == "[]", cast(License.suspended_for, Text) != "[]")
RUNNING = and_(cast(License.revoked_for, Text) == "[]", cast(License.suspended_for, Text) == "[]")


def _past_end(now: datetime) -> ColumnElement[bool]:
    no_grace = or_(License.grace_until.is_(None), License.grace_until <= now)
    return and_(License.valid_until <= now - RENEWAL_BUFFER, no_grace)


def _not_past_end(now: datetime) -> ColumnElement[bool]:
    return or_(
        License.valid_until.is_(None), License.valid_until > now - RENEWAL_BUFFER, License.grace_until > now
    )


STATUSES: dict[str, Condition] = {
    "active": lambda now: and_(RUNNING, License.starts_at <= now, _not_past_end(now)),
    "expired": lambda now: and_(RUNNING, License.starts_at <= now, _past_end(now)),
    "pending": lambda now: and_(RUNNING, License.starts_at > now),
    "suspended": lambda _now: SUSPENDED,
    "revoked": lambda _now: REVOKED,
}

SHOW: dict[str, Condition] = {
    "expiring": lambda now: and_(RUNNING, License.valid_until.between(now, now + EXPIRES_SOON)),
    "unused": lambda _now: and_(RUNNING, ~exists().where(Activation.license_id == License.id)),
    "full": lambda _now: License.seats_used >= License.seats,
    "grace": lambda now: and_(RUNNING, License.valid_until <= now, License.grace_until > now),
    "trial": lambda _now: License.is_trial.is_(True),
    "stopped": lambda _now: or_(REVOKED, SUSPENDED),
}
