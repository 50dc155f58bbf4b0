"""What the calls of sites have in common: reading the site's facts, counting tries with keys."""

from dataclasses import fields
from typing import Any

from server.api import limits
from server.licensing.keys import KeyMalformed, normalise_any
from server.licensing.services import Site
from server.licensing.services.issuing import lookup_hash

SITE_FIELDS = tuple(field.name for field in fields(Site))


def site_from(wanted: dict[str, Any]) -> Site:
    """The site as its request describes it."""
    return Site(**{name: wanted[name] for name in SITE_FIELDS if name in wanted})


def count_key(text: str | None) -> None:
    """Count a try with this key from this address; a few bytes of its hash are enough to tell keys apart."""
    if text is None:
        return
    try:
        _profile, compact = normalise_any(text)
    except KeyMalformed:
        return
    limits.count("keys", f"{lookup_hash(compact)[:4].hex()} {limits.address()}")
