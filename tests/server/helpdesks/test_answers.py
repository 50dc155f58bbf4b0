"""Answers from the helpdesk: each becomes one message here, and none goes back."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.helpdesks import draining, hearing, standard_webhook
from server.helpdesks import services as helpdesks
from server.helpdesks.connectors import discover
from server.helpdesks.contract import Connector, RemoteRef, Snapshot
from server.helpdesks.models import HelpdeskConnection, HelpdeskDelivery
from server.helpdesks.services.receiving import ticket_link_of
from server.jobs import Postpone
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.support.models import Ticket
from server.support.services import add_agent_reply, add_customer_message, attachment_path, take_upload
from server.support.uploads import CleanFile
from tests.conftest import Cast
from tests.helpdesks.roundup.agent import Agent, Issue
from tests.helpdesks.roundup.boot import Roundup
from tests.server.helpdesks.conftest import (
    OpenTicket,
    RunJobs,
    conversation,
    deliveries,
    pushes,
    status_of,
)
from tests.server.helpdesks.receiver import Receiver
from tests.tools.waiting import wait_until


def says(ticket_id: str, text: str) -> None:
    with writing():
        add_customer_message(resolve(Ticket, ticket_id), text, now=clock.now())


def only_issue(agent: Agent, ticket: Ticket) -> Issue:
    (issue,) = agent.find(ticket.subject)
    return issue


@pytest.fixture
def heard(roundup: Roundup, live_door: str, desk: HelpdeskConnection) -> HelpdeskConnection:
    """Harbour's Roundup, whose detector reaches our door."""
    session.rollback()
    url, secret = helpdesks.hook_of(desk)
    assert url.startswith(live_door)
    roundup.set_hook(url, secret)
    return desk


def test_an_agents_answer_arrives_and_does_not_go_back(
    heard: HelpdeskConnection, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    ticket = opens()
    ticket_id, subject = ticket.id, ticket.subject
    run_jobs()
    issue = only_issue(agent, ticket)

    agent.answer(issue.id, "Обновите до 2.1.\n\nМира")
    wait_until(lambda: len(deliveries()) >= 2, what="the hooks")
    run_jobs(ahead_s=5)
    says(ticket_id, "Спасибо!")
    for _ in range(3):
        run_jobs(ahead_s=5)

    assert conversation(ticket_id) == [
        ("customer", "Ошибка 500."),
        ("agent", "Обновите до 2.1.\n\nМира"),
        ("customer", "Спасибо!"),
    ]
    texts = [message.text for message in agent.find(subject)[0].messages]
    assert len(texts) == 3
    assert [op for op, _ in pushes() if op == "message"] == ["message"]
    assert resolve(Ticket, ticket_id).messages[1].author_name == "Mira Stone"


def test_the_hook_that_is_faster_than_the_answer_makes_nothing_twice(
    heard: HelpdeskConnection, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    """Roundup sends the hook of our own create before it answers us: by then it is taken in."""
    ticket = opens()
    run_jobs()
    wait_until(lambda: deliveries() != [], what="the early hook")

    run_jobs(ahead_s=200)

    assert len(conversation(ticket.id)) == 1
    assert len(agent.find(ticket.subject)) == 1
    assert {state for state, _ in deliveries()} == {"applied"}


def test_a_hook_for_a_ticket_that_is_still_being_created_waits(
    desk: HelpdeskConnection, opens: OpenTicket, client: FlaskClient, roundup: Roundup
) -> None:
    opens()  # its create is owed and not made yet
    knock(client, desk, {"type": "changed", "issue": "4711", "activity": "2026", "messages": []})
    delivery_id = only_delivery()

    with pytest.raises(Postpone):
        hearing.hear(delivery_id)
    assert deliveries() == [("received", "")]


def test_a_hook_of_a_ticket_that_is_not_ours_is_let_be(
    desk: HelpdeskConnection, agent: Agent, client: FlaskClient, run_jobs: RunJobs
) -> None:
    foreign = agent.open("of somebody else")
    knock(client, desk, {"type": "changed", "issue": foreign, "activity": "2026", "messages": []})

    run_jobs()

    assert deliveries() == [("ignored", "helpdesk_conversation_unknown")]
    assert session.query(Ticket).count() == 0


def test_a_hook_that_left_before_the_change_was_stored_is_looked_at_again(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, client: FlaskClient, run_jobs: RunJobs
) -> None:
    ticket = opens()
    run_jobs()
    issue = only_issue(agent, ticket)
    knock(client, desk, {"type": "changed", "issue": issue.id, "activity": "9999", "messages": ["1", "2"]})
    with pytest.raises(Postpone):
        hearing.hear(only_delivery())
    agent.answer(issue.id, "a moment later")

    run_jobs(ahead_s=200)

    assert conversation(ticket.id)[1:] == [("agent", "a moment later")]


def test_without_hooks_the_answer_still_arrives(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    ticket = opens()
    run_jobs()
    agent.answer(only_issue(agent, ticket).id, "no hook told of me")

    hearing.look_regularly(desk.id)
    hearing.look_regularly(desk.id)

    assert conversation(ticket.id)[1:] == [("agent", "no hook told of me")]


def test_the_status_follows_a_change_over_there_and_settles(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    ticket = opens()
    ticket_id = ticket.id
    run_jobs()
    issue = only_issue(agent, ticket)

    agent.answer(issue.id, "an answer")  # Roundup turns it to "chatting" by itself
    hearing.look_regularly(desk.id)
    assert status_of(ticket_id) == "waiting_for_customer"

    agent.set_status(issue.id, "resolved")
    hearing.look_regularly(desk.id)
    assert status_of(ticket_id) == "solved"

    says(ticket_id, "It came back")
    for _ in range(3):
        run_jobs()
        hearing.look_regularly(desk.id)
    assert status_of(ticket_id) == "open"
    assert agent.read(issue.id).status == "chatting"
    assert sum(op == "status" for op, _ in pushes()) == 1


def test_a_look_from_before_the_customer_wrote_does_not_hide_the_ticket(
    desk: HelpdeskConnection,
    agent: Agent,
    opens: OpenTicket,
    client: FlaskClient,
    run_jobs: RunJobs,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow look may come back with "we wait for the customer" when the customer has just answered."""
    ticket_id = (ticket := opens()).id
    run_jobs()
    issue = only_issue(agent, ticket)
    agent.set_status(issue.id, "need-eg")
    hearing.look_regularly(desk.id)
    assert status_of(ticket_id) == "waiting_for_customer"
    knock(client, desk, {"type": "changed", "issue": issue.id, "activity": "2026", "messages": []})
    connector = discover()["roundup"]
    quick = connector.fetch

    def slow(self: Connector, ref: RemoteRef, **known: Any) -> Snapshot:
        seen = quick(self, ref, **known)
        says(ticket_id, "It came back")
        draining.drain(ticket_link_of(desk.id, issue.id).id)  # type: ignore[union-attr]  # it was made above
        return seen

    delivery_id = only_delivery()
    with monkeypatch.context() as patched:
        patched.setattr(connector, "fetch", slow)
        with pytest.raises(Postpone):
            hearing.hear(delivery_id)
    assert status_of(ticket_id) == "open"

    run_jobs(ahead_s=200)
    assert status_of(ticket_id) == "open"
    assert agent.read(issue.id).status == "chatting"


def test_files_of_an_answer_come_with_it_once_and_the_rest_is_named(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, run_jobs: RunJobs
) -> None:
    with writing():
        ours = take_upload(CleanFile("ours.txt", "text/plain", b"ours"), site_uid="").id
    ticket = opens(attachment_ids=[ours])
    run_jobs()
    issue = only_issue(agent, ticket)

    agent.answer(issue.id, "see the file", files=[("fix.txt", "do this"), ("tool.exe", "MZ")])
    for _ in range(2):
        hearing.look_regularly(desk.id)
    run_jobs()

    _, (kind, text) = conversation(ticket.id)
    assert (kind, text) == ("agent", "see the file\n\n[Attached in the helpdesk only: tool.exe]")
    (file,) = resolve(Ticket, ticket.id).messages[1].attachments
    assert (file.name, attachment_path(file).read_bytes()) == ("fix.txt", b"do this")
    assert [name for name, _ in agent.find(ticket.subject)[0].files] == ["ours.txt", "fix.txt", "tool.exe"]


def test_a_person_who_writes_as_our_own_user_is_heard(
    desk: HelpdeskConnection, roundup: Roundup, opens: OpenTicket, agent: Agent, run_jobs: RunJobs
) -> None:
    ticket = opens()
    run_jobs()
    by_hand = Agent(roundup, roundup.user, roundup.password)

    by_hand.answer(only_issue(agent, ticket).id, "typed by a person")
    hearing.look_regularly(desk.id)

    assert conversation(ticket.id)[1:] == [("agent", "typed by a person")]


def test_a_signed_answer_of_the_webhook_is_taken_once(
    webhook: HelpdeskConnection,
    receiver: Receiver,
    client: FlaskClient,
    opens: OpenTicket,
    run_jobs: RunJobs,
    harbour: Cast,
) -> None:
    ticket_id = opens().id
    run_jobs()
    with writing():
        add_agent_reply(resolve(Ticket, ticket_id), harbour.owner, "from the console", now=clock.now())
    run_jobs()
    ours = [receiver.of("conversation.create")[0]["marker"], receiver.of("message.add")[0]["marker"]]
    messages = [
        said(f"m-{marker}", "customer" if turn == 0 else "agent", "ours") for turn, marker in enumerate(ours)
    ]
    messages += [said("m-theirs", "agent", "Ответ"), said("m-note", "note", "canary")]
    event = {
        "type": "conversation.changed",
        "remote_id": f"conv-#{resolve(Ticket, ticket_id).number}",
        "snapshot": {"status": "solved", "messages": messages},
    }

    for turn in range(3):
        knock(client, webhook, event, name=f"evt_{turn}")
        run_jobs(ahead_s=1)

    assert conversation(ticket_id)[1:] == [("agent", "from the console"), ("agent", "Ответ")]
    assert status_of(ticket_id) == "solved"
    assert len(receiver.of("message.add")) == 1
    assert {state for state, _ in deliveries()} == {"applied"}


def test_two_looks_at_once_take_an_answer_once(
    desk: HelpdeskConnection, agent: Agent, opens: OpenTicket, client: FlaskClient, run_jobs: RunJobs
) -> None:
    ticket = opens()
    run_jobs()
    issue = only_issue(agent, ticket)
    agent.answer(issue.id, "once")
    for turn in range(4):
        event = {"type": "changed", "issue": issue.id, "activity": "2026", "messages": []}
        knock(client, desk, event, name=f"evt_{turn}")

    hearing.look_regularly(desk.id)
    run_jobs()

    assert conversation(ticket.id)[1:] == [("agent", "once")]


def said(name: str, kind: str, text: str) -> dict[str, str]:
    return {
        "id": name,
        "kind": kind,
        "text": text,
        "author_name": "Ivan",
        "created_at": "2026-11-21T12:00:00Z",
    }


def knock(client: FlaskClient, connection: HelpdeskConnection, event: object, name: str = "evt") -> None:
    url, secret = helpdesks.hook_of(connection)
    body = json.dumps(event).encode()
    headers = standard_webhook.sign(secret, delivery_id=name, at=clock.now(), body=body)
    answer = client.post(url.removeprefix("http://localhost"), data=body, headers=headers)
    assert answer.status_code == 200, answer.data


def only_delivery() -> str:
    session.rollback()
    found = session.query(HelpdeskDelivery).one()
    return found.id
