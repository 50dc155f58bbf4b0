"""Reads of the hot path: compiled once, on connections that stay open in autocommit, without any session.

A session and a transaction cost many times the read itself. Vendors are not kept apart here: a statement
belongs here only when a secret in its condition names the vendor.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, event
from sqlalchemy.exc import SQLAlchemyError

from server.kernel.db import engine

MAPPED_BYTES = 2**31 - 65_536  # the most that SQLite maps
Reader = Callable[[Any], Any] | None


class CannotRead(Exception):
    """The database did not answer, on a fresh connection either."""


class _Compiled(NamedTuple):
    """A statement in the words of one engine, what turns columns into values, and connections to ask on."""

    engine: Engine
    broken: type[Exception]  # what the driver raises
    sql: str
    readers: list[tuple[int, Reader]]  # of the columns that need one
    idle: deque[Any]  # the driver's own connections

    def fetch(self, value: Any) -> list[Any]:
        """On a connection that was used before; a dead one is replaced once."""
        try:
            return self._ask(self.idle.pop(), value)
        except (IndexError, self.broken):
            pass
        try:
            return self._ask(_open(self.engine), value)
        except (self.broken, SQLAlchemyError) as error:
            raise CannotRead from error

    def _ask(self, connection: Any, value: Any) -> list[Any]:
        """Read to the end: an open read would keep SQLite's log from being emptied."""
        try:
            found: list[Any] = connection.execute(self.sql, (value,)).fetchall()
        except BaseException:
            connection.close()
            raise
        self.idle.append(connection)
        return found


class Prepared:
    """A SELECT with one bound value, asked again and again."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement
        self._compiled: _Compiled | None = None

    @property
    def idle(self) -> deque[Any]:
        """Connections that are open and asked by nobody now."""
        return self._compiled.idle if self._compiled else deque()

    def rows(self, value: Any) -> list[list[Any]]:
        """All rows for this value. Raises CannotRead."""
        compiled = self._compiled
        if compiled is None or compiled.engine is not engine():
            compiled = self._compiled = _compile(self.statement)
        return [_read(list(row), compiled.readers) for row in compiled.fetch(value)]


def _compile(statement: Select[*tuple[Any, ...]]) -> _Compiled:
    made, dialect = engine(), engine().dialect
    compiled = statement.compile(dialect=dialect)
    if len(compiled.params) != 1:
        raise ValueError("a prepared read has exactly one bound value")
    sql = compiled.string
    for name in compiled.params:  # the drivers take one value by its place, so no dictionary is made for it
        sql = sql.replace(f"%({name})s", "%s")
    types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    readers = [(place, kind.result_processor(dialect, None)) for place, kind in enumerate(types)]
    idle: deque[Any] = deque()
    event.listen(made, "engine_disposed", lambda _engine: _close_all(idle))
    broken = made.dialect.loaded_dbapi.Error
    return _Compiled(made, broken, sql, [(place, reader) for place, reader in readers if reader], idle)


def _close_all(idle: deque[Any]) -> None:
    while idle:
        idle.pop().close()


def _open(made: Engine) -> Any:
    connection = made.raw_connection()
    driver: Any = connection.dbapi_connection
    connection.detach()  # ours until the end: it takes no place in the pool
    if made.dialect.name == "postgresql":
        driver.autocommit, driver.prepare_threshold = True, 0
    else:
        driver.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")  # pages are read where the kernel holds them
    return driver


def _read(row: list[Any], readers: list[tuple[int, Reader]]) -> list[Any]:
    for place, reader in readers:
        if (
            row[place] is not None
        ):  # half of a license's columns are empty, and empty is None whatever the type
            row[place] = reader(row[place])  # type: ignore[misc]  # only those that need one are listed
    return row
