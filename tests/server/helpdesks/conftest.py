"""Real targets for the connectors, a vendor that uses them, and hands that run the jobs."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

import server.helpdesks.tasks
import server.mail.tasks
import server.support.tasks  # noqa: F401  the jobs of all three are run
from server.helpdesks import listeners
from server.helpdesks import services as helpdesks
from server.helpdesks.models import HelpdeskConnection, HelpdeskDelivery, HelpdeskPush
from server.jobs import services as jobs
from server.jobs.run import run_job
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.support.models import Message, Ticket
from server.support.services import NewTicket, open_ticket
from tests.conftest import Cast
from tests.helpdesks.roundup.agent import Agent
from tests.helpdesks.roundup.boot import Roundup, boot_roundup
from tests.server.helpdesks.receiver import Receiver, running_receiver
from tests.tools.waiting import free_port

OpenTicket = Callable[..., Ticket]
RunJobs = Callable[..., None]


@pytest.fixture(scope="session")
def roundup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Roundup]:
    """The worker's own Roundup; tests use tickets of their own and look only at them."""
    folder: Path = tmp_path_factory.mktemp("roundup")
    desk = boot_roundup(folder, free_port())
    yield desk
    desk.stop()


@pytest.fixture
def agent(roundup: Roundup) -> Agent:
    return Agent(roundup)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@pytest.fixture
def loopback_allowed(app_settings: settings.Settings) -> settings.Settings:
    """The operator opens the helpdesk in the own network."""
    return allow_loopback()


@pytest.fixture
def desk(harbour: Cast, roundup: Roundup) -> HelpdeskConnection:
    """Harbour's Roundup."""
    return connected("roundup", {"url": roundup.url, "username": roundup.user, "password": roundup.password})


@pytest.fixture
def webhook(harbour: Cast, receiver: Receiver) -> HelpdeskConnection:
    """Harbour's own system behind a signed webhook."""
    return connected("signed_webhook", {"url": receiver.url, "signing_secret": receiver.secret})


@pytest.fixture
def opens(harbour: Cast) -> OpenTicket:
    """`opens("It stops")`: a customer's ticket, committed. Its subject is its own: Roundup is shared."""

    def run(subject: str = "Не работает форма", **more: object) -> Ticket:
        facts = {"type": "bug", "body": "Ошибка 500.", "email": "anna@example.com", "name": "Анна", **more}
        with writing():
            new = NewTicket(subject=f"{subject} {uuid4().hex[:8]}", **facts)  # type: ignore[arg-type]  # the test's own words
            made = open_ticket(new, product=harbour.product, site=None, now=clock.now())
        session.refresh(made)
        session.expunge(made)  # it outlives the session of a request
        return made

    return run


@pytest.fixture
def run_jobs(harbour: Cast) -> RunJobs:
    """`run_jobs()` does what is due; `run_jobs(ahead_s=60)` also what is due within a minute."""

    def run(*, ahead_s: float = 0, rounds: int = 30) -> None:
        until = timedelta(seconds=ahead_s)
        for _ in range(rounds):
            with writing():
                claimed = jobs.claim(20, clock.now() + until, 600)
            if not claimed:
                return
            for job_id, kind, tries in claimed:
                run_job(job_id, kind, tries)
        raise AssertionError("the jobs do not come to an end")

    return run


@pytest.fixture
def live_door(app: Flask) -> Iterator[str]:
    """The application on a real port, for hooks that come from outside; answers its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    here = f"127.0.0.1:{server.server_port}"
    settings.remember(replace(allow_loopback(), public_url=f"http://{here}", allowed_hosts=frozenset({here})))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://{here}"
    server.shutdown()
    thread.join()
    server.server_close()


def allow_loopback() -> settings.Settings:
    return settings.remember(replace(settings.current(), outbound_allow=("127.0.0.1/32",)))


def connected(kind: str, values: dict[str, str]) -> HelpdeskConnection:
    listeners.connect()
    allow_loopback()
    with writing():
        made = helpdesks.connect(kind=kind, name="", values=values, now=clock.now())
    session.refresh(made)
    session.expunge(made)  # it outlives the session of a request
    return made


def pushes() -> list[tuple[str, str]]:
    """What is to be sent or was sent, oldest first: (op, state)."""
    session.rollback()
    rows = session.scalars(select(HelpdeskPush).order_by(HelpdeskPush.id))
    return [(push.op, push.state) for push in rows]


def deliveries() -> list[tuple[str, str]]:
    """The hooks that were taken in, oldest first: (state, error)."""
    session.rollback()
    rows = session.scalars(select(HelpdeskDelivery).order_by(HelpdeskDelivery.received_at))
    return [(delivery.state, delivery.error_code) for delivery in rows]


def conversation(ticket_id: str) -> list[tuple[str, str]]:
    """(kind, text) of each message, oldest first."""
    session.rollback()
    rows = session.scalars(select(Message).where(Message.ticket_id == ticket_id).order_by(Message.id))
    return [(message.kind, message.body) for message in rows]


def status_of(ticket_id: str) -> str:
    session.rollback()
    return session.scalars(select(Ticket.status).where(Ticket.id == ticket_id)).one()
