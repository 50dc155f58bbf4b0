"""How often may be asked: counted in one place, in memory, because the embedded server is one web process."""

import ipaddress
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from server.kernel import settings
from server.kernel.errors import TooMany

# A group ending in "/ip" counts addresses, every other one the callers. The API's numbers: protocols 3.5.
LIMITS: dict[str, str] = {
    "unknown/ip": "30/minute",
    "keys/ip": "120/minute",
    "failed-keys/ip": "20/minute;200/day",
    "keys": "30/minute",
    "ls/ip": "60/minute",
    "activation": "60/hour",
    "transfers": "20/hour",
    "activation-link": "3/hour",
    "activation-link/ip": "10/hour",
    "activation-link-polls/ip": "60/minute",
    "check-in": "12/hour;48/day",
    "reads": "120/minute",
    "tickets": "10/hour;30/day",
    "tickets/ip": "3/hour",
    "messages": "60/hour",
    "files": "60/hour",
    "vendor": "600/minute;60/second",
    "checkout/ip": "20/minute;200/day",  # each asks Stripe
    "paid/ip": "40/minute",
    "get/ip": "60/minute",
    "mail/ip": "5/hour",  # each asks a mail server
    "account-link": "3/hour",
    "account-link/ip": "10/hour",
    "account/ip": "120/minute",
}
_storage = MemoryStorage()
_limiter = MovingWindowRateLimiter(_storage)
_items: dict[str, list[RateLimitItem]] = {name: parse_many(text) for name, text in LIMITS.items()}


@dataclass(frozen=True)
class Standing:
    """Where a caller stands with one limit; `reset_s` is when the window is empty again."""

    amount: int
    remaining: int
    reset_s: int


def count(group: str, key: str) -> list[Standing]:
    """Count one request; raises `TooMany` with the seconds to wait when a limit is reached."""
    if not settings.current().rate_limits:
        return []
    standings = []
    for item in _items[group]:
        if not _limiter.hit(item, group, key):
            raise TooMany(retry_after=_standing(item, group, key).reset_s)
        standings.append(_standing(item, group, key))
    return standings


def check(group: str, key: str) -> None:
    """Refuse when the limit is already reached, without counting (failures are counted when they happen)."""
    if not settings.current().rate_limits:
        return
    for item in _items[group]:
        if not _limiter.test(item, group, key):
            raise TooMany(retry_after=_standing(item, group, key).reset_s)


def address_key(address: str | None) -> str:
    """An asking address as a key; IPv6 is cut to /64, because one customer holds that many."""
    raw = address or "unknown"
    return raw if ":" not in raw else _ipv6_key(raw)


def _ipv6_key(text: str) -> str:
    """One key for all spellings: a text may leave zeros out anywhere, and IPv4 may stand inside."""
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


def forget_all() -> None:
    """Start counting anew (tests)."""
    _storage.reset()


def _standing(item: RateLimitItem, group: str, key: str) -> Standing:
    window = _limiter.get_window_stats(item, group, key)
    return Standing(item.amount, window.remaining, max(1, int(window.reset_time - time.time()) + 1))
