"""A site files tickets, reads its conversations and goes on with them; nobody else does."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.support.models import Message, Ticket
from server.support.services import add_agent_reply, add_note, change_status
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

NEW = {"type": "bug", "subject": "The calendar is empty", "body": "After the update it is empty."}


@pytest.fixture
def filed(ask: Ask, token: str) -> str:
    """A ticket of the site: its id."""
    answer = ask("POST", "/v1/tickets", token, NEW)
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return str(answer.json["ticket_id"])


@pytest.fixture
def say(harbour: Cast) -> Callable[..., str]:
    """`say(ticket_id, "text")`: an agent's answer (or a note); answers the message's id."""

    def run(ticket_id: str, body: str, *, note: bool = False) -> str:
        act = add_note if note else add_agent_reply
        with writing():
            owner = resolve(type(harbour.owner), harbour.owner.id)
            return act(resolve(Ticket, ticket_id), owner, body).id

    return run


def test_a_ticket_is_filed_with_everything_the_bridge_sends(ask: Ask, token: str, harbour: Cast) -> None:
    answer = ask(
        "POST",
        "/v1/tickets",
        token,
        {
            **NEW,
            "email": "ana@example.com",
            "name": "Ана",
            "locale": "uk",
            "plugin_version": "4.2.1",
            "screen_id": "toplevel_page_gallery",
            "shared": False,
            "user_ref": "u" * 64,
            "client_created_at": "2026-11-21T12:00:00Z",
            "diagnostics": {"site": {"WordPress": "7.1"}, "errors": {"1": "PHP Warning"}},
        },
    )

    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json == {
        "ticket_id": answer.json["ticket_id"],
        "number": 1,
        "status": "open",
        "expected_reply_at": None,
    }
    ticket = resolve(Ticket, answer.json["ticket_id"])
    assert (ticket.email, ticket.name, ticket.locale, ticket.shared) == (
        "ana@example.com",
        "Ана",
        "uk",
        False,
    )
    assert ticket.diagnostics == {"site": {"WordPress": "7.1"}, "errors": {"1": "PHP Warning"}}
    assert ticket.product_id == harbour.product.id


def test_nulls_mean_that_nothing_was_said(ask: Ask, token: str) -> None:
    names = ("email", "name", "locale", "diagnostics", "attachment_ids", "user_ref", "shared", "follows")

    assert ask("POST", "/v1/tickets", token, {**NEW, **dict.fromkeys(names)}).status_code == 201


def test_a_repeated_request_files_one_ticket(ask: Ask, token: str) -> None:
    first = ask("POST", "/v1/tickets", token, NEW, key="the-same-key-0001")
    again = ask("POST", "/v1/tickets", token, NEW, key="the-same-key-0001")

    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.data == first.data
    assert session.scalar(select(func.count()).select_from(Ticket)) == 1


def test_a_plugin_without_a_license_may_ask_when_it_names_an_address(ask: Ask, harbour: Cast) -> None:
    refused = ask("POST", "/v1/tickets", harbour.product_key, NEW)
    assert code_of(refused) == (422, "validation_failed")
    assert refused.json is not None
    assert refused.json["errors"][0]["pointer"] == "/email"

    taken = ask("POST", "/v1/tickets", harbour.product_key, {**NEW, "email": "ana@example.com"})
    assert taken.status_code == 201
    assert taken.json is not None
    assert resolve(Ticket, taken.json["ticket_id"]).license_id is None


def test_a_site_reads_its_thread_without_the_teams_notes(
    ask: Ask, token: str, filed: str, say: Callable[..., str]
) -> None:
    say(filed, "Please clear the cache.")
    say(filed, "Old friend, be nice.", note=True)

    answer = ask("GET", f"/v1/tickets/{filed}", token)

    assert answer.json is not None
    assert answer.json["status"] == "waiting_for_you"
    assert answer.json["unread"] == 1
    assert answer.json["last_excerpt"] == "Please clear the cache."
    assert [(line["author"]["kind"], line["body"]) for line in answer.json["messages"]] == [
        ("user", "After the update it is empty."),
        ("agent", "Please clear the cache."),
    ]
    assert b"Old friend" not in answer.data
    assert b"Old friend" not in ask("GET", "/v1/tickets", token).data


def test_the_list_goes_on_by_its_cursor(ask: Ask, token: str) -> None:
    for number in range(5):
        ask("POST", "/v1/tickets", token, {**NEW, "subject": f"Number {number}"})
    seen: list[str] = []
    path = "/v1/tickets?limit=2"
    while path:
        page = ask("GET", path, token).json
        assert page is not None
        seen += [row["subject"] for row in page["data"]]
        path = f"/v1/tickets?limit=2&after={page['next']}" if page["next"] else ""

    assert seen == [f"Number {number}" for number in (4, 3, 2, 1, 0)]


def test_a_cursor_of_another_list_is_refused(ask: Ask, token: str, neighbour: str) -> None:
    for _ in range(2):
        ask("POST", "/v1/tickets", token, NEW)
    page = ask("GET", "/v1/tickets?limit=1", token).json
    assert page is not None

    for path in (f"/v1/tickets?status=open&after={page['next']}", "/v1/tickets?after=forged"):
        assert code_of(ask("GET", path, token)) == (400, "cursor_invalid")
    assert code_of(ask("GET", f"/v1/tickets?after={page['next']}", neighbour)) == (400, "cursor_invalid")


def test_the_list_filters_by_what_the_site_sees(ask: Ask, token: str, filed: str) -> None:
    ask("POST", "/v1/tickets", token, NEW)
    ask("PATCH", f"/v1/tickets/{filed}", token, {"status": "closed"})

    closed = ask("GET", "/v1/tickets?status=closed", token).json
    assert closed is not None
    assert [row["ticket_id"] for row in closed["data"]] == [filed]
    assert code_of(ask("GET", "/v1/tickets?status=spam", token)) == (422, "validation_failed")


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/tickets/{}"])
def test_what_did_not_change_is_304(
    path: str, ask: Ask, token: str, filed: str, say: Callable[..., str]
) -> None:
    first = ask("GET", path.format(filed), token)
    same = ask("GET", path.format(filed), token, headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")

    say(filed, "Please clear the cache.")
    assert (
        ask("GET", path.format(filed), token, headers={"If-None-Match": first.headers["ETag"]}).status_code
        == 200
    )


def test_the_site_answers_once(ask: Ask, token: str, filed: str, say: Callable[..., str]) -> None:
    say(filed, "Please clear the cache.")
    told = {"body": "Still empty.", "name": "Ана", "email": "ana@example.com", "user_ref": "x"}
    first = ask("POST", f"/v1/tickets/{filed}/messages", token, told, key="the-same-key-0002")
    again = ask("POST", f"/v1/tickets/{filed}/messages", token, told, key="the-same-key-0002")

    assert first.status_code == again.status_code == 201
    assert first.json is not None
    assert first.json["author"] == {"kind": "user", "name": "Ана", "role": "customer"}
    assert first.json["via"] == "dashboard"
    assert session.scalar(select(func.count()).select_from(Message)) == 3
    assert resolve(Ticket, filed).status == "open"


def test_a_site_closes_opens_and_mutes(ask: Ask, token: str, filed: str) -> None:
    path = f"/v1/tickets/{filed}"

    closed = ask("PATCH", path, token, {"status": "closed"}).json
    opened = ask("PATCH", path, token, {"status": "open", "notify_email": False}).json

    assert closed is not None
    assert opened is not None
    assert (closed["status"], opened["status"], opened["notify_email"]) == ("closed", "waiting_for_us", False)
    assert code_of(ask("PATCH", path, token, {})) == (422, "validation_failed")
    assert code_of(ask("PATCH", path, token, {"status": "solved"})) == (422, "validation_failed")


def test_seen_messages_are_no_longer_unread(
    ask: Ask, token: str, filed: str, say: Callable[..., str]
) -> None:
    first, second = say(filed, "One."), say(filed, "Two.")
    note = say(filed, "Three.", note=True)
    path = f"/v1/tickets/{filed}/seen"

    assert ask("POST", path, token, {"message_id": second}).status_code == 204
    assert ask("POST", path, token, {"message_id": first}).status_code == 204  # never back
    assert code_of(ask("POST", path, token, {"message_id": note})) == (404, "not_found")

    read = ask("GET", f"/v1/tickets/{filed}", token).json
    assert read is not None
    assert read["unread"] == 0


def test_the_check_in_brings_the_news(
    ask: Ask, token: str, filed: str, say: Callable[..., str], site_facts: Any
) -> None:
    say(filed, "Please clear the cache.")

    answer = ask("POST", "/v1/check-ins", token, site_facts(plugin_version="1", bridge_version="1"))

    assert answer.json is not None
    assert answer.json["replies"]["unread"] == 1
    assert [item["ticket_id"] for item in answer.json["replies"]["items"]] == [filed]
    assert b"cache" not in answer.data


def test_a_long_thread_comes_in_pages_of_fifty(ask: Ask, token: str, filed: str) -> None:
    with writing():
        session.add_all(
            Message(
                ticket_id=filed,
                kind="customer",
                author_name="Ana",
                body=f"Line {number}",
                via="dashboard",
                created_at=resolve(Ticket, filed).created_at,
                id=f"msg_zzzzzzzzzzzzzzzzzzzzzzzz{number:02d}",
            )
            for number in range(60)
        )
    newest = ask("GET", f"/v1/tickets/{filed}", token).json
    assert newest is not None
    first_id = newest["messages"][0]["message_id"]
    older = ask("GET", f"/v1/tickets/{filed}?before={first_id}", token).json

    assert [line["body"] for line in newest["messages"]] == [f"Line {number}" for number in range(10, 60)]
    assert older is not None
    assert [line["body"] for line in older["messages"]][1:] == [f"Line {number}" for number in range(10)]


def foreign_ids(ask: Ask, filed: str, neighbour: str, stranger: Cast) -> list[str]:
    """Tickets that the site may not see: another site's, another vendor's, and its own one in spam."""
    theirs = ask("POST", "/v1/tickets", neighbour, NEW).json
    other = ask("POST", "/v1/tickets", stranger.product_key, {**NEW, "email": "x@example.com"}).json
    assert theirs is not None
    assert other is not None
    with writing():
        change_status(resolve(Ticket, filed), "spam", by="member:mem_1")
    return [theirs["ticket_id"], other["ticket_id"], filed]


def test_somebody_elses_ticket_is_answered_byte_by_byte_like_a_missing_one(
    ask: Ask, token: str, filed: str, neighbour: str, stranger: Cast
) -> None:
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/v1/tickets/{}", None),
        ("PATCH", "/v1/tickets/{}", {"status": "closed"}),
        ("POST", "/v1/tickets/{}/messages", {"body": "Hello"}),
        ("POST", "/v1/tickets/{}/seen", {"message_id": "msg_00000000000000000000000000"}),
    ]
    foreign = foreign_ids(ask, filed, neighbour, stranger)
    for method, path, body in calls:
        missing = ask(method, path.format("tkt_00000000000000000000000000"), token, body)
        assert code_of(missing) == (404, "not_found")
        for ticket_id in foreign:
            answer = ask(method, path.format(ticket_id), token, body)
            assert (answer.status_code, answer.data) == (404, missing.data)


def test_a_token_of_a_product_reads_nothing(ask: Ask, harbour: Cast, filed: str) -> None:
    for method, path in (("GET", "/v1/tickets"), ("GET", f"/v1/tickets/{filed}")):
        assert code_of(ask(method, path, harbour.product_key)) == (401, "credentials_invalid")
