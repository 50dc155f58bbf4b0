"""A large import of each format ends soon, with flat memory, and a second run changes no row.

2,000 licenses in every run; 100,000 (with 200,000 sites) when KEYDESK_TEST_FULL is set: `./check --full`.
"""

import os
import time
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server.kernel.db import session
from server.licensing.models import Activation, License
from tests.conftest import Cast
from tests.server.importing.conftest import Bring
from tests.server.importing.many import MANY, SITES
from tests.server.importing.test_running_again import checksum

FULL = bool(os.environ.get("KEYDESK_TEST_FULL"))
COUNT = 100_000 if FULL else 2_000
READERS = ["sqlite", "postgresql"] if FULL else ["sqlite"]
SECONDS = 300


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("system", MANY)
def test_a_large_import_ends_soon_and_a_second_run_changes_nothing(
    bring: Bring, harbour: Cast, tmp_path: Path, system: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = MANY[system](tmp_path, COUNT)
    began, cpu_began = time.perf_counter(), time.process_time()
    first = bring(system, *files)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began

    assert first.counts["license", "created"] == COUNT
    assert first.counts["activation", "created"] == COUNT * SITES
    assert session.scalar(select(func.count()).select_from(License)) == COUNT
    assert session.scalar(select(func.sum(License.seats_used))) == COUNT
    assert session.scalar(select(func.count()).select_from(Activation)) == COUNT * SITES
    assert seconds < SECONDS

    before = checksum()
    began = time.perf_counter()
    second = bring(system, *files)
    again = time.perf_counter() - began
    assert checksum() == before
    assert second.counts["license", "unchanged"] == COUNT
    with capsys.disabled():
        load = os.getloadavg()[0]
        told = f"{COUNT:,} licenses in {seconds:.1f} s ({cpu:.1f} s of CPU, load {load:.0f})"
        print(f"\n{system}: {told}, again in {again:.1f} s")


@pytest.mark.parametrize("database", READERS, indirect=True)
def test_memory_does_not_grow_with_the_file(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    """Four times the rows do not take twice the memory. The full run adds PostgreSQL to SQLite."""
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    small, large = MANY["freemius"](tmp_path / "small", 1_000), MANY["freemius"](tmp_path / "large", 4_000)
    bring("freemius", *small, dry_run=True)  # what is loaded once is loaded
    peaks = []
    for files in (small, large):
        tracemalloc.start()
        bring("freemius", *files, dry_run=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]
