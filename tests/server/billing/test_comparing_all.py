"""The nightly comparison leaves nothing out in silence: neither what cannot be read, nor what is too much."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.accounts.services import history
from server.billing import settling
from server.billing.command import run_reconcile
from server.billing.models import InboxEvent, Order
from server.billing.reconciling import Repaired, reconcile
from server.billing.stripe_api import StripeAway, fetch_snapshot, listing
from server.jobs.models import JobRow
from server.jobs.services import enqueue
from server.kernel import clock, db, settings
from server.kernel.clock import rfc3339
from server.kernel.db import session, writing
from tests.server.billing.conftest import API_KEY, Till

NIGHT = timedelta(days=1)


def refuse(till: Till, session_id: str) -> None:
    till.shop.fail({"kind": "refuse", "path": f"/v1/checkout/sessions/{session_id}"})


def told_of(till: Till, action: str) -> list[dict[str, Any]]:
    return [one.facts for one in history(till.connection_id) if one.action == action]


def test_one_refused_purchase_is_named_and_does_not_stop_the_others(
    till: Till, caplog: pytest.LogCaptureFixture
) -> None:
    refused = till.sell()
    till.sell("bob@buyer.example.com")
    till.shop.forget_events()
    refuse(till, refused)

    assert reconcile(till.connection, now=clock.now()) == Repaired(0, 1, {refused: "stripe_refused"})
    assert till.order().email == "bob@buyer.example.com"
    assert told_of(till, "reconcile.left_out") == [{"count": 1, "purchases": {refused: "stripe_refused"}}]
    (said,) = [one for one in caplog.records if one.message == "reconcile.left_out"]
    assert (said.__dict__["root"], said.__dict__["code"]) == (refused, "stripe_refused")


def test_a_refused_purchase_is_looked_at_again_even_after_nights_that_never_came(till: Till) -> None:
    refused = till.sell()
    till.shop.forget_events()
    refuse(till, refused)
    for night in range(3):
        reconcile(till.connection, now=clock.now() + night * NIGHT)
        checked = till.connection.reconciled_at
        assert checked is not None
        assert checked <= clock.now()
    till.shop.fail()

    later = clock.now() + timedelta(days=20)
    assert reconcile(till.connection, now=later) == Repaired(0, 1)
    assert till.connection.reconciled_at == later


def test_a_purchase_that_others_always_settle_first_does_not_stop_the_rest(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = till.open()
    till.shop.pay(busy, email="ana@buyer.example.com", name="Ana", later=True)
    till.catch_up()
    till.shop.settle(busy, succeeded=True)
    till.sell("bob@buyer.example.com")
    till.shop.forget_events()

    def while_others_write(access: Any, kind: str, root_id: str) -> Any:
        with writing():
            session.execute(update(Order).where(Order.root_id == busy).values(rev=Order.rev + 1))
        return fetch_snapshot(access, kind, root_id)

    monkeypatch.setattr(settling, "fetch_snapshot", while_others_write)
    assert reconcile(till.connection, now=clock.now()) == Repaired(0, 1, {busy: "order_busy"})


def test_stripe_away_at_a_purchase_breaks_off_so_that_the_job_comes_again(till: Till) -> None:
    away = till.sell()
    till.shop.forget_events()
    till.shop.fail({"kind": "down", "path": f"/v1/checkout/sessions/{away}"})
    with pytest.raises(StripeAway):
        reconcile(till.connection, now=clock.now())
    session.rollback()
    assert till.connection.reconciled_at is None


def test_a_span_by_hand_that_begins_too_late_says_nothing_of_what_lies_before(till: Till) -> None:
    now = clock.now()
    reconcile(till.connection, now=now)
    reconcile(till.connection, now=now + 9 * NIGHT, since=now + 8 * NIGHT)
    assert till.connection.reconciled_at == now
    reconcile(till.connection, now=now + 9 * NIGHT)
    assert till.connection.reconciled_at == now + 9 * NIGHT


@pytest.fixture
def much(till: Till, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """A sale on each of four days, more than is read at once; the moment after them."""
    for day in range(4):
        till.sell(f"buyer-{day}@buyer.example.com")
        till.shop.advance(days=1)
    told = till.shop.events(API_KEY)
    monkeypatch.setattr(listing, "MOST", len(told) // 2)
    return datetime.fromtimestamp(told[0]["created"], UTC) + timedelta(hours=1)


def test_too_much_for_one_go_is_read_oldest_first_and_says_how_far(
    till: Till, much: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    until, parts = None, []
    while True:
        until = reconcile(till.connection, now=much, since=until).until
        assert till.connection.reconciled_at == (until or much)
        read = {
            one["id"]
            for one in till.shop.events(API_KEY)
            if until is None or one["created"] < until.timestamp()
        }
        assert set(session.scalars(select(InboxEvent.event_id))) == read
        if until is None:
            break
        parts.append({"until": rfc3339(until)})

    assert len(parts) > 1
    assert told_of(till, "reconcile.in_parts") == parts[::-1]
    assert caplog.messages.count("reconcile.in_parts") == len(parts)


def test_the_job_goes_on_by_itself_until_everything_was_read(
    till: Till, much: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: much)
    with writing():
        enqueue("stripe.reconcile", {"connection_id": till.connection_id})
    till.work()

    assert len(till.licenses()) == 4
    assert till.connection.reconciled_at == much
    jobs = session.scalars(select(JobRow).where(JobRow.kind == "stripe.reconcile")).all()
    assert len(jobs) > 1
    assert {one.state for one in jobs} == {"done"}


def test_what_was_refused_in_one_part_is_not_forgotten_by_the_next(
    till: Till, much: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = [one["data"]["object"]["id"] for one in reversed(till.shop.events(API_KEY))]
    till.shop.forget_events()
    monkeypatch.setattr(listing, "MOST", 2)
    refuse(till, next(one for one in sessions if one.startswith("cs_")))
    parts = [reconcile(till.connection, now=much)]
    while parts[-1].until:
        parts.append(reconcile(till.connection, now=much, since=parts[-1].until))

    assert len(parts) > 1
    assert sum(one.purchases for one in parts) == 3
    checked = till.connection.reconciled_at
    assert checked is not None
    assert checked <= much - 3 * NIGHT


def test_the_command_reads_everything_and_says_what_it_could_not(
    till: Till, much: datetime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = till.sell("refused@buyer.example.com")
    till.shop.forget_events()
    monkeypatch.setattr(listing, "MOST", 2)
    monkeypatch.setattr(clock, "now", lambda: much)
    refuse(till, refused)
    present = settings.current()
    assert run_reconcile(present, vendor="harbour", since=None) == 1

    db.connect(present.database_url)
    said = capsys.readouterr()
    assert "more than is read at once; read up to 20" in said.out
    assert f"{refused} could not be read (stripe_refused)" in said.err
    for line in (said.out + said.err).splitlines():
        assert line.startswith(f"harbour, {till.connection_id}: "), "whose account it is"
    assert till.order_count() == 4
