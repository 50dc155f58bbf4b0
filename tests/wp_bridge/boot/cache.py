"""The folder that keeps fetched WordPress trees between runs, filled once even when tests run in parallel."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    named = os.environ.get("KEYDESK_WP_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "keydesk-wordpress"


def keep(name: str, fill: Callable[[Path], None]) -> Path:
    """The kept folder of that name; when missing, `fill(empty folder)` makes it. Only whole ones stay."""
    kept = cache_folder() / name
    if kept.is_dir():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with _only_one_at_a_time(kept.parent / f".{name}.lock"):
        if not kept.is_dir():
            fresh = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=kept.parent))
            try:
                fill(fresh)
                fresh.chmod(0o755)
                fresh.rename(kept)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    return kept


@contextmanager
def _only_one_at_a_time(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
