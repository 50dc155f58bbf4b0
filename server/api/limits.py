"""The limits of this door: who is counted, and what the answer says about it."""

from collections.abc import Iterable, Sequence

from flask import g, request

from server.kernel import rate_limits
from server.kernel.rate_limits import Standing, check

__all__ = ["address", "check", "count", "headers", "standing_headers"]
Headers = Iterable[tuple[str, str]]


def count(group: str, key: str) -> None:
    """Count one request of a group; the tightest limit touched stands in the answer's headers."""
    for standing in rate_limits.count(group, key):
        tightest: Standing | None = g.get("rate_limit")
        if tightest is None or standing.remaining < tightest.remaining:
            g.rate_limit = standing


def address() -> str:
    """The asking address as a key."""
    return rate_limits.address_key(request.remote_addr)


def headers() -> Headers:
    """`RateLimit-*` of the tightest limit that this request touched."""
    found: Standing | None = g.get("rate_limit")
    return standing_headers([] if found is None else [found])


def standing_headers(standings: Sequence[Standing]) -> Headers:
    """`RateLimit-*` of the tightest of these."""
    if not standings:
        return ()
    found = min(standings, key=lambda standing: standing.remaining)
    return (
        ("RateLimit-Limit", str(found.amount)),
        ("RateLimit-Remaining", str(found.remaining)),
        ("RateLimit-Reset", str(found.reset_s)),
    )
