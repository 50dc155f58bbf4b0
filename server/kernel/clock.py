"""The only place that asks what time it is."""

import time
from datetime import UTC, datetime

# Ends and beginnings that people give lie between these years. 2999-12-31 and 9999-12-31 are other people's
# words for "never", and the calendar has no day after the second.
FIRST_YEAR, FAR_AWAY = 1970, 2200


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds of a clock that never jumps: for durations and deadlines."""
    return time.monotonic()


def rfc3339(moment: datetime | None) -> str | None:
    """A moment as the API writes it: UTC, whole seconds, `Z`."""
    if moment is None:
        return None
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()[:19] + "Z"
