"""The shop's own time: the machine's, moved ahead by a test."""

from __future__ import annotations

import time

_ahead = {"seconds": 0}


def now() -> int:
    return int(time.time()) + _ahead["seconds"]


def advance(seconds: int) -> int:
    _ahead["seconds"] += seconds
    return now()


def reset() -> None:
    _ahead["seconds"] = 0
