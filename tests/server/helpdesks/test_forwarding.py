"""Tickets on their way to a helpdesk: once each, in order, and nothing is lost when something breaks."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from server.helpdesks import draining
from server.helpdesks import services as helpdesks
from server.helpdesks.models import HelpdeskConnection, HelpdeskLink, HelpdeskPush
from server.helpdesks.services import pushing
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.errors import Invalid
from server.kernel.tenancy import resolve
from server.support.models import Ticket
from server.support.services import (
    add_agent_reply,
    add_customer_message,
    add_note,
    change_status,
    take_upload,
)
from server.support.uploads import CleanFile
from tests.conftest import Cast
from tests.helpdesks.roundup.agent import Agent
from tests.helpdesks.roundup.boot import Roundup
from tests.server.helpdesks.conftest import OpenTicket, RunJobs, connected, pushes
from tests.server.helpdesks.receiver import Receiver


def says(ticket: Ticket, text: str) -> None:
    with writing():
        add_customer_message(resolve(Ticket, ticket.id), text, now=clock.now())


def test_a_ticket_and_its_forwarding_are_one_commit(webhook: HelpdeskConnection, opens: OpenTicket) -> None:
    with pytest.raises(Invalid):
        opens(attachment_ids=["att_unknown"])
    assert pushes() == []

    opens()
    assert pushes() == [("create", "pending")]


def test_messages_arrive_in_the_order_in_which_they_were_written(
    webhook: HelpdeskConnection, receiver: Receiver, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    ticket = opens()
    for turn in range(5):
        says(ticket, f"message {turn}")

    run_jobs()

    ops = [content["op"] for content in receiver.stored.values()]
    assert ops == ["conversation.create", *["message.add"] * 5]
    assert [one["data"]["text"] for one in receiver.of("message.add")] == [f"message {n}" for n in range(5)]
    assert {state for _, state in pushes()} <= {"done", "dropped"}


def test_notes_stay_inside(
    webhook: HelpdeskConnection, receiver: Receiver, opens: OpenTicket, run_jobs: RunJobs, harbour: Cast
) -> None:
    ticket = opens()
    with writing():
        add_note(resolve(Ticket, ticket.id), harbour.owner, "canary-note")
        add_agent_reply(resolve(Ticket, ticket.id), harbour.owner, "public answer", now=clock.now())

    run_jobs()

    assert "canary-note" not in str(receiver.stored)
    assert receiver.of("message.add")[0]["data"]["kind"] == "agent"


def test_diagnostics_and_files_stand_in_roundup(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    with writing():
        kept = take_upload(CleanFile("снимок.png", "image/png", b"\x89PNG pixels"), site_uid="")
        file_id = kept.id
    ticket = opens("с файлом", attachment_ids=[file_id], diagnostics={"PHP": {"version": "8.2"}})

    run_jobs()

    (issue,) = agent.find(ticket.subject)
    assert issue.files == (("снимок.png", b"\x89PNG pixels"),)
    assert "PHP:\n  version: 8.2" in issue.messages[0].text


def test_a_status_is_sent_once_and_only_when_it_says_something_new(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    ticket = opens()
    for status in ("open", "waiting_for_customer", "solved", "closed"):
        with writing():
            change_status(resolve(Ticket, ticket.id), status, by="test")

    run_jobs()

    (issue,) = agent.find(ticket.subject)
    assert issue.status == "resolved"
    assert [state for op, state in pushes() if op == "status"] == ["done", "dropped", "dropped", "dropped"]


def test_a_lost_answer_makes_one_ticket(
    webhook: HelpdeskConnection, receiver: Receiver, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    receiver.breaks_after_storing = 2
    opens()

    run_jobs(ahead_s=120)

    assert receiver.requests == 3
    assert len(receiver.of("conversation.create")) == 1
    assert pushes() == [("create", "done")]


def test_a_worker_killed_after_the_write_makes_one_ticket_in_roundup(
    desk: HelpdeskConnection,
    agent: Agent,
    opens: OpenTicket,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticket = opens("killed")
    send = pushing.send

    def killed_before_it_is_noted(work: pushing.Work) -> None:
        send(work)
        raise KeyboardInterrupt

    monkeypatch.setattr(pushing, "send", killed_before_it_is_noted)
    with pytest.raises(KeyboardInterrupt):
        draining.drain(link_of(ticket).id)
    assert pushes() == [("create", "in_flight")]
    monkeypatch.undo()

    run_jobs()

    assert pushes() == [("create", "done")]
    assert len(agent.find(ticket.subject)) == 1


def test_a_worker_killed_before_the_write_sends_it_later(
    desk: HelpdeskConnection,
    agent: Agent,
    opens: OpenTicket,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticket = opens("killed before")

    def killed(_work: pushing.Work) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pushing, "send", killed)
    with pytest.raises(KeyboardInterrupt):
        draining.drain(link_of(ticket).id)
    monkeypatch.undo()

    run_jobs()

    assert len(agent.find(ticket.subject)) == 1


def test_a_one_time_link_burnt_without_a_ticket_is_renewed_after_four_looks(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    ticket = opens("burnt")
    link = link_of(ticket)
    push = pushing.next_push(link.id)
    assert push is not None
    work = pushing.make_ready(push)
    assert work is not None
    assert work.item is not None
    prepared = work.connector.prepare(work.op, work.item, {})
    with writing():
        pushing.begin(pushing.load(work.push_id), {**prepared, "once": "used-before"}, clock.now())

    run_jobs(ahead_s=20)
    assert pushes() == [("create", "unknown")]
    assert agent.find(ticket.subject) == []

    run_jobs(ahead_s=300)
    assert pushes() == [("create", "done")]
    assert len(agent.find(ticket.subject)) == 1


def test_a_refused_password_stops_everything_until_a_check_succeeds(
    harbour: Cast, roundup: Roundup, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    right = {"url": roundup.url, "username": roundup.user, "password": roundup.password}
    connection_id = connected("roundup", {**right, "password": "wrong"}).id
    ticket = opens("refused")
    run_jobs()
    assert resolve(HelpdeskConnection, connection_id).state == "auth_failed"
    assert pushes() == [("create", "pending")]

    with writing():
        helpdesks.change(resolve(HelpdeskConnection, connection_id), {**right, "password": roundup.password})
    health = helpdesks.look(resolve(HelpdeskConnection, connection_id))
    with writing():
        helpdesks.note_health(resolve(HelpdeskConnection, connection_id), health, now=clock.now())
    run_jobs()

    assert resolve(HelpdeskConnection, connection_id).state == "active"
    assert len(agent.find(ticket.subject)) == 1


def test_a_helpdesk_that_refuses_a_ticket_for_good_drops_what_follows(
    webhook: HelpdeskConnection, receiver: Receiver, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    ticket = opens()
    says(ticket, "and more")
    receiver.secret = helpdesks.hook_of(webhook)[1]  # it no longer accepts our signature: 400

    run_jobs()
    says(ticket, "and again")

    assert pushes()[:2] == [("create", "rejected"), ("message", "dropped")]
    assert len(pushes()) <= 3
    assert link_of(ticket).state == "gone"


def test_a_paused_connection_sends_when_it_is_resumed(
    webhook: HelpdeskConnection, receiver: Receiver, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    connection_id = webhook.id
    with writing():
        helpdesks.pause(resolve(HelpdeskConnection, connection_id))
    opens()
    run_jobs()
    assert receiver.requests == 0

    with writing():
        helpdesks.resume(resolve(HelpdeskConnection, connection_id))
    run_jobs()

    assert len(receiver.of("conversation.create")) == 1


def test_an_address_that_the_operator_did_not_open_is_never_called(
    webhook: HelpdeskConnection, receiver: Receiver, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    settings.remember(replace(settings.current(), outbound_allow=()))
    opens()

    run_jobs()

    assert receiver.requests == 0
    (push,) = session.scalars(select(HelpdeskPush))
    assert push.error_code == "helpdesk_address_refused"


def test_a_test_ticket_goes_to_the_one_helpdesk_that_is_tested(
    desk: HelpdeskConnection, webhook: HelpdeskConnection, receiver: Receiver, agent: Agent, run_jobs: RunJobs
) -> None:
    webhook_id = webhook.id
    with writing():
        helpdesks.send_test_ticket(
            resolve(HelpdeskConnection, webhook_id), email="olena@example.com", name="Olena", now=clock.now()
        )

    run_jobs()

    (made,) = receiver.of("conversation.create")
    assert made["data"]["subject"] == "Test ticket from Keydesk"
    rows = helpdesks.list_deliveries(resolve(HelpdeskConnection, webhook_id))
    assert [(row.direction, row.op, row.state, row.ticket_number) for row in rows] == [
        ("out", "create", "done", 1)
    ]
    assert helpdesks.list_deliveries(resolve(HelpdeskConnection, desk.id)) == []


def link_of(ticket: Ticket) -> HelpdeskLink:
    session.rollback()
    found = select(HelpdeskLink).where(
        HelpdeskLink.local_id == ticket.id, HelpdeskLink.local_type == "ticket"
    )
    return session.scalars(found).one()
