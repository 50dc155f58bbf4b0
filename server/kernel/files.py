"""The file store: content-addressed files under the data folder, durable before a row may name them."""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.kernel import settings

FRESH_S = 3600  # somebody who just kept the same bytes may still be about to write the row that names them


def keep(raw: bytes, *, room: str = "files") -> str:
    """Store these bytes (once) and answer their SHA-256 in lower hex.

    A room keeps its files apart, so that removing one of its own never takes another room's away.
    """
    digest = hashlib.sha256(raw).hexdigest()
    path = path_of(digest, room=room)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(room):
        if path.exists():
            os.utime(path)
            return digest
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    with _alone(room):
        Path(temporary).replace(path)  # appears whole or not at all
    _sync_folder(path.parent)
    return digest


def path_of(digest: str, *, room: str = "files") -> Path:
    """Where the bytes of this SHA-256 lie."""
    return settings.current().data_dir / room / digest[:2] / digest


def remove(digest: str, *, room: str = "files") -> None:
    """Delete the bytes unless they were kept again within the last hour.

    The caller has made sure that no row names them.
    """
    path = path_of(digest, room=room)
    with _alone(room):
        if path.exists() and time.time() - path.stat().st_mtime > FRESH_S:
            path.unlink()


@contextmanager
def _alone(room: str) -> Iterator[None]:
    """One process or thread at a time decides whether a file of the room stays."""
    lock = settings.current().data_dir / room / ".lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
