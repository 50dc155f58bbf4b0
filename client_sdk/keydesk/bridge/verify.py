"""Says whether a built copy of the bridge is still what the builder wrote."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class VerifyReport:
    """Which copy this is, and what differs from its BUILD.json (three lists of paths)."""

    version: str
    edition: str
    slug: str
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_untouched(self) -> bool:
        """Every file is there, unchanged, and nothing was added."""
        return not (self.changed or self.missing or self.unknown)


def verify(path: Path) -> VerifyReport:
    """Compare a built copy with its BUILD.json. Raises ValueError when there is none."""
    try:
        made = json.loads((path / "BUILD.json").read_text("utf-8"))
        sums: dict[str, str] = dict(made["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a built bridge") from error
    here = {file.relative_to(path).as_posix(): file for file in sorted(path.rglob("*")) if file.is_file()}
    here.pop("BUILD.json")
    changed = [name for name, total in sums.items() if name in here and _sum(here[name]) != total]
    return VerifyReport(
        version=str(made.get("bridge_version", "")),
        edition=str(made.get("edition", "")),
        slug=str(made.get("slug", "")),
        changed=tuple(changed),
        missing=tuple(name for name in sums if name not in here),
        unknown=tuple(name for name in here if name not in sums),
    )


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
