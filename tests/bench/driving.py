"""Drives a server from outside with wrk and reads what its processes spent meanwhile."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
SCRIPT = Path(__file__).with_name("requests.lua")
TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")


class CannotMeasure(Exception):
    """The figures of this run mean nothing; the sentence says why."""


@dataclass(frozen=True)
class Figures:
    """What one drive of some seconds showed."""

    requests: int
    per_second: float
    cpu_us: float  # of all server processes, user and system, for one request
    p50_ms: float
    p99_ms: float


def drive(url: str, requests: Path, *, pid: int, seconds: float) -> Figures:
    """Ask for some seconds; each line of `requests` in turn (see requests.lua). Every answer must be 200."""
    if shutil.which("wrk") is None:
        raise CannotMeasure("wrk is missing: apt-get install wrk")
    words = [
        *_on_one_core(),
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds:g}s",
        "-s",
        str(SCRIPT),
        url,
        str(requests),
    ]
    before = cpu_us(pid)
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=seconds + 60)
    spent = cpu_us(pid) - before
    found = json.loads(done.stdout.splitlines()[-1])
    if found["errors"] or not found["requests"]:
        raise CannotMeasure(f"{found['errors']} of {found['requests']} answers of {url} were not 200")
    return Figures(
        found["requests"],
        found["requests"] / found["seconds"],
        spent / found["requests"],
        found["p50_ms"],
        found["p99_ms"],
    )


def _on_one_core() -> list[str]:
    """The load tool keeps to one core: wandering, it makes one route 90 or 150 µs."""
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "--cpu-list", str(cores[-1])] if len(cores) > 1 and shutil.which("taskset") else []


def cpu_us(pid: int) -> float:
    """Microseconds of CPU that a process and all below it have used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    own = (int(fields[11]) + int(fields[12])) * TICK_US
    return own + sum(cpu_us(int(child)) for child in children)
