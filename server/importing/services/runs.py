"""Imports of the console: uploaded, tried, run by a job, and forgotten after a day."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from server.accounts.services import audit
from server.importing.models import ImportRun
from server.importing.services.reporting import Report
from server.kernel import settings
from server.kernel.db import session
from server.kernel.tenancy import resolve
from server.kernel.text import one_line, shorten

KEPT = timedelta(hours=24)
LISTED = 10
REASONS = 40
Save = Callable[[Path], None]


def begin_run(
    system: str,
    files: Sequence[tuple[str, Save]],
    *,
    mapping: Mapping[str, str],
    zone: str,
    encoding: str,
    actor: str,
    now: datetime,
) -> ImportRun:
    """Keep the uploaded files; the caller enqueues the dry run."""
    names = [shorten(one_line(name), 120) or "file" for name, _save in files]
    run = ImportRun(
        system=system,
        file_names=names,
        mapping=dict(mapping),
        zone=zone,
        encoding=encoding,
        total_bytes=0,
        actor=actor,
        created_at=now,
        files_until=now + KEPT,
    )
    session.add(run)
    session.flush()
    folder = folder_of(run)
    folder.mkdir(parents=True, mode=0o700)
    for at, (_name, save) in enumerate(files):
        save(folder / str(at))
        (folder / str(at)).chmod(0o600)
    run.total_bytes = sum(path.stat().st_size for path, _name in files_of(run))
    audit(actor, "import.began", run.id, system=system, files=names)
    return run


def start_run(run: ImportRun, *, actor: str) -> bool:
    """From the report of the dry run to the import itself; False when that was said before."""
    won = session.execute(
        update(ImportRun)
        .where(ImportRun.id == run.id, ImportRun.state == "checked")
        .values(state="running", done_bytes=0, ended_at=None)
        .returning(ImportRun.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.expire(run)
    if won is not None:
        audit(actor, "import.started", run.id)
    return won is not None


def note_progress(run_id: str, done_bytes: int) -> None:
    """How much of the files has been read."""
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == run_id)
        .values(done_bytes=done_bytes)
        .execution_options(synchronize_session=False)
    )


def end_phase(run_id: str, report: Report, *, now: datetime) -> None:
    """The dry run, or the import, is over. Files that were imported go at once: they hold keys."""
    run = resolve(ImportRun, run_id)
    run.counts = [
        {
            "kind": kind,
            "created": created,
            "unchanged": unchanged,
            "skipped": skipped,
            "names": report.names.get(kind, []),
        }
        for kind, created, unchanged, skipped in report.table()
    ]
    run.reasons = [
        {"outcome": outcome, "kind": kind, "code": code, "count": count}
        for (outcome, kind, code), count in report.reasons.most_common(REASONS)
    ]
    run.shown = [asdict(line) | {"place": list(line.place)} for line in report.shown]
    run.done_bytes, run.ended_at = run.total_bytes, now
    run.state = "checked" if run.state == "checking" else "done"
    if run.state == "done":
        for path, _name in files_of(run):
            path.unlink(missing_ok=True)


def fail_run(run_id: str, words: str, *, now: datetime) -> None:
    """It could not go on, and why. What was written stays; the next import finds it."""
    run = resolve(ImportRun, run_id)
    run.state, run.error, run.ended_at = "failed", shorten(words, 500), now


def forget_run(run_id: str) -> None:
    """The day is over: its files and its report go, the line in the list stays."""
    run = resolve(ImportRun, run_id)
    shutil.rmtree(folder_of(run), ignore_errors=True)
    run.files_until = None


def latest_runs() -> list[ImportRun]:
    """The newest first."""
    return list(session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(LISTED)))


def folder_of(run: ImportRun) -> Path:
    """Where its files and its report lie."""
    return settings.current().data_dir / "imports" / run.id


def files_of(run: ImportRun) -> list[tuple[Path, str]]:
    """The uploaded files with their names."""
    return [(folder_of(run) / str(at), name) for at, name in enumerate(run.file_names)]


def report_of(run: ImportRun) -> Path:
    """The CSV of everything that was left out."""
    return folder_of(run) / "report.csv"
