"""A line of the log is one event with its facts, whatever a stranger wrote into them."""

import json
import logging
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from server.customers.models import Customer
from server.kernel.db import session, writing
from server.kernel.logs import OneLine
from tests.conftest import NOON, Cast

FORGED = "no such shop\n\x1b[31mjob failed for good"
ADDRESS = "somebody@buyer.example.com"


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


def trace_of(error: BaseException) -> str:
    record = logging.makeLogRecord({"msg": "broken", "exc_info": (type(error), error, error.__traceback__)})
    return str(json.loads(OneLine().format(record))["trace"])


@pytest.mark.parametrize("address", [ADDRESS, "somebody@\n\nTraceback:\nbuyer.example.com"])
def test_whose_address_stood_twice_stays_out_of_the_log(harbour: Cast, address: str) -> None:
    with pytest.raises(DBAPIError) as doubled, writing():
        session.add_all([Customer(email=address, created_at=NOON) for _each in range(2)])
    outer = RuntimeError("behind another one")
    outer.__cause__ = doubled.value
    trace = trace_of(outer)

    assert "IntegrityError" in trace, "what failed is still told"
    assert "INSERT INTO customers" in trace
    assert "buyer.example.com" not in trace
    assert "somebody" not in trace


def test_a_value_that_the_database_cannot_read_stays_out_of_the_log(harbour: Cast, database: str) -> None:
    if database == "sqlite":
        pytest.skip("SQLite reads any text as a number")
    with pytest.raises(DBAPIError) as wrong, writing():
        session.execute(text("SELECT CAST(:sent AS integer)"), {"sent": ADDRESS})

    assert "InvalidTextRepresentation" in trace_of(wrong.value)
    assert ADDRESS not in trace_of(wrong.value)
