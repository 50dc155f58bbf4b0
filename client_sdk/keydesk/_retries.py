"""When a call is tried again, and how long to wait before it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

from keydesk.errors import BadInput

AGAIN = frozenset((429, 502, 503, 504))
IN_PROGRESS = "idempotency_in_progress"


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how patiently a call is repeated.

    `total`: repetitions after the first try (0 = never). `backoff_s`: the wait before the first repetition,
    doubled each time, of which a random part between half and all is taken. `longest_wait_s`: when the
    server asks for more than this (`Retry-After`), the error is raised at once and carries `retry_after`
    instead.
    """

    total: int = 4
    backoff_s: float = 0.5
    longest_wait_s: float = 30.0

    def __post_init__(self) -> None:
        if self.total < 0 or self.backoff_s < 0 or self.longest_wait_s < 0:
            raise BadInput("retries are counted and waited for in numbers from 0 on", field="retries")

    def pause_before(self, repetition: int, *, asked_s: int | None = None) -> float | None:
        """Seconds to wait before repetition 1, 2, …; None when it is not to be tried again."""
        if repetition > self.total or (asked_s or 0) > self.longest_wait_s:
            return None
        full: float = min(self.backoff_s * 2 ** (repetition - 1), self.longest_wait_s)
        jittered = full * (0.5 + secrets.randbelow(1001) / 2000)
        return max(jittered, float(asked_s or 0))


def may_be_repeated(status: int, code: str) -> bool:
    """429 and the gateway's errors; and our own earlier try that is still running."""
    return status in AGAIN or (status == 409 and code == IN_PROGRESS)


def asked_wait(headers: Mapping[str, str], now: float) -> int | None:
    """The seconds of `Retry-After` (a number or an HTTP date), counted from `now` (Unix seconds).

    None when the header is absent or unreadable.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    from email.utils import parsedate_to_datetime  # here, because half of the import time would be its own

    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0, round(aware.timestamp() - now))
