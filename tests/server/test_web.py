"""Behind a proxy limits count the caller whom the proxy names, never all callers together."""

import http.client

import pytest

from tests.tools.fixtures import StartServer
from tests.tools.keydesk_server import KeydeskServer

PRODUCTION = {
    "KEYDESK_ENV": "production",
    "KEYDESK_PUBLIC_URL": "https://desk.example.com",
    "KEYDESK_SECRET_KEY": "0123456789abcdef" * 2,
}
UNKNOWN_CREDENTIALS_A_MINUTE = 30


def ask(server: KeydeskServer, caller: str, host: str) -> int:
    """The status for a caller with an unknown credential, as a proxy hands it on."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    names = {"Host": host, "X-Forwarded-For": f"198.51.100.7, {caller}", "Authorization": "Bearer nobody"}
    line.request("GET", "/v1/tickets", headers=names)
    status = line.getresponse().status
    line.close()
    return status


@pytest.mark.parametrize(("mode", "second"), [("production", 401), ("development", 429)])
def test_one_caller_behind_the_proxy_does_not_use_up_the_limit_of_another(
    start_server: StartServer, mode: str, second: int
) -> None:
    server = start_server(PRODUCTION if mode == "production" else {"KEYDESK_ENV": "development"})
    host = "desk.example.com" if mode == "production" else f"127.0.0.1:{server.port}"

    first = [ask(server, "203.0.113.1", host) for _ in range(UNKNOWN_CREDENTIALS_A_MINUTE + 1)]

    assert first == [401] * UNKNOWN_CREDENTIALS_A_MINUTE + [429]
    assert ask(server, "203.0.113.2", host) == second
