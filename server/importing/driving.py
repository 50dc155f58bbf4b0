"""An import from files to rows, a commit a slice: what the command line, the job and tests call."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, nullcontext
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TextIO

from server.importing.files import Progress, open_source
from server.importing.formats import FORMATS
from server.importing.reading import Options
from server.importing.services import Import, Report, read_files, slices
from server.kernel.db import engine, session, writing

BREATH_S = 0.12  # SQLite keeps no queue: who waits to write looks again every tenth of a second


def import_files(
    system: str,
    files: Sequence[tuple[Path, str]],
    *,
    now: datetime,
    actor: str,
    zone: tzinfo,
    encoding: str = "",
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    sink: TextIO | None = None,
    progress: Progress | None = None,
    each_slice: Callable[[], None] = lambda: None,
) -> Report:
    """Import these files (path and the name a person knows) for the present vendor.

    The write lock is held for one slice at a time, so that the server goes on working. A run that was cut
    short is simply run again. Raises FileNotRead, FilesEmpty, JsonBroken, MappingWrong.
    """
    opened = [open_source(path, name, progress, encoding) for path, name in files]
    run = Import(FORMATS[system], now=now, actor=actor, mapping=mapping, dry_run=dry_run, report=Report(sink))
    with closing(run):
        for some in slices(read_files(run, opened, Options(zone))):
            with nullcontext() if dry_run else writing():
                run.take(some)
            if dry_run:
                session.rollback()  # a long look would keep the database from cleaning up
            session.expire_all()
            each_slice()
            if not dry_run and engine().dialect.name == "sqlite":
                time.sleep(BREATH_S)
        run.catalogue.note_unused()
    return run.report
