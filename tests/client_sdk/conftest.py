"""A small real HTTP server that plays the answers a test lays out, and remembers what was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from keydesk import Keydesk, Retries, Site, SiteIdentity

from tests.tools.keydesk_server import KeydeskServer, start_keydesk
from tests.tools.waiting import free_port

PRODUCT_KEY = "kdp_" + "A" * 30
SITE_TOKEN = "kdt_" + "A" * 48
ME = SiteIdentity(uid="0123456789abcdef" * 2, url="https://shop-1.example.com", version="1.4.0")
QUICK = Retries(backoff_s=0)


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        fields: dict[str, Any] = json.loads(self.body)
        return fields


@dataclass(frozen=True)
class Play:
    """One answer; `make` sees the request and may sign for it. `status` 0 hangs up without an answer."""

    status: int = 200
    fields: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    make: Callable[[Asked], "Play"] | None = None


@dataclass
class Stage:
    """What will be answered, and what was asked."""

    url: str
    plays: list[Play] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def will(self, *plays: Play) -> None:
        self.plays.extend(plays)


@pytest.fixture
def stage() -> Iterator[Stage]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Player)
    server.daemon_threads = True
    server.stage = Stage(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]  # the handler's only way to it
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.stage  # type: ignore[attr-defined]  # see above
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def desk(stage: Stage) -> Keydesk:
    return Keydesk(stage.url, product_key=PRODUCT_KEY, retries=QUICK)


@pytest.fixture
def site(desk: Keydesk) -> Site:
    return desk.site(ME, "act_01", SITE_TOKEN)


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeydeskServer]:
    """The real server with its demo; tests take sites of their own on it."""
    folder = tmp_path_factory.mktemp("server")
    running = start_keydesk(free_port(), folder / "data", {"KEYDESK_RATE_LIMITS": "off"}, demo=True)
    yield running
    running.stop()


class Player(BaseHTTPRequestHandler):
    """Answers from the stage of its server."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        stage: Stage = self.server.stage  # type: ignore[attr-defined]  # put there by the fixture
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        stage.asked.append(asked)
        play = stage.plays.pop(0) if stage.plays else Play(500, {"code": "nothing_was_laid_out"})
        self.play(play.make(asked) if play.make else play)

    do_GET = do_POST = do_DELETE = do_PATCH = answer  # noqa: N815 - the library's names

    def play(self, play: Play) -> None:
        if play.status == 0:
            self.close_connection = True
            return
        body = play.body if play.body is not None else json.dumps(play.fields or {}).encode()
        self.send_response(play.status)
        for name, value in {"Content-Type": "application/json", **play.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests speak through their asserts."""
