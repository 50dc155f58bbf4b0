"""Jobs of exports: make the ZIP, and take it away after a day."""

from server.accounts.services import vendor
from server.insights import services
from server.insights.models import Export
from server.jobs.registry import Job, handler
from server.jobs.services import enqueue
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve

LONG = 1_800  # a vendor with millions of rows
AGAIN = 60


@handler("insights.export", queue="long", lease_s=LONG, schedule=(AGAIN,))
def export(job: Job) -> None:
    """Make the file, then say that it is there; after a second failure say that instead."""
    try:
        _export(job)
    except Exception:
        session.rollback()
        if job.tries > 1:
            with writing():
                services.fail_export(job.args["export_id"])
        raise


def _export(job: Job) -> None:
    wanted = resolve(Export, job.args["export_id"])
    if wanted.state != "working":
        return
    export_id, with_keys, path = wanted.id, wanted.with_keys, services.path_of(wanted)
    written = services.write_zip(path, vendor=vendor().slug, now=clock.now(), with_keys=with_keys)
    with writing():
        services.finish_export(export_id, rows=written.total, now=clock.now())
        enqueue("insights.forget", {"export_id": export_id}, due_at=clock.now() + services.KEPT)


@handler("insights.forget", queue="long")
def forget(job: Job) -> None:
    """The day is over."""
    with writing():
        services.forget_export(job.args["export_id"])
