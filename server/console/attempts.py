"""Failed log-ins lead to a pause, by address and account, whether the account exists or not."""

from __future__ import annotations

import ipaddress
import threading
from datetime import datetime, timedelta

FREE = 5
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
FORGET_AFTER = timedelta(hours=2)
MOST_KEPT = 10_000


class Attempts:
    """Kept in memory: the embedded server has one web process, and a restart that forgets harms nobody."""

    def __init__(self) -> None:
        self._failed: dict[tuple[str, str], tuple[int, datetime]] = {}
        self._lock = threading.Lock()

    def pause_left(self, address: str, account: str, now: datetime) -> timedelta:
        """How long this account has to wait at this address; zero when it may try."""
        with self._lock:
            count, last = self._failed.get(_key(address, account), (0, now))
        if count < FREE:
            return timedelta(0)
        pause = min(FIRST_PAUSE * (1 << min(count - FREE, 10)), LONGEST_PAUSE)
        return max(last + pause - now, timedelta(0))

    def failed(self, address: str, account: str, now: datetime) -> int:
        """Count one more failure and say how many tries are left before the pause."""
        key = _key(address, account)
        with self._lock:
            count, last = self._failed.get(key, (0, now))
            count = 1 if now - last > FORGET_AFTER else count + 1
            self._failed[key] = (count, now)
            self._forget(now)
        return max(FREE - count, 0)

    def succeeded(self, address: str, account: str) -> None:
        with self._lock:
            self._failed.pop(_key(address, account), None)

    def _forget(self, now: datetime) -> None:
        if len(self._failed) <= MOST_KEPT:
            return
        for key, (_count, last) in list(self._failed.items()):
            if now - last > FORGET_AFTER:
                del self._failed[key]
        for key in list(self._failed)[: len(self._failed) - MOST_KEPT]:
            del self._failed[key]


def _key(address: str, account: str) -> tuple[str, str]:
    """An IPv6 caller owns a whole /64, so that is what counts."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address, account
    width = 32 if ip.version == 4 else 64
    return str(ipaddress.ip_network(f"{ip}/{width}", strict=False)), account
