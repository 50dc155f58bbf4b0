"""The file store: content-addressed files under the data folder, durable before a row may name them."""

import hashlib
import os
import tempfile
from pathlib import Path

from server.kernel import settings


def keep(raw: bytes) -> str:
    """Store these bytes (once) and answer their SHA-256 in lower hex."""
    digest = hashlib.sha256(raw).hexdigest()
    path = path_of(digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)  # appears whole or not at all
    _sync_folder(path.parent)
    return digest


def path_of(digest: str) -> Path:
    """Where the bytes of this SHA-256 lie."""
    return settings.current().data_dir / "files" / digest[:2] / digest


def remove(digest: str) -> None:
    """Delete the bytes; the caller has made sure that no row names them."""
    path_of(digest).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
