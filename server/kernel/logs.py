"""What the log says: one line of JSON for each event, so that no text of a stranger can forge a line."""

import json
import logging
from datetime import UTC, datetime

from server.kernel.clock import rfc3339

_EVERY_RECORD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


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
