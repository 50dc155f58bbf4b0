"""What Stripe told while nobody listened is made up for, and the state is a never failing twin's."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.accounts.services import history
from server.billing.command import run_reconcile
from server.billing.models import InboxEvent, Order, StripeConnection
from server.billing.reconciling import Repaired, begin_of, reconcile
from server.billing.tasks import owe_reconciling
from server.jobs.models import JobRow
from server.jobs.registry import Job
from server.kernel import clock, db, settings
from server.kernel.db import session, writing
from tests.server.billing.conftest import Till


def state_of(till: Till, email: str) -> tuple[Any, ...]:
    """Everything that matters about a buyer's purchase, without its ids."""
    session.rollback()
    order = session.scalars(select(Order).where(Order.email == email)).one()
    license = next(one for one in till.licenses() if one.customer.email == email)
    mails = sorted(mail.template for mail in till.mails() if mail.to_address == email)
    return (
        order.state,
        order.subscription_status,
        order.amount,
        order.refunded_amount,
        order.disputed,
        license.valid_until,
        license.renews,
        license.revoked_for,
        len(license.suspended_for),
        mails,
    )


def test_after_an_outage_the_comparison_brings_the_state_of_a_twin_that_never_failed(till: Till) -> None:
    price = till.price()
    sold = {name: till.open(price_id=price) for name in ("heard", "missed")}
    for name, session_id in sold.items():
        till.shop.pay(session_id, email=f"{name}@buyer.example.com", name="Ana")
    till.shop.fail({"kind": "down"})
    till.shop.advance(seconds=7_200)
    till.shop.fail()
    till.shop.advance(days=31)
    for name, session_id in sold.items():
        bill = next(
            event["data"]["object"]
            for event in till.shop.events()
            if event["type"] == "invoice.paid" and _is_of(event, till, session_id)
        )
        till.shop.refund(till.payment_of(bill["id"]))
        if name == "heard":
            _hear(till, session_id)
    repaired = reconcile(till.connection, now=clock.now())
    till.work()

    assert repaired.events > 0
    assert state_of(till, "missed@buyer.example.com") == state_of(till, "heard@buyer.example.com")
    assert till.order_count() == 2
    assert reconcile(till.connection, now=clock.now()) == Repaired(0, 0)
    (told,) = [one for one in history(till.connection_id) if one.action == "reconcile.repaired"]
    assert told.facts["events"] == repaired.events


def _subscription(till: Till, session_id: str) -> str:
    found = [event["data"]["object"] for event in till.shop.events()]
    return str(next(one["subscription"] for one in found if one["id"] == session_id))


def _is_of(event: dict[str, Any], till: Till, session_id: str) -> bool:
    parent = event["data"]["object"]["parent"]
    return bool(parent["subscription_details"]["subscription"] == _subscription(till, session_id))


def _words(event: dict[str, Any]) -> list[str]:
    return json.dumps(event).split('"')


def _hear(till: Till, session_id: str) -> None:
    """Only the twin's events arrive."""
    sold, customer = _subscription(till, session_id), ""
    for event in till.shop.events():
        if event["data"]["object"]["id"] == session_id:
            customer = event["data"]["object"]["customer"]
    told = [
        one for one in reversed(till.shop.events()) if sold in json.dumps(one) or customer in json.dumps(one)
    ]
    till.record_all(told)
    till.work()


def test_a_purchase_that_no_event_told_of_is_found_by_its_session(till: Till) -> None:
    till.sell()
    till.shop.forget_events()
    assert reconcile(till.connection, now=clock.now()) == Repaired(0, 1)
    assert len(till.licenses()) == len(till.mails()) == 1
    assert till.connection.reconciled_at is not None


def test_what_we_fetched_does_not_make_a_dead_hook_look_alive(till: Till) -> None:
    till.sell()
    assert reconcile(till.connection, now=clock.now()).events > 0
    assert till.connection.last_event_at is None

    till.sell("bob@buyer.example.com")
    till.catch_up()
    assert till.connection.last_event_at is not None


def test_an_event_whose_job_was_given_up_is_worked_off_after_the_next_comparison(till: Till) -> None:
    """A key is revoked for a week: what was heard meanwhile waits in vain, and Stripe tells it no more."""
    session_id = till.sell()
    till.catch_up()
    till.shop.refund(session_id)
    till.record("charge.refunded")
    given_up = update(JobRow).where(JobRow.kind == "stripe.process", JobRow.state == "pending")
    with writing():
        session.execute(given_up.values(state="failed"))
        session.execute(update(InboxEvent).values(received_at=clock.now() - timedelta(days=5)))
    till.shop.forget_events()

    for _night in range(2):
        assert reconcile(till.connection, now=clock.now()) == Repaired(1, 0)
    session.rollback()
    owed = select(JobRow).where(JobRow.kind == "stripe.process", JobRow.state == "pending")
    assert len(session.scalars(owed).all()) == 1, "once a week"
    till.work()
    assert till.order().state == "refunded"
    assert reconcile(till.connection, now=clock.now()) == Repaired(0, 0)


def test_the_span_begins_before_the_last_good_run_and_has_bounds(till: Till) -> None:
    now = clock.now()
    connection = StripeConnection(created_at=now - timedelta(days=400))
    for last, days in ((1, 4), (10, 10), (90, 30)):
        connection.reconciled_at = now - timedelta(days=last)
        assert (now - begin_of(connection, now)).days == days


def test_each_night_every_connection_is_owed_one_comparison(till: Till) -> None:
    till.sell()
    for _time in range(2):
        owe_reconciling(Job(1, "stripe.reconcile_all", None, {}, 1))
    session.rollback()
    (owed,) = session.scalars(select(JobRow).where(JobRow.kind == "stripe.reconcile")).all()
    assert timedelta(0) <= owed.due_at - clock.now() + timedelta(minutes=1) < timedelta(hours=7)
    till.work(ahead_s=30_000)
    till.work()
    assert len(till.licenses()) == 1


def test_the_comparison_may_be_asked_for_by_hand(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.sell()
    present = settings.current()
    assert run_reconcile(present, vendor="nobody", since=None) == 2
    assert run_reconcile(present, vendor="harbour", since=clock.now() - timedelta(days=9)) == 0
    till.shop.fail({"kind": "down"})
    assert run_reconcile(present, vendor=None, since=None) == 1

    db.connect(present.database_url)
    said = capsys.readouterr()
    assert "events and 0 purchases were missing. The running server works them off." in said.out
    assert "Stripe does not answer at the moment" in said.err


def test_a_span_that_begins_ahead_is_refused_instead_of_found_empty(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    till.sell()
    present, ahead = settings.current(), clock.now() + timedelta(days=1)
    assert run_reconcile(present, vendor="harbour", since=ahead) == 2

    db.connect(present.database_url)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"keydesk: --since {ahead:%Y-%m-%d %H:%M} UTC lies ahead")
    assert till.connection.reconciled_at is None


def test_stripe_away_leaves_the_last_good_run_as_it_was(till: Till) -> None:
    till.shop.fail({"kind": "down"})
    owe_reconciling(Job(1, "stripe.reconcile_all", None, {}, 1))
    till.work(ahead_s=30_000)
    session.rollback()
    (owed,) = session.scalars(select(JobRow).where(JobRow.kind == "stripe.reconcile")).all()
    assert (owed.last_error, till.connection.reconciled_at) == ("stripe_unavailable", None)
