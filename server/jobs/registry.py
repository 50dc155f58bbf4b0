"""Which function handles which kind of job, how long it may take, and when it is tried again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

INTERNAL = (1, 5, 30, 300, 3600, 3600, 3600, 7200, 7200)


@dataclass(frozen=True)
class Job:
    """What a handler is told: which row, what was asked, and the number of this try (1 is the first)."""

    id: int
    kind: str
    tenant_id: str | None
    args: dict[str, Any]
    tries: int


class Retry(Exception):
    """Not done yet: come again by the schedule, but not before `after_s` seconds."""

    def __init__(self, reason: str, *, after_s: float = 0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Postpone(Exception):
    """Nothing was tried: come again in `seconds`; the schedule does not move on."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"postponed by {seconds} s")
        self.seconds = seconds


class Fail(Exception):
    """It can never be done; the code says why."""


@dataclass(frozen=True)
class Handler:
    """A kind of job. `lease_s` is 3-4 times the worst run time; `schedule` holds the waits in seconds.

    A `daily` one is owed each day by itself, without a vendor and without arguments.
    """

    kind: str
    queue: str
    lease_s: int
    schedule: Sequence[float]
    run: Callable[[Job], None]
    daily: bool = False


_handlers: dict[str, Handler] = {}


def handler(
    kind: str, *, queue: str, lease_s: int = 60, schedule: Sequence[float] = INTERNAL, daily: bool = False
) -> Callable[[Callable[[Job], None]], Callable[[Job], None]]:
    """Register a function as the handler of a kind.

    It runs in the scope of the job's vendor, without an open transaction, and may run twice.
    """

    def register(run: Callable[[Job], None]) -> Callable[[Job], None]:
        _handlers[kind] = Handler(kind, queue, lease_s, tuple(schedule), run, daily)
        return run

    return register


def find(kind: str) -> Handler | None:
    """The handler of a kind, or None for a kind this version does not know."""
    return _handlers.get(kind)


def queues() -> set[str]:
    """The names of all queues that have handlers."""
    return {known.queue for known in _handlers.values()}


def all_handlers() -> list[Handler]:
    """Every kind of job, by name (the reference)."""
    return [_handlers[kind] for kind in sorted(_handlers)]
