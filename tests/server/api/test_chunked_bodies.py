"""A body that comes in chunks, without its length, meets the same limit: it is refused and never cut."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from tests.tools.keydesk_server import KeydeskServer, start_keydesk
from tests.tools.waiting import free_port

KIB = 1024
REFUSED = (413, "body_too_large")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeydeskServer]:
    """A server as strangers meet it: granian in front, with the demo's keys."""
    server = start_keydesk(free_port(), tmp_path_factory.mktemp("chunked") / "data", demo=True)
    yield server
    server.stop()


def test_a_chunked_body_over_the_limit_is_too_large(running: KeydeskServer) -> None:
    facts = running.demo_facts()
    over, under = b'{"license_key":"' + b"x" * 70 * KIB + b'"}', b'{"license_key":"x"}'
    ticket = b'{"subject":"' + b"x" * 170 * KIB + b'"}'

    assert send(running, "/v1/activations", facts["product_key"], over) == REFUSED
    assert send(running, "/v1/tickets", facts["product_key"], ticket) == REFUSED
    assert send(running, "/v1/activations", facts["product_key"], under) == (422, "validation_failed")


def test_a_chunked_body_of_exactly_the_limit_is_read(running: KeydeskServer) -> None:
    exact = b'{"license_key":"' + b"x" * (64 * KIB - 18) + b'"}'

    answer = send(running, "/v1/activations", running.demo_facts()["product_key"], exact)

    assert answer == (422, "validation_failed")


def test_a_chunked_event_over_the_limit_is_too_large(running: KeydeskServer) -> None:
    hook = running.demo_facts()["stripe_hook_url"].removeprefix(running.url)

    assert send(running, hook, "", b"x" * 300 * KIB) == REFUSED
    assert send(running, hook, "", b"x" * 200 * KIB) == (400, "signature_invalid")


def send(server: KeydeskServer, path: str, credential: str, body: bytes) -> tuple[int, str]:
    """Status and code of a POST whose body comes in pieces. A line cut in the middle is tried anew."""
    for _attempt in range(5):
        with suppress(ConnectionResetError, http.client.RemoteDisconnected):
            return _send(server, path, credential, body)
    raise AssertionError("the server cut the line five times before its answer could be read")


def _send(server: KeydeskServer, path: str, credential: str, body: bytes) -> tuple[int, str]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "chunk-by-chunk-1"}
    pieces = iter([body[at : at + 8 * KIB] for at in range(0, len(body), 8 * KIB)])
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as line:
        with suppress(BrokenPipeError):  # refused before we had sent everything: the answer is there
            line.request(
                "POST",
                path,
                body=pieces,
                headers=headers | {"Authorization": f"Bearer {credential}"},
                encode_chunked=True,
            )
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())["code"]
