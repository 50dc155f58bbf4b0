"""The supervisor: web and worker as children, restarted when they die, ended together."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

STOP_BUDGET_S = 4.0
RESTART_S = 0.5
MANY_DEATHS = 6
LOOK_BACK_S = 300


class FolderInUse(Exception):
    """Another server already works on this data folder."""


@dataclass
class Child:
    """One process that is meant to run all the time."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    start_at: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def note_death(self, now: float) -> None:
        """Come again after half a second; a child that dies again and again waits longer, to 30 s."""
        self.deaths = [death for death in self.deaths if now - death < LOOK_BACK_S] + [now]
        extra = max(0, len(self.deaths) - MANY_DEATHS)
        self.start_at = now + min(30.0, RESTART_S * 2**extra)
        self.process = None


def hold_folder(data_dir: Path) -> IO[str]:
    """The lock that makes this the only server on the folder; it falls with the process, also a killed one.

    Children inherit nothing of it: the file closes when another program starts.
    """
    path = data_dir / "run" / "server.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise FolderInUse(
            f"Another server works on {data_dir}. Stop it first, or choose another --data-dir."
        ) from error
    return file


def supervise(port: int) -> None:
    """Run web and worker until SIGINT or SIGTERM; everything has stopped within 5 s."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    program = [sys.executable, "-m", "server.cli"]
    children = [
        Child("web", [*program, "web", "--port", str(port)]),
        Child("worker", [*program, "worker"]),
    ]
    for child in children:
        child.start()
    try:
        while not stopping.wait(0.1):
            for child in children:
                _keep_alive(child, time.monotonic())
    finally:
        _stop(children)


def _keep_alive(child: Child, now: float) -> None:
    if child.has_died():
        print(f"keydesk: {child.name} ended, starting it again", file=sys.stderr, flush=True)
        child.note_death(now)
    elif child.process is None and now >= child.start_at:
        child.start()


def _stop(children: Sequence[Child]) -> None:
    running = [child.process for child in children if child.process is not None]
    for process in running:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_BUDGET_S
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)  # what it was doing is owed in the job table
            process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
