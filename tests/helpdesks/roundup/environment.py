"""Roundup's own small Python environment, made once and kept in the cache folder."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "2.6.0"


def roundup_python() -> Path:
    """The interpreter that can import Roundup; the first call installs it (about 10 seconds)."""
    cache = Path(os.environ.get("KEYDESK_CACHE") or Path.home() / ".cache" / "keydesk")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = cache / f"roundup-{VERSION}-py{python}"
    cache.mkdir(parents=True, exist_ok=True)
    with _only_one(cache / f"{home.name}.lock"):
        if not (home / "complete").exists():
            _install(home)
    return home / "bin" / "python"


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(home: Path) -> None:
    # without pip of its own: Debian ships ensurepip apart
    _run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(home)])
    _run([*_pip(), "--python", str(home / "bin" / "python"), "install", "--quiet", f"roundup=={VERSION}"])
    (home / "complete").touch()


def _pip() -> list[str]:
    for python in (sys.executable, "python3"):
        if (
            subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode
            == 0
        ):
            return [python, "-m", "pip", "--disable-pip-version-check"]
    raise RuntimeError("pip is needed to install Roundup: on Debian, apt-get install python3-pip")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
