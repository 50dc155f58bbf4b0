"""Where the threads of the web process run.

Threads that hand the interpreter to each other thousands of times a second do it for half the price on
one core: hand-overs between cores leave the caches behind (docs/decisions/0043-answers-meet-on-one-core.md).
"""

import os
import threading
from contextlib import suppress

_cores: frozenset[int] = frozenset()  # nobody gathers before the process has said that it serves


class _Here(threading.local):
    gathered = False


_here = _Here()


def serve_on_cores() -> None:
    """From now on `gather` works in this process. Other systems than Linux leave every thread where it is."""
    global _cores
    if hasattr(os, "sched_getaffinity"):
        _cores = frozenset(os.sched_getaffinity(0))


def gather() -> None:
    """Run this thread on the one core where all of them meet, until it roams."""
    if not _here.gathered and len(_cores) > 1:
        _run_on(frozenset((min(_cores),)))
        _here.gathered = True


def roam() -> None:
    """Run this thread anywhere again: its work may be long, and nobody shall wait behind it."""
    if _here.gathered:
        _run_on(_cores)
        _here.gathered = False


def _run_on(cores: frozenset[int]) -> None:
    with suppress(OSError):  # the machine may have taken cores away meanwhile: then it decides alone
        os.sched_setaffinity(0, cores)
