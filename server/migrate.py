"""Brings the database to the present schema; Alembic is imported here and nowhere else (it is slow)."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from server.kernel import db

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


class DatabaseWrong(Exception):
    """The database cannot be worked with as it is; the sentence says what to do."""


def upgrade(url: str) -> None:
    """Apply what is missing, on the database at `url`."""
    if _revision(url) == newest():
        return
    from alembic import command
    from alembic.util import CommandError

    engine = db.connect(url)
    with engine.connect() as connection:
        try:
            command.upgrade(_config(connection), "head")
        except CommandError as error:
            raise DatabaseWrong("This database belongs to a newer Keydesk; start that version") from error
        connection.commit()
    db.disconnect()


def refuse_unless_current(url: str) -> None:
    """For commands on the data of a server, which change no table behind its back. Raises DatabaseWrong."""
    found = _revision(url)
    if not found:
        raise DatabaseWrong("The database holds no tables of Keydesk; `keydesk-server migrate` makes them.")
    if found != newest():
        raise DatabaseWrong(
            "The database is of another version of Keydesk. If that is an older one, stop the server and let"
            " `keydesk-server migrate` bring it up to date; else use the command of that version."
        )


def is_empty(url: str) -> bool:
    """Whether nothing was ever written there. Raises DatabaseWrong."""
    return _revision(url) is None


def newest() -> str:
    """The revision that this version of Keydesk works with."""
    return max(path.stem.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def _revision(url: str) -> str | None:
    """What the database says it is ("" after all revisions were taken back); None: it was never written to.

    Most starts find nothing to do, and Alembic is slow to import.
    """
    try:
        place = make_url(url)
        if place.get_backend_name() == "sqlite" and not Path(place.database or "").exists():
            return None  # looking would make the file
        engine = db.connect(url)
        if not inspect(engine).has_table("alembic_version"):
            return None
        with engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
    except (SQLAlchemyError, ImportError) as error:  # a driver that is not installed
        said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise DatabaseWrong(f"The database cannot be opened: {said}") from error
    finally:
        db.disconnect()


def downgrade(url: str, revision: str = "base") -> None:
    """Take revisions back (tests; each one has a way down)."""
    from alembic import command

    engine = db.connect(url)
    with engine.connect() as connection:
        command.downgrade(_config(connection), revision)
        connection.commit()
    db.disconnect()


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
