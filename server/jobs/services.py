"""The table's verbs: enqueue, claim, take, finish. Each is one statement that only one caller can win."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.jobs.models import JobRow
from server.jobs.registry import Handler, Job, all_handlers
from server.kernel import clock
from server.kernel.db import engine, session
from server.kernel.tenancy import current_tenant

UNKNOWN_KIND_LEASE = 60


def enqueue(
    kind: str, args: dict[str, Any], *, due_at: datetime | None = None, dedupe_key: str | None = None
) -> None:
    """Owe a piece of work for the present vendor, in the caller's transaction.

    With a `dedupe_key` a second one of the same kind is not added.
    """
    _insert(kind, args, tenant_id=current_tenant(), due_at=due_at, dedupe_key=dedupe_key)


def enqueue_for_system(
    kind: str, args: dict[str, Any], *, due_at: datetime | None = None, dedupe_key: str | None = None
) -> None:
    """Owe a piece of work that belongs to no vendor (cleaning, schedules)."""
    _insert(kind, args, tenant_id=None, due_at=due_at, dedupe_key=dedupe_key)


def owe_daily(now: datetime) -> None:
    """Today's job of each daily kind, once, however often this is called."""
    for known in all_handlers():
        if known.daily:
            enqueue_for_system(known.kind, {}, dedupe_key=f"{now:%Y-%m-%d}")


def claim(limit: int, now: datetime, lease_s: float) -> list[tuple[int, str, int]]:
    """Reserve due jobs for the carrier: `(id, kind, tries)` of each."""
    due = (
        select(JobRow.id)
        .where(JobRow.state == "pending", JobRow.due_at <= now)
        .order_by(JobRow.due_at, JobRow.id)
        .limit(limit)
    )
    if engine().dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    ids = list(session.scalars(due))
    if not ids:
        return []
    rows = session.execute(
        update(JobRow)
        .where(JobRow.id.in_(ids), JobRow.state == "pending")
        .values(state="queued", lease_until=now + timedelta(seconds=lease_s))
        .returning(JobRow.id, JobRow.kind, JobRow.tries)
        .execution_options(synchronize_session=False)
    )
    return sorted((row.id, row.kind, row.tries) for row in rows)


def has_work(now: datetime) -> bool:
    """Whether anything is due or left behind: a read, so that an idle relay never takes the write lock."""
    return bool(
        session.scalar(
            select(JobRow.id)
            .where(
                or_(
                    (JobRow.state == "pending") & (JobRow.due_at <= now),
                    JobRow.state.in_(("queued", "running")) & (JobRow.lease_until < now),
                )
            )
            .limit(1)
        )
    )


def recover(now: datetime, *, all_owners: bool) -> int:
    """Give back what was left behind: rows whose lease ran out, or all rows when we are the only worker."""
    left: list[ColumnElement[bool]] = [JobRow.state.in_(("queued", "running"))]
    if not all_owners:
        left.append(JobRow.lease_until < now)
    done = session.execute(
        update(JobRow)
        .where(*left)
        .values(state="pending", due_at=now, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    return _count(done)


def forget_old(now: datetime) -> int:
    """Delete what was done a week ago; rows whose key keeps a repeat away stay for 90 days."""
    week, quarter = now - timedelta(days=7), now - timedelta(days=90)
    old = (
        select(JobRow.id)
        .where(JobRow.state == "done")
        .where(or_(JobRow.done_at < quarter, JobRow.dedupe_key.is_(None) & (JobRow.done_at < week)))
        .limit(1_000)
    )
    gone = session.execute(
        delete(JobRow)
        .where(JobRow.id.in_(list(session.scalars(old))))
        .execution_options(synchronize_session=False)
    )
    return _count(gone)


def take(job_id: int, tries: int, now: datetime, lease_s: float) -> Job | None:
    """Start one claimed job. None when somebody else has it or it is no longer owed."""
    row = session.execute(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.state == "queued", JobRow.tries == tries)
        .values(state="running", tries=JobRow.tries + 1, lease_until=now + timedelta(seconds=lease_s))
        .returning(JobRow.id, JobRow.kind, JobRow.tenant_id, JobRow.args, JobRow.tries)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Job(row.id, row.kind, row.tenant_id, row.args, row.tries)


def finish(job: Job, now: datetime) -> None:
    """The work is done."""
    _settle(job, state="done", done_at=now, last_error="")


def fail(job: Job, now: datetime, error: str) -> None:
    """The work can never be done."""
    _settle(job, state="failed", done_at=now, last_error=error[:500])


def postpone(job: Job, now: datetime, seconds: float) -> None:
    """Nothing was tried: the same try comes again later."""
    _settle(job, state="pending", due_at=now + timedelta(seconds=seconds), tries=job.tries - 1)


def try_again(job: Job, handler: Handler, now: datetime, error: str, after_s: float = 0) -> None:
    """The next try by the schedule, spread by 20 %; after the last one the job has failed."""
    if job.tries > len(handler.schedule):
        fail(job, now, error)
        return
    wait = handler.schedule[job.tries - 1] * (0.8 + secrets.randbelow(401) / 1000)
    due_at = now + timedelta(seconds=max(wait, after_s))
    _settle(job, state="pending", due_at=due_at, last_error=error[:500])


def _insert(
    kind: str,
    args: dict[str, Any],
    *,
    tenant_id: str | None,
    due_at: datetime | None,
    dedupe_key: str | None,
) -> None:
    now = clock.now()
    values = {
        "kind": kind,
        "args": args,
        "tenant_id": tenant_id,
        "due_at": due_at or now,
        "dedupe_key": dedupe_key,
        "created_at": now,
        "state": "pending",
        "tries": 0,
        "last_error": "",
    }
    if dedupe_key is None:
        session.execute(insert(JobRow).values(values))
        return
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(JobRow).values(values).on_conflict_do_nothing(index_elements=["kind", "dedupe_key"])
    )


def _settle(job: Job, **values: Any) -> None:
    session.execute(
        update(JobRow)
        .where(JobRow.id == job.id, JobRow.state == "running", JobRow.tries == job.tries)
        .values(lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )


def _count(done: Any) -> int:
    return done.rowcount if isinstance(done, CursorResult) else 0
