"""The job that empties one ticket's queue: each write is committed as begun before it is made."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from server.helpdesks import errors
from server.helpdesks.contract import Created
from server.helpdesks.services import pushing
from server.helpdesks.services.pushing import Work
from server.jobs import Postpone, Retry
from server.kernel import clock
from server.kernel.db import session, writing

BUDGET_S = 60.0  # then the others have their turn

# One worker serves a database, so the order within a ticket is kept inside this process: a crash frees it.
_busy: set[str] = set()
_guard = threading.Lock()


def drain(link_id: str) -> None:
    """Send what waits for this ticket, in order. Raises Retry or Postpone when it must come again."""
    until = clock.monotonic() + BUDGET_S
    with _alone(link_id):
        while work := _next(link_id):
            if not _do(work):
                return
            if clock.monotonic() > until:
                raise Postpone(0.1)


@contextmanager
def _alone(link_id: str) -> Iterator[None]:
    with _guard:
        if link_id in _busy:
            raise Postpone(1)
        _busy.add(link_id)
    try:
        yield
    finally:
        with _guard:
            _busy.discard(link_id)


def _next(link_id: str) -> Work | None:
    """The next write of an active connection, with nothing held open."""
    while True:
        push = pushing.next_push(link_id)
        if push is None or push.connection.state != "active":
            session.rollback()
            return None
        work = pushing.make_ready(push)
        push_id = push.id
        session.rollback()
        if work is not None:
            return work
        with writing():
            pushing.drop(pushing.load(push_id), clock.now())


def _do(work: Work) -> bool:
    """Make one write. False when this ticket's queue must stop without trying again by itself."""
    try:
        outcome = pushing.find_earlier(work) or _send(work)
    except errors.HelpdeskError as error:
        return _failed(work, error)
    with writing():
        pushing.succeed(pushing.load(work.push_id), outcome, work.status, clock.now())
    return True


def _send(work: Work) -> Created | str | None:
    prepared = work.prepared
    if work.item is not None:
        prepared = work.connector.prepare(work.op, work.item, work.prepared)
    with writing():
        pushing.begin(pushing.load(work.push_id), prepared, clock.now())
    return pushing.send(replace(work, prepared=prepared))


def _failed(work: Work, error: errors.HelpdeskError) -> bool:
    with writing():
        push = pushing.load(work.push_id)
        pushing.fail(push, error, clock.now())
        wait = pushing.PROBE_WAITS[push.probes]
    if isinstance(error, errors.UnknownOutcome):
        raise Postpone(wait) from error
    if pushing.must_wait(error):
        raise Retry(error.code, after_s=error.retry_after or 0) from error
    return not isinstance(error, errors.AuthFailed)
