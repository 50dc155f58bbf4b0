"""While an import runs, the server goes on writing: who waits for SQLite's one writer is soon next."""

import sqlite3
import threading
import time
from pathlib import Path

from sqlalchemy import event

from server.kernel import settings
from server.kernel.db import engine
from tests.conftest import Cast
from tests.server.importing.conftest import Bring
from tests.server.importing.many import MANY

SLICES_AT_MOST = 2  # one would do; a busy machine looks late


def test_another_process_gets_its_turn(bring: Bring, harbour: Cast, database: str, tmp_path: Path) -> None:
    if database != "sqlite":
        return  # PostgreSQL has no single writer
    files = MANY["edd"](tmp_path, 5_000)
    slices: list[float] = []
    event.listen(engine(), "commit", lambda _connection: slices.append(time.perf_counter()))
    waits: list[tuple[float, float]] = []
    done = threading.Event()

    def write() -> None:
        """As a request in the web process does: begin, write, commit."""
        other = sqlite3.connect(
            settings.current().data_dir / "keydesk.sqlite3", timeout=60, isolation_level=None
        )
        while not done.is_set():
            began = time.perf_counter()
            other.execute("BEGIN IMMEDIATE")
            waits.append((began, time.perf_counter()))
            other.execute("UPDATE vendors SET name = name")
            other.execute("COMMIT")
            done.wait(0.05)
        other.close()

    beside = threading.Thread(target=write)
    beside.start()
    try:
        report = bring("edd", *files)
    finally:
        done.set()
        beside.join()
    assert report.counts["license", "created"] == 5_000
    assert len(waits) > 5
    assert (
        max(sum(began < slice_at < ended for slice_at in slices) for began, ended in waits) <= SLICES_AT_MOST
    )
