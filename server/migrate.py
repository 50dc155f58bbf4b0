"""Brings the database to the present schema; Alembic is imported here and nowhere else (it is slow)."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect

from server.kernel import db

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"


class SchemaUnknown(Exception):
    """The database was written by a newer Keydesk."""


def upgrade(url: str) -> None:
    """Apply what is missing, on the database at `url`."""
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


def downgrade(url: str, revision: str = "base") -> None:
    """Take revisions back (tests; each one has a way down)."""
    from alembic import command

    engine = db.connect(url)
    with engine.connect() as connection:
        command.downgrade(_config(connection), revision)
        connection.commit()
    db.disconnect()


def is_empty(url: str) -> bool:
    """Whether nothing was ever written there."""
    engine = db.connect(url)
    empty = not inspect(engine).has_table("alembic_version")
    db.disconnect()
    return empty


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
