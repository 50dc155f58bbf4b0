"""The door where helpdesks knock: who is let in, and what is written for it."""

import json
import socket
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.helpdesks import services as helpdesks
from server.helpdesks import standard_webhook
from server.helpdesks.models import HelpdeskConnection
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from tests.conftest import Cast
from tests.server.helpdesks.conftest import deliveries

EVENT = {"type": "changed", "issue": "17", "activity": "2026-11-21.12:00:00", "messages": ["1"]}


class Knocking:
    """Knocks at the connection's own address, signed as it should be unless told otherwise."""

    def __init__(self, client: FlaskClient, connection: HelpdeskConnection) -> None:
        self.client = client
        url, self.secret = helpdesks.hook_of(connection)
        self.path = url.removeprefix("http://localhost")

    def __call__(self, event: object = None, *, name: str = "msg_1", **more: object) -> TestResponse:
        body = more.get("body") or json.dumps(event or EVENT).encode()
        assert isinstance(body, bytes)
        at = clock.now() - timedelta(seconds=int(str(more.get("age", 0))))
        headers = standard_webhook.sign(self.secret, delivery_id=name, at=at, body=body)
        headers.update({"Content-Type": "application/json"})
        return self.client.post(str(more.get("path", self.path)), data=body, headers=headers)


@pytest.fixture
def knock(client: FlaskClient, desk: HelpdeskConnection) -> Knocking:
    return Knocking(client, desk)


def test_a_signed_hook_is_stored_once_however_often_it_comes(knock: Knocking) -> None:
    answers = [knock() for _ in range(5)]

    assert [(answer.status_code, answer.get_json()) for answer in answers] == [(200, {"ok": True})] * 5
    assert deliveries() == [("received", "")]


def test_a_ping_is_answered_and_needs_nothing(knock: Knocking) -> None:
    assert knock({"type": "ping"}).status_code == 200
    assert deliveries() == [("ignored", "")]


def test_the_reason_of_a_refusal_is_told_to_the_vendor_only(
    knock: Knocking, desk: HelpdeskConnection
) -> None:
    desk_id = desk.id
    right = knock.secret
    knock.secret = standard_webhook.new_secret()
    wrong = knock()
    knock.secret = right
    old = knock(age=301)

    assert wrong.status_code == old.status_code == 400
    assert wrong.get_json()["code"] == "signature_invalid"
    assert wrong.get_json() == old.get_json()
    assert deliveries() == []
    assert "clock" in resolve(HelpdeskConnection, desk_id).hook_problem

    assert knock().status_code == 200
    session.rollback()
    assert resolve(HelpdeskConnection, desk_id).hook_problem == ""


def test_an_unsigned_hook_writes_nothing(client: FlaskClient, knock: Knocking) -> None:
    assert client.post(knock.path, json=EVENT).status_code == 400
    assert deliveries() == []


def test_a_wrong_address_is_answered_like_a_missing_one(knock: Knocking, desk: HelpdeskConnection) -> None:
    base, _, token = knock.path.rpartition("/")
    other_token = "A" * len(token)
    desk_id = desk.id

    wrong = (f"{base}/{other_token}", f"/hooks/helpdesks/hdc_none/{token}", f"/hooks/helpdesks/%00/{token}")
    answers = [knock(path=path) for path in wrong]
    with writing():
        helpdesks.disconnect(resolve(HelpdeskConnection, desk_id))
    answers.append(knock())

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]
    assert len({answer.data for answer in answers}) == 1


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"a": NaN}', b"\xff\xfe", b'{"type": "changed", "type": "ping"}']
)
def test_signed_nonsense_is_a_bad_request(knock: Knocking, body: bytes) -> None:
    assert knock(body=body).status_code == 400
    assert deliveries() == []


def test_a_huge_body_is_refused_before_it_is_read(knock: Knocking) -> None:
    assert knock(body=b'{"a": "' + b"x" * (1024 * 1024) + b'"}').status_code == 413
    assert deliveries() == []


def test_another_vendor_does_not_see_the_hook(knock: Knocking, stranger: Cast) -> None:
    knock()

    with tenant(stranger.vendor.id):
        assert deliveries() == []


def test_the_door_makes_no_calls(knock: Knocking, desk: HelpdeskConnection) -> None:
    """The helpdesk would let everybody wait; nobody comes to it."""
    desk_id = desk.id
    with socket.create_server(("127.0.0.1", 0)) as helpdesk:
        with writing():
            connection = resolve(HelpdeskConnection, desk_id)
            silent = f"http://127.0.0.1:{helpdesk.getsockname()[1]}/"
            connection.settings = {**connection.settings, "url": silent}

        assert knock().status_code == 200
        helpdesk.setblocking(False)
        with pytest.raises(BlockingIOError):
            helpdesk.accept()
