"""What every door finds out first: whose address was called, with which key, from which site."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from flask import request
from sqlalchemy import select

from server.accounts.models import Vendor
from server.catalog.models import Product
from server.customers.site_address import SiteUrlInvalid, site_key
from server.kernel import rate_limits
from server.kernel.db import session
from server.licensing.keys import KeyMalformed, normalise_any
from server.licensing.models import License
from server.licensing.services import find_license_by_key
from server.licensing.services.issuing import lookup_hash
from server.licensing.services.refusals import LicenseNotFound

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,80}", re.ASCII)  # nothing else is ever asked of the database
NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
AGENT = re.compile(r"WordPress/[^;]{0,40};\s*(\S+)")  # how WordPress names its site when it asks
DOOR_UID = re.compile(r"[a-z]+:")  # installations that came in by a door or an import; ours are 32 hex


def fields() -> dict[str, str]:
    """Query and form as PHP would merge them: the form wins, and of equal names the last."""
    return {name: values[-1] for sent in (request.args, request.form) for name, values in sent.lists()}


def vendor_named(slug: str) -> Vendor | None:
    """The vendor of a door's address."""
    if not SLUG.fullmatch(slug):
        return None
    return session.scalars(select(Vendor).where(Vendor.slug == slug)).one_or_none()


def open_products(door: str) -> list[Product]:
    """The present vendor's products that are served at this door, oldest first."""
    products = session.scalars(select(Product).order_by(Product.id))
    return [product for product in products if door in product.doors]


def count_call(group: str = "keys/ip") -> None:
    """Count one request of the asking address; raises `TooMany`."""
    rate_limits.count(group, _address())


def find_license(texts: Sequence[str]) -> License | None:
    """The license behind the first of these spellings of one key. Guesses are counted as the API's are.

    Test licenses stay unknown: nothing in these protocols tells a test site from a live one.
    """
    rate_limits.check("failed-keys/ip", _address())
    for text in texts:
        license = _license_of(text)
        if license is not None and license.mode == "live":
            return license
    if texts:
        rate_limits.count("failed-keys/ip", _address())
    return None


def site_from(url: str) -> str:
    """The address a client sent, or the one that WordPress puts into its User-Agent."""
    named = AGENT.match(request.headers.get("User-Agent", ""))
    return url or (named[1] if named else "")


def key_of_site(url: str) -> str:
    """The normalised address; empty when there is none that can be read."""
    try:
        return site_key(url) if url else ""
    except SiteUrlInvalid:
        return ""


def uid_of_site(door: str, key: str) -> str:
    """These clients have no identity of their own: the address stands in for it."""
    return f"{door}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def first_of(sent: Mapping[str, str], *names: str) -> str:
    """The first of these fields that holds something."""
    return as_sent(sent, *names).strip()


def as_sent(sent: Mapping[str, str], *names: str) -> str:
    """The same with the blanks around it."""
    return next((sent[name] for name in names if sent.get(name, "").strip()), "")


def with_plus(text: str) -> tuple[str, ...]:
    """A key as it came from an address, then with `+` for its blanks.

    WordPress puts a key into an address as it is, and there `+` reads as a blank, at its ends too.
    """
    trimmed = text.strip()
    spelled = (trimmed, trimmed.replace(" ", "+"), text.replace(" ", "+"))
    return tuple(dict.fromkeys(spelling for spelling in spelled if trimmed))


def _license_of(text: str) -> License | None:
    try:
        _profile, compact = normalise_any(text)
        rate_limits.count("keys", f"{lookup_hash(compact)[:4].hex()} {_address()}")
        return find_license_by_key(text)
    except (KeyMalformed, LicenseNotFound):
        return None


def _address() -> str:
    return rate_limits.address_key(request.remote_addr)
