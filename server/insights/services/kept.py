"""Exports of the console: asked for, made by a job, kept for a day."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from server.accounts.services import audit
from server.insights.models import Export
from server.kernel import settings
from server.kernel.db import session
from server.kernel.tenancy import resolve

KEPT = timedelta(hours=24)
LISTED = 5


def begin_export(*, with_keys: bool, actor: str, now: datetime) -> Export:
    """Write down that an export is owed; the caller enqueues its job."""
    export = Export(with_keys=with_keys, actor=actor, created_at=now)
    session.add(export)
    session.flush()
    audit(actor, "export.asked", export.id, with_keys=with_keys)
    return export


def finish_export(export_id: str, *, rows: int, now: datetime) -> None:
    """The file is there, for a day."""
    export = resolve(Export, export_id)
    export.state, export.rows, export.size = "ready", rows, path_of(export).stat().st_size
    export.ready_at, export.until = now, now + KEPT


def fail_export(export_id: str) -> None:
    """It could not be made."""
    resolve(Export, export_id).state = "failed"


def forget_export(export_id: str) -> None:
    """The day is over: the file goes, the line in the list stays."""
    export = resolve(Export, export_id)
    path_of(export).unlink(missing_ok=True)
    if export.state == "ready":
        export.state = "gone"


def latest_exports() -> list[Export]:
    """The newest first."""
    return list(session.scalars(select(Export).order_by(Export.id.desc()).limit(LISTED)))


def path_of(export: Export) -> Path:
    """Where its file lies."""
    return settings.current().data_dir / "exports" / f"{export.id}.zip"
