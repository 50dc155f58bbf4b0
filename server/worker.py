"""The worker process: relay and job threads, one at a time per data folder."""

import fcntl
import importlib
import pkgutil
import signal
import threading
from pathlib import Path
from typing import IO

import server
from server.jobs.carrier import EmbeddedCarrier
from server.jobs.registry import queues
from server.jobs.relay import Relay
from server.jobs.services import owe_daily
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.logs import log_to_stderr
from server.kernel.settings import Settings

STOP_BUDGET_S = 3.0  # the embedded server stops within 5 s; what is still running is run again by its lease
THREADS = 6


class WorkerRuns(Exception):
    """Another worker already serves this data folder."""


def load_tasks() -> None:
    """Import every room's tasks, so that its handlers are known."""
    for module in pkgutil.iter_modules(server.__path__):
        package = Path(str(server.__path__[0])) / module.name
        if (package / "tasks.py").exists():
            importlib.import_module(f"server.{module.name}.tasks")


def hold_lock(data_dir: Path) -> IO[str]:
    """The lock that makes this the only worker; it falls with the process."""
    path = data_dir / "run" / "worker.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise WorkerRuns(f"another worker holds {path}") from error
    return file


def work(settings: Settings) -> None:
    """Serve jobs until SIGTERM or SIGINT."""
    log_to_stderr()
    load_tasks()
    with hold_lock(settings.data_dir):
        carrier = EmbeddedCarrier(queues() | {"unknown"}, threads=THREADS)
        relay = Relay(carrier)
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        carrier.start()
        with writing():
            owe_daily(clock.now())
        relay.start()
        stopping.wait()
        relay.stop()
        carrier.stop(STOP_BUDGET_S)
