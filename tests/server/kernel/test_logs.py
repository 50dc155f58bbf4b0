"""A line of the log is one event with its facts, whatever a stranger wrote into them."""

import json
import logging
import sys

from server.kernel.logs import OneLine

FORGED = "no such shop\n\x1b[31mjob failed for good"


def test_the_facts_of_an_event_stand_in_its_line() -> None:
    record = logging.makeLogRecord(
        {"msg": "job %s", "args": ("failed",), "levelname": "WARNING", "name": "server.jobs.run"}
    )
    vars(record).update(job=7, code=FORGED)
    line = OneLine().format(record)

    assert line.isprintable()
    told = json.loads(line)
    assert told.pop("at").endswith("Z")
    assert told == {
        "event": "job failed",
        "level": "warning",
        "logger": "server.jobs.run",
        "job": 7,
        "code": FORGED,
    }


def test_a_fault_brings_its_trace_in_the_same_line() -> None:
    record = logging.makeLogRecord({"msg": "broken"})
    try:
        int(FORGED)
    except ValueError:
        record.exc_info = sys.exc_info()
    line = OneLine().format(record)

    assert line.isprintable()
    assert "ValueError: invalid literal" in json.loads(line)["trace"]
