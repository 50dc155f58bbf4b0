"""Jobs of imports: the dry run or the import itself, and forgetting the files after a day."""

from zoneinfo import ZoneInfo

from server.importing import services
from server.importing.driving import import_files
from server.importing.models import AT_WORK, ImportRun
from server.importing.services import Report
from server.jobs.registry import Fail, Job, handler
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.errors import KeydeskError
from server.kernel.tenancy import resolve

LONG = 1_800
AGAIN = 30
TOLD_EVERY_S = 1.0
BROKE_OFF = "The import broke off. What was written stays; start it again, and it goes on where it stopped."


@handler("importing.run", queue="long", lease_s=LONG, schedule=(AGAIN,))
def run(job: Job) -> None:
    """One phase of an import. A second try finds what the first one wrote."""
    run_id = job.args["run_id"]
    if resolve(ImportRun, run_id).state not in AT_WORK:
        return
    try:
        report = _import(run_id)
    except KeydeskError as error:
        _fail(run_id, error.detail)
        raise Fail(error.code) from error
    except Exception:
        if job.tries > 1:
            _fail(run_id, BROKE_OFF)
        raise
    with writing():
        services.end_phase(run_id, report, now=clock.now())


@handler("importing.forget", queue="long")
def forget(job: Job) -> None:
    """The day is over."""
    with writing():
        services.forget_run(job.args["run_id"])


def _import(run_id: str) -> Report:
    wanted = resolve(ImportRun, run_id)
    done, told_at = 0, clock.monotonic()

    def count(size: int) -> None:
        nonlocal done
        done += size

    def tell() -> None:
        nonlocal told_at
        if clock.monotonic() - told_at < TOLD_EVERY_S:
            return
        told_at = clock.monotonic()
        with writing():
            services.note_progress(run_id, done)

    with services.report_of(wanted).open("w", encoding="utf-8-sig", newline="") as sink:
        return import_files(
            wanted.system,
            services.files_of(wanted),
            now=clock.now(),
            actor=wanted.actor,
            zone=ZoneInfo(wanted.zone),
            encoding=wanted.encoding,
            mapping=wanted.mapping,
            dry_run=wanted.state == "checking",
            sink=sink,
            progress=count,
            each_slice=tell,
        )


def _fail(run_id: str, words: str) -> None:
    session.rollback()
    with writing():
        services.fail_run(run_id, words, now=clock.now())
