"""What an import must remember of its files: in a temporary database on disk, so that memory stays flat."""

import sqlite3
from collections.abc import Iterable, Mapping


class Aside:
    """Texts by kind and key. It is gone when the import ends."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._kept.execute("PRAGMA synchronous=OFF")
        self._kept.execute("PRAGMA journal_mode=OFF")
        self._kept.execute(
            "CREATE TABLE kept (kind TEXT, name TEXT, told TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID"
        )
        self._kept.execute("BEGIN")

    def put(self, kind: str, told: Mapping[str, str]) -> None:
        """Remember, in place of what was remembered under the same names."""
        rows = ((kind, name, text) for name, text in told.items())
        self._kept.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)

    def one(self, kind: str, name: str) -> str | None:
        """What is remembered under this name."""
        row = self._kept.execute("SELECT told FROM kept WHERE kind = ? AND name = ?", (kind, name)).fetchone()
        return None if row is None else str(row[0])

    def many(self, kind: str, names: Iterable[str]) -> dict[str, str]:
        """What is remembered under these names; unknown ones are left out."""
        told = ((name, self.one(kind, name)) for name in dict.fromkeys(names))
        return {name: text for name, text in told if text is not None}

    def close(self) -> None:
        """Forget everything."""
        self._kept.close()
