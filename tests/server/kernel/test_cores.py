"""Threads of the serving process meet on one core and leave it again; elsewhere they stay as they are."""

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from server.kernel import cores

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs a system that places threads, and two cores",
)


@pytest.fixture
def serving() -> Iterator[None]:
    before, cores._cores = cores._cores, frozenset()
    cores.serve_on_cores()
    yield
    cores._cores = before


def where(*acts: Callable[[], None]) -> set[int]:
    """The cores that a new thread may use after these acts."""
    seen: list[set[int]] = []

    def run() -> None:
        for act in acts:
            act()
        seen.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return seen[0]


def test_gathered_threads_share_one_core(serving: None) -> None:
    assert where(cores.gather) == where(cores.gather, cores.gather) == {min(os.sched_getaffinity(0))}


def test_a_thread_that_roams_may_run_anywhere(serving: None) -> None:
    assert where(cores.gather, cores.roam) == where(cores.roam) == os.sched_getaffinity(0)


def test_nobody_gathers_in_a_process_that_does_not_serve() -> None:
    assert where(cores.gather) == os.sched_getaffinity(0)


def test_a_core_that_is_gone_stops_nobody(serving: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_cores", frozenset((4_000, 4_001)))  # no machine has them

    assert where(cores.gather) == where(cores.gather, cores.roam) == os.sched_getaffinity(0)
