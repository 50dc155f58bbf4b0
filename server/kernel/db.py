"""The database: one engine, one session a thread, aware moments, and the one door to writing."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import (
    DeclarativeBase,
    ORMExecuteState,
    Session,
    UOWTransaction,
    scoped_session,
    sessionmaker,
)

from server.kernel.errors import Unavailable

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class NotWriting(RuntimeError):
    """Something was to be written outside `writing()`: a mistake in the code, never of the caller."""


class Moment(TypeDecorator[datetime]):
    """An aware moment: timestamptz on PostgreSQL, fixed-width UTC text on SQLite (which forgets zones)."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """In one call for each value: every row that is read goes through here."""
        return _from_text if dialect.name == "sqlite" else _in_utc


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it as a plain class attribute
        datetime: Moment(),
        str: Text(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        list[dict[str, Any]]: JSON(none_as_null=True),
    }


TURN_S = 10.0
_one_writer = threading.Lock()
session: scoped_session[Session] = scoped_session(sessionmaker())
_engine: Engine | None = None


def connect(url: str) -> Engine:
    """Open the database of this process. SQLite files get WAL, full sync and foreign keys."""
    global _engine
    session.remove()
    if _engine is not None:
        _engine.dispose()
    _engine = _sqlite_engine(url) if make_url(url).get_backend_name() == "sqlite" else _postgres_engine(url)
    session.configure(bind=_engine)
    return _engine


def disconnect() -> None:
    """Close every connection of this process."""
    global _engine
    session.remove()
    if _engine is not None:
        _engine.dispose()
    _engine = None


def engine() -> Engine:
    """The engine opened by `connect`."""
    if _engine is None:
        raise RuntimeError("the database is not connected yet")
    return _engine


def holds(column: Any, text: str) -> ColumnElement[bool]:
    """Whether the column holds this text anywhere, whatever the case; % and _ stand for themselves."""
    found: ColumnElement[bool] = column.icontains(text, autoescape=True)
    return found


@contextmanager
def writing() -> Iterator[None]:
    """The one way to write: ends the read transaction, begins a writing one, commits or rolls back.

    On SQLite the writing transaction is `BEGIN IMMEDIATE`: it waits for its turn at the start instead of
    failing half-way. Rows loaded before are read again inside, so a decision never rests on an old read.
    """
    if is_writing():
        raise NotWriting("writing() does not nest: the caller already commits")
    session.commit()
    with _turn():
        session.connection(execution_options={"keydesk_writing": True})
        try:
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise


def is_writing() -> bool:
    """Whether the present transaction was opened by `writing()`."""
    return _may_write(session())


@contextmanager
def _turn() -> Iterator[None]:
    """On SQLite the threads of a process queue up here: its own waiting is polling, and not fair."""
    if engine().dialect.name != "sqlite":
        yield
        return
    if not _one_writer.acquire(timeout=TURN_S):
        raise Unavailable
    try:
        yield
    finally:
        _one_writer.release()


def _may_write(current: Session) -> bool:
    if not current.in_transaction():
        return False
    return bool(current.connection().get_execution_options().get("keydesk_writing"))


def _sqlite_engine(url: str) -> Engine:
    """Errors name the statement without its values: those are people's, and an error goes to the log."""
    made = create_engine(
        url,
        connect_args={"timeout": 5, "check_same_thread": False},
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        pool_size=32,
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def make_url_for_driver(url: str) -> URL:
    """The address with our driver named: people write `postgresql://`."""
    parsed = make_url(url)
    return parsed if parsed.get_backend_name() == "sqlite" else parsed.set(drivername="postgresql+psycopg")


def _postgres_engine(url: str) -> Engine:
    return create_engine(
        make_url_for_driver(url),
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        pool_size=20,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=5,
        connect_args={
            "options": "-c statement_timeout=10000 -c lock_timeout=5000"
            " -c idle_in_transaction_session_timeout=15000 -c timezone=UTC"
        },
    )


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in (
        "auto_vacuum=INCREMENTAL",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "temp_store=MEMORY",
        "cache_size=-16000",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _lower(value: Any) -> Any:
    """SQLite's own knows ASCII only: a search for "сергей" would not find "Сергей"."""
    return value.lower() if isinstance(value, str) else value


def _begin_sqlite(connection: Connection) -> None:
    wants_to_write = connection.get_execution_options().get("keydesk_writing")
    connection.execute(text("BEGIN IMMEDIATE" if wants_to_write else "BEGIN DEFERRED"))


@event.listens_for(session, "before_flush")
def _refuse_unannounced_flush(current: Session, _context: UOWTransaction, _instances: Any) -> None:
    if (current.new or current.deleted or any(current.is_modified(row) for row in current.dirty)) and not (
        _may_write(current)
    ):
        raise NotWriting("rows were changed outside writing()")


@event.listens_for(session, "do_orm_execute")
def _refuse_unannounced_statement(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and not _may_write(state.session):
        raise NotWriting("a writing statement was sent outside writing()")
