"""How often may be asked: counted in memory, because the embedded server is one web process."""

import time
from collections.abc import Iterable

from flask import g, request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from server.kernel import settings
from server.kernel.errors import TooMany

# protocols 3.5: group -> limits per caller; a group ending in "/ip" counts addresses
LIMITS: dict[str, str] = {
    "unknown/ip": "30/minute",
    "keys/ip": "120/minute",
    "failed-keys/ip": "20/minute;200/day",
    "keys": "30/minute",
    "activation": "60/hour",
    "check-in": "12/hour;48/day",
    "reads": "120/minute",
    "tickets": "10/hour;30/day",
    "tickets/ip": "3/hour",
    "messages": "60/hour",
    "files": "60/hour",
    "vendor": "600/minute;60/second",
    "login/ip": "10/minute",
}
_storage = MemoryStorage()
_limiter = MovingWindowRateLimiter(_storage)
_items: dict[str, list[RateLimitItem]] = {name: parse_many(text) for name, text in LIMITS.items()}


def count(group: str, key: str) -> None:
    """Count one request of a group; raises `TooMany` with the seconds to wait when the limit is reached."""
    if not settings.current().rate_limits:
        return
    for item in _items[group]:
        if not _limiter.hit(item, group, key):
            raise TooMany(retry_after=_seconds_left(item, group, key))
        _remember(item, group, key)


def check(group: str, key: str) -> None:
    """Refuse when the limit is already reached, without counting (failures are counted when they happen)."""
    if not settings.current().rate_limits:
        return
    for item in _items[group]:
        if not _limiter.test(item, group, key):
            raise TooMany(retry_after=_seconds_left(item, group, key))


def address() -> str:
    """The asking address; IPv6 is cut to /64, because a customer holds that many."""
    raw = request.remote_addr or "unknown"
    return ":".join(raw.split(":")[:4]) + "::/64" if ":" in raw else raw


def forget_all() -> None:
    """Start counting anew (tests)."""
    _storage.reset()


def headers() -> Iterable[tuple[str, str]]:
    """`RateLimit-*` of the tightest limit that this request touched."""
    found = g.get("rate_limit")
    if found is None:
        return ()
    limit, remaining, reset = found
    return (
        ("RateLimit-Limit", str(limit)),
        ("RateLimit-Remaining", str(remaining)),
        ("RateLimit-Reset", str(reset)),
    )


def _seconds_left(item: RateLimitItem, group: str, key: str) -> int:
    reset = _limiter.get_window_stats(item, group, key).reset_time
    return max(1, int(reset - time.time()) + 1)


def _remember(item: RateLimitItem, group: str, key: str) -> None:
    remaining = _limiter.get_window_stats(item, group, key).remaining
    if g.get("rate_limit") is None or remaining < g.rate_limit[1]:
        g.rate_limit = (item.amount, remaining, _seconds_left(item, group, key))
