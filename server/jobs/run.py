"""One job from take to finish; whatever the handler does, the row is settled."""

import logging
from contextlib import nullcontext

from server.jobs import services
from server.jobs.registry import Fail, Handler, Job, Postpone, Retry, find
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant

log = logging.getLogger("keydesk.jobs")


def run_job(job_id: int, kind: str, tries: int) -> None:
    """Run one claimed job; a stale message (somebody else has the row) is forgotten."""
    handler = find(kind)
    lease_s = handler.lease_s if handler else services.UNKNOWN_KIND_LEASE
    with writing():
        job = services.take(job_id, tries, clock.now(), lease_s)
    if job is not None:
        _run(job, handler)


def run_in_thread(job_id: int, kind: str, tries: int) -> None:
    """`run_job` in a thread of its own: the thread's session is closed afterwards."""
    try:
        run_job(job_id, kind, tries)
    finally:
        session.remove()


def _run(job: Job, handler: Handler | None) -> None:
    if handler is None:  # an upgrade may be on its way: the row waits, it is never dropped
        with writing():
            services.postpone(job, clock.now(), 60)
        return
    try:
        with tenant(job.tenant_id) if job.tenant_id else nullcontext():
            handler.run(job)
    except Postpone as outcome:
        session.rollback()
        with writing():
            services.postpone(job, clock.now(), outcome.seconds)
    except Retry as outcome:
        session.rollback()
        with writing():
            services.try_again(job, handler, clock.now(), str(outcome), outcome.after_s)
    except Fail as outcome:
        session.rollback()
        log.warning("job failed for good", extra={"job": job.id, "kind": job.kind, "code": str(outcome)})
        with writing():
            services.fail(job, clock.now(), str(outcome))
    except Exception as error:  # a fault in one job must never end the worker
        log.exception("job raised", extra={"job": job.id, "kind": job.kind})
        session.rollback()
        with writing():
            services.try_again(job, handler, clock.now(), f"internal: {type(error).__name__}: {error}")
    else:
        with writing():
            services.finish(job, clock.now())
