"""How a command begins: with settings, keys and database, or with one sentence about what is missing."""

import os
from pathlib import Path
from typing import IO, NoReturn

import click

from server.kernel import settings
from server.kernel.secrets import KeyFileWrong, load_keys
from server.kernel.settings import Settings, WrongSetting

REFUSED_START = 2
LOCKED = 3


class NoServerThere(Exception):
    """The folder is none in which a server ever ran."""


def environment(port: int | None, data_dir: Path | None, *, demo: bool) -> dict[str, str]:
    """The settings of this start, also for the children that inherit them."""
    if data_dir is not None:
        os.environ["KEYDESK_DATA_DIR"] = str(data_dir.resolve())
    if demo:
        os.environ.setdefault("KEYDESK_ENV", "development")
    if port is not None and os.environ.get("KEYDESK_ENV") == "development":
        os.environ.setdefault("KEYDESK_PUBLIC_URL", f"http://127.0.0.1:{port}")
        os.environ.setdefault("KEYDESK_ALLOWED_HOSTS", f"127.0.0.1:{port},localhost:{port}")
    return dict(os.environ)


def beside(data_dir: Path | None) -> dict[str, str]:
    """The settings of a command on a server's data: those given, or those the demo there runs with."""
    try:
        return settings.as_last_started(environment(None, data_dir, demo=False))
    except WrongSetting as error:
        refuse(error)


def hold_the_folder(environ: dict[str, str]) -> IO[str]:
    """The lock on the data folder, before anything else is written there."""
    from server.supervisor import FolderInUse, hold_folder

    try:
        return hold_folder(_settings(environ).data_dir)
    except FolderInUse as error:
        click.echo(f"keydesk: {error}", err=True)
        raise SystemExit(LOCKED) from error


def start(environ: dict[str, str]) -> Settings:
    """For what makes or runs a server: the folder is made, and keys where no database needs older ones."""
    from server.migrate import DatabaseWrong

    loaded = _settings(environ)
    try:
        key_file = loaded.data_dir / "keys" / "master.json"
        load_keys(key_file, create=not key_file.exists() and _may_create_keys(loaded))
    except (KeyFileWrong, DatabaseWrong, OSError) as error:
        refuse(error)
    return loaded


def open_server(data_dir: Path | None) -> Settings:
    """For commands on the data of a server that is there. Where none is, nothing is made."""
    from server import migrate

    environ = beside(data_dir)
    try:
        _look_for_keys(settings.data_dir_of(environ))
        loaded = start(environ)
        migrate.refuse_unless_current(loaded.database_url)
    except (NoServerThere, migrate.DatabaseWrong, OSError) as error:
        refuse(error)
    return loaded


def _look_for_keys(folder: Path) -> None:
    if not (folder / "keys" / "master.json").exists():
        raise NoServerThere(
            f"{folder} is no data folder of a server: it holds no keys/master.json. Name the right one with"
            " --data-dir or KEYDESK_DATA_DIR; `keydesk-server migrate` makes a new one."
        )


def upgrade(loaded: Settings) -> None:
    """Bring the tables up to date."""
    from server import migrate

    try:
        migrate.upgrade(loaded.database_url)
    except migrate.DatabaseWrong as error:
        refuse(error)


def refuse(error: Exception) -> NoReturn:
    """End with a sentence instead of a traceback."""
    click.echo(f"keydesk: {error}", err=True)
    raise SystemExit(REFUSED_START) from error


def _settings(environ: dict[str, str]) -> Settings:
    try:
        loaded = settings.load(environ)
        loaded.data_dir.mkdir(parents=True, exist_ok=True)
    except (WrongSetting, OSError) as error:
        refuse(error)
    return loaded


def _may_create_keys(loaded: Settings) -> bool:
    """New keys only where no database could need older ones: with wrong keys nothing in it opens."""
    from server import migrate

    return migrate.is_empty(loaded.database_url)
