"""Writes the ZIP of an export, a page of rows at a time, so that its size costs neither memory nor a lock.

Every table stands in it twice: `licenses.csv`, in which no cell can run as a formula, and `licenses.jsonl`
with the texts as they are. A table is read in the order of its ids; what is written while the export runs may
be in it or not.
"""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from server.insights.tables import Table, tables
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.kernel.text import guarded_cell

PAGE = 1_000
FORMAT = 1


@dataclass(frozen=True)
class Written:
    """How many rows of each table a ZIP holds."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def write_zip(path: Path, *, vendor: str, now: datetime, with_keys: bool) -> Written:
    """Everything of the present vendor. The file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.touch(mode=0o600)
    rows: dict[str, int] = {}
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            for table in tables(with_keys=with_keys):
                _write_table(archive, table, rows)
            about = {
                "format": FORMAT,
                "vendor": vendor,
                "made_at": rfc3339(now),
                "with_keys": with_keys,
                "rows": rows,
            }
            archive.writestr("export.json", json.dumps(about, indent=2) + "\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Written(rows)


def _write_table(archive: zipfile.ZipFile, table: Table, rows: dict[str, int]) -> None:
    """A ZIP takes one file after the other: the JSON lines wait on disk while the CSV is written."""
    rows[table.name] = 0
    with tempfile.TemporaryFile() as lines:
        with archive.open(f"{table.name}.csv", "w", force_zip64=True) as file:
            cells = csv.writer(text := _text(file))
            cells.writerow(table.columns)
            for row in _rows(table):
                cells.writerow([_cell(value) for value in row.values()])
                lines.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
                rows[table.name] += 1
            text.flush()
            text.detach()
        lines.seek(0)
        with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
            while chunk := lines.read(1 << 20):
                file.write(chunk)


def _rows(table: Table) -> Iterator[dict[str, Any]]:
    id_of = table.model.__mapper__.primary_key[0]
    last = ""
    while page := session.execute(table.ask().where(id_of > last).order_by(id_of).limit(PAGE)).all():
        for row in page:
            last = row.id
            yield {name: _plain(row, source) for name, source in table.columns.items()}
        session.rollback()  # a long read would keep the database from cleaning up


def _plain(row: Any, source: Any) -> Any:
    value = getattr(row, source) if isinstance(source, str) else source(row)
    return rfc3339(value) if isinstance(value, datetime) else value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    return text if isinstance(value, (int, float)) else guarded_cell(text)


def _text(file: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
