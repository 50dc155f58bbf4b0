"""Jobs are done at least once, by one worker at a time, and by their schedule."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from server.jobs import Fail, Job, Postpone, Retry, enqueue, handler, services
from server.jobs.carrier import EmbeddedCarrier
from server.jobs.models import JobRow
from server.jobs.relay import Relay
from server.jobs.run import run_job
from server.kernel import clock
from server.kernel.db import NotWriting, session, writing
from server.kernel.tenancy import current_tenant
from tests.conftest import Cast
from tests.tools.waiting import wait_until

ran: list[tuple[str, int]] = []


@handler("test.note", queue="test", lease_s=60, schedule=(10, 100))
def note(job: Job) -> None:
    ran.append((current_tenant(), job.tries))
    outcome = job.args.get("outcome")
    if outcome == "retry":
        raise Retry("not yet", after_s=job.args.get("after_s", 0))
    if outcome == "postpone":
        raise Postpone(30)
    if outcome == "fail":
        raise Fail("never")
    if outcome == "crash":
        raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _forget() -> None:
    ran.clear()


def row() -> JobRow:
    session.rollback()
    return session.scalars(select(JobRow).execution_options(populate_existing=True)).one()


def run_once() -> None:
    with writing():
        claimed = services.claim(10, clock.now() + timedelta(days=9), 60)
    for job_id, kind, tries in claimed:
        run_job(job_id, kind, tries)


def owe(outcome: str = "", **more: object) -> None:
    with writing():
        enqueue("test.note", {"outcome": outcome, **more})


def test_a_job_runs_in_the_scope_of_its_vendor(harbour: Cast) -> None:
    owe()
    run_once()
    assert ran == [(harbour.vendor.id, 1)]
    assert row().state == "done"


def test_work_is_owed_only_when_its_cause_is_committed(harbour: Cast) -> None:
    def owe_and_stumble() -> None:
        with writing():
            enqueue("test.note", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        owe_and_stumble()
    assert session.scalars(select(JobRow)).all() == []


def test_work_cannot_be_owed_outside_a_writing_transaction(harbour: Cast) -> None:
    with pytest.raises(NotWriting):
        enqueue("test.note", {})


def test_a_second_job_with_the_same_dedupe_key_is_not_added(harbour: Cast) -> None:
    with writing():
        enqueue("test.note", {}, dedupe_key="one")
        enqueue("test.note", {}, dedupe_key="one")
    assert row().dedupe_key == "one"


def test_a_retry_waits_by_the_schedule_and_then_fails(harbour: Cast) -> None:
    owe("retry")
    before = clock.now()
    run_once()
    after = clock.now()
    first = row()
    assert first.state == "pending"
    assert before + timedelta(seconds=8) <= first.due_at <= after + timedelta(seconds=12.001)
    run_once()
    run_once()
    assert row().state == "failed"
    assert [tries for _, tries in ran] == [1, 2, 3]


def test_retry_after_is_a_lower_bound(harbour: Cast) -> None:
    owe("retry", after_s=500)
    before = clock.now()
    run_once()
    assert row().due_at >= before + timedelta(seconds=500)


def test_a_postponed_job_keeps_its_try(harbour: Cast) -> None:
    owe("postpone")
    run_once()
    assert (row().state, row().tries) == ("pending", 0)


def test_a_job_that_raises_is_tried_again(harbour: Cast) -> None:
    owe("crash")
    run_once()
    assert (row().state, row().last_error) == ("pending", "internal: ZeroDivisionError: ")


def test_a_job_that_can_never_be_done_fails_at_once(harbour: Cast) -> None:
    owe("fail")
    run_once()
    assert (row().state, row().last_error) == ("failed", "never")


def test_a_stale_message_runs_nothing(harbour: Cast) -> None:
    owe()
    with writing():
        [(job_id, kind, tries)] = services.claim(10, clock.now(), 60)
    run_job(job_id, kind, tries)
    run_job(job_id, kind, tries)
    assert len(ran) == 1


def test_a_worker_that_lost_its_lease_cannot_finish(harbour: Cast) -> None:
    owe()
    later = clock.now() + timedelta(hours=1)
    with writing():
        [(job_id, _, tries)] = services.claim(10, clock.now(), 60)
        slow = services.take(job_id, tries, clock.now(), 60)
        assert services.recover(later, all_owners=False) == 1
        services.claim(10, later, 60)
        quick = services.take(job_id, tries + 1, later, 60)
        assert slow is not None
        assert quick is not None
        services.finish(slow, later)
    assert row().state == "running"
    with writing():
        services.finish(quick, later)
    assert row().state == "done"


def test_an_unknown_kind_waits_and_is_never_dropped(harbour: Cast) -> None:
    with writing():
        enqueue("from.the.future", {})
    run_once()
    assert (row().state, row().tries) == ("pending", 0)


def test_the_relay_takes_over_what_an_earlier_worker_left(harbour: Cast) -> None:
    owe()
    with writing():
        services.claim(10, clock.now(), 3600)
    carrier = EmbeddedCarrier({"test", "unknown"}, threads=2)
    relay = Relay(carrier)
    carrier.start()
    relay.start()
    try:
        wait_until(lambda: row().state == "done", 60)
    finally:
        relay.stop()
        carrier.stop(2)
    assert len(ran) == 1


def test_done_work_is_forgotten_after_a_week_and_keyed_work_later(harbour: Cast) -> None:
    with writing():
        enqueue("test.note", {})
        enqueue("test.note", {}, dedupe_key="stays")
    run_once()
    with writing():
        assert services.forget_old(clock.now() + timedelta(days=6)) == 0
        assert services.forget_old(clock.now() + timedelta(days=8)) == 1
        assert row_keys() == ["stays"]
        assert services.forget_old(clock.now() + timedelta(days=91)) == 1


def row_keys() -> list[str | None]:
    return list(session.scalars(select(JobRow.dedupe_key)))
