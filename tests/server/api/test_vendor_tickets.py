"""A vendor's script reads and answers the vendor's own tickets, as far as its key allows."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from server.catalog.models import ProductKey
from server.kernel.db import session, writing
from server.kernel.secrets import new_token
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.support.models import Ticket
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

NEW = {"type": "bug", "subject": "The calendar is empty", "body": "It is empty.", "email": "ana@example.com"}


@pytest.fixture
def filed(ask: Ask, harbour: Cast) -> str:
    """A ticket of the vendor: its id."""
    answer = ask("POST", "/v1/tickets", harbour.product_key, {**NEW, "diagnostics": {"site": {"wp": "7.1"}}})
    assert answer.json is not None
    return str(answer.json["ticket_id"])


def test_a_script_reads_the_list_and_the_thread(ask: Ask, filed: str, script: Callable[..., str]) -> None:
    key = script("tickets:read")
    listed: Any = ask("GET", "/v1/vendor/tickets", key).json
    read: Any = ask("GET", f"/v1/vendor/tickets/{filed}", key).json

    assert [row["ticket_id"] for row in listed["data"]] == [filed]
    assert (read["status"], read["email"]) == ("new", "ana@example.com")
    assert read["diagnostics"] == {"site": {"wp": "7.1"}}
    assert [(line["body"], line["internal"]) for line in read["messages"]] == [("It is empty.", False)]


def test_the_list_filters_by_state_and_goes_on_by_its_cursor(
    ask: Ask, harbour: Cast, script: Callable[..., str]
) -> None:
    for _ in range(3):
        ask("POST", "/v1/tickets", harbour.product_key, NEW)
    key = script("tickets:read")
    first: Any = ask("GET", "/v1/vendor/tickets?limit=2&status=new", key).json
    second: Any = ask("GET", f"/v1/vendor/tickets?limit=2&status=new&after={first['next']}", key).json

    numbers = [row["number"] for row in first["data"] + second["data"]]
    assert numbers == [3, 2, 1]
    assert second["next"] is None
    none: Any = ask("GET", "/v1/vendor/tickets?status=solved", key).json
    assert none["data"] == []


def test_a_script_answers_under_a_name_or_as_the_vendor(
    ask: Ask, filed: str, script: Callable[..., str]
) -> None:
    key = script("tickets:write")
    path = f"/v1/vendor/tickets/{filed}/messages"
    named: Any = ask("POST", path, key, {"body": "Please clear the cache.", "author_name": "Iryna"}).json
    plain: Any = ask("POST", path, key, {"body": "Thank you."}, key=None).json

    assert named["author"] == {"kind": "agent", "name": "Iryna", "role": "support"}
    assert plain["author"]["name"] == "Harbour Plugins"
    assert resolve(Ticket, filed).status == "waiting_for_customer"


def test_a_key_does_what_its_scopes_allow(ask: Ask, filed: str, script: Callable[..., str]) -> None:
    reads, writes = script("tickets:read"), script("tickets:write")

    assert code_of(ask("GET", f"/v1/vendor/tickets/{filed}", writes)) == (403, "scope_missing")
    answer = ask("POST", f"/v1/vendor/tickets/{filed}/messages", reads, {"body": "x"})
    assert code_of(answer) == (403, "scope_missing")


def test_another_vendors_ticket_is_answered_like_a_missing_one(
    ask: Ask, stranger: Cast, script: Callable[..., str]
) -> None:
    theirs: Any = ask("POST", "/v1/tickets", stranger.product_key, NEW).json
    key = script("tickets:read", "tickets:write")
    for method, path, body in (
        ("GET", "/v1/vendor/tickets/{}", None),
        ("POST", "/v1/vendor/tickets/{}/messages", {"body": "x"}),
    ):
        missing = ask(method, path.format("tkt_00000000000000000000000000"), key, body)
        foreign = ask(method, path.format(theirs["ticket_id"]), key, body)
        assert code_of(missing) == (404, "not_found")
        assert (foreign.status_code, foreign.data) == (404, missing.data)
    listed: Any = ask("GET", "/v1/vendor/tickets", key).json
    assert listed["data"] == []


def test_a_test_key_sees_and_answers_tickets_of_the_test_mode_only(
    ask: Ask, harbour: Cast, filed: str, script: Callable[..., str]
) -> None:
    """A key that a developer passes around must not open the letters of customers."""
    scopes = ("tickets:read", "tickets:write")
    live, test = script(*scopes), script(*scopes, mode="test")
    product_key = new_token("kdp_")
    with writing():
        session.add(ProductKey(product_id=harbour.product.id, key=product_key, mode="test"))
    tried: Any = ask("POST", "/v1/tickets", product_key, NEW).json

    for key, own, other in ((live, filed, tried["ticket_id"]), (test, tried["ticket_id"], filed)):
        listed: Any = ask("GET", "/v1/vendor/tickets", key).json
        assert [row["ticket_id"] for row in listed["data"]] == [own]
        assert ask("GET", f"/v1/vendor/tickets/{own}", key).status_code == 200
        assert code_of(ask("GET", f"/v1/vendor/tickets/{other}", key)) == (404, "not_found")
        answer = ask("POST", f"/v1/vendor/tickets/{other}/messages", key, {"body": "x"})
        assert code_of(answer) == (404, "not_found")


def test_a_ticket_of_a_site_with_a_test_license_is_one_of_the_test_mode(ask: Ask, token: str) -> None:
    with writing():
        session.execute(update(License).values(mode="test"))
    made: Any = ask("POST", "/v1/tickets", token, NEW).json

    assert resolve(Ticket, made["ticket_id"]).mode == "test"
