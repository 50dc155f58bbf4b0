"""What the log says: one line of JSON for each event, so that no text of a stranger can forge a line."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType

from server.kernel.clock import rfc3339

_EVERY_RECORD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LEFT_OUT = "(left out of the log)"
_Fault = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_to_stderr() -> None:
    """From warnings up, for a process that serves: whoever runs it decides where the lines go."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


class OneLine(logging.Formatter):
    """Event, moment and place first, then the facts that the call gave as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "event": record.getMessage(),
            "at": rfc3339(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        told |= {name: value for name, value in vars(record).items() if name not in _EVERY_RECORD}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)

    def formatException(self, ei: _Fault) -> str:  # noqa: N802  the standard library's name
        """Without the values that a database's error quotes: DETAIL names the address that stood twice."""
        trace = super().formatException(ei)
        quoting = {words for fault in _faults(ei[1], set()) for words in _values_in(fault)}
        for words in sorted(quoting, key=len, reverse=True):
            trace = trace.replace(words, _LEFT_OUT)
        return trace


def _faults(fault: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """The exception and all that stand behind it; `orig` is what SQLAlchemy wrapped."""
    if fault is None or id(fault) in seen:
        return
    seen.add(id(fault))
    yield fault
    behind = (fault.__cause__, fault.__context__, getattr(fault, "orig", None))
    for other in (*behind, *getattr(fault, "exceptions", ())):
        yield from _faults(other, seen)


def _values_in(fault: BaseException) -> Iterator[str]:
    """Sentences of PostgreSQL that quote a row or a parameter; of wrong data (class 22) the first too."""
    said = getattr(fault, "diag", None)
    if said is None:
        return
    first = said.message_primary if (said.sqlstate or "").startswith("22") else None
    for words in (first, said.message_detail, said.context):
        if words and words.strip():
            yield words.strip()
