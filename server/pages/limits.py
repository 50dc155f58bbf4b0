"""How often one address may ask these pages: a checkout asks Stripe, a repeated mail asks a mail server."""

from flask import request
from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from server.kernel import settings
from server.kernel.errors import TooMany

LIMITS = {
    "checkout": parse_many("20/minute;200/day"),
    "paid": parse_many("40/minute"),
    "get": parse_many("60/minute"),
    "mail": parse_many("5/hour"),
}
_storage = MemoryStorage()
_limiter = MovingWindowRateLimiter(_storage)


def count(group: str) -> None:
    """Count one request of the asking address; an IPv6 caller owns a whole /64."""
    if not settings.current().rate_limits:
        return
    address = request.remote_addr or "unknown"
    if ":" in address:
        address = ":".join(address.split(":")[:4])
    for item in LIMITS[group]:
        if not _limiter.hit(item, group, address):
            raise TooMany(retry_after=60)


def forget_all() -> None:
    """Start counting anew (tests)."""
    _storage.reset()
