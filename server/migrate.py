"""Brings the database to the present schema; Alembic is imported here and nowhere else (it is slow)."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from server.kernel import db

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


class SchemaUnknown(Exception):
    """The database was written by a newer Keydesk."""


def upgrade(url: str) -> None:
    """Apply what is missing, on the database at `url`."""
    if _is_current(url):
        return
    from alembic import command
    from alembic.util import CommandError

    engine = db.connect(url)
    with engine.connect() as connection:
        try:
            command.upgrade(_config(connection), "head")
        except CommandError as error:
            raise SchemaUnknown("This database belongs to a newer Keydesk; start that version") from error
        connection.commit()
    db.disconnect()


def _is_current(url: str) -> bool:
    """Most starts find nothing to do, and Alembic is slow to import."""
    newest = max(path.stem.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))
    engine = db.connect(url)
    try:
        if not inspect(engine).has_table("alembic_version"):
            return False
        with engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [
                newest
            ]
    finally:
        db.disconnect()


def is_empty(url: str) -> bool:
    """Whether nothing was ever written there."""
    engine = db.connect(url)
    try:
        return not inspect(engine).has_table("alembic_version")
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
