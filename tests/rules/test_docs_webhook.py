"""The two programs of the helpdesk guide: a receiver of our webhooks, and a sender of answers."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from server.helpdesks import standard_webhook
from server.helpdesks.connectors import discover
from server.helpdesks.contract import Connector
from server.kernel import clock, outbound, settings
from tests.server.helpdesks.targets import message, ticket
from tests.tools.waiting import free_port, port_is_free, wait_until

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "connect-a-helpdesk.md"


def programs() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def connector(url: str, secret: str) -> Connector:
    kind = discover()["signed_webhook"]
    given = kind.settings_schema().load({"url": url, "signing_secret": secret})
    return kind(given, connection_id="hdc_1", send=outbound.request)


@pytest.fixture
def loopback(app_settings: settings.Settings) -> None:
    settings.remember(replace(app_settings, outbound_allow=("127.0.0.0/8",)))


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The guide's receiver as a process, its address and its secret."""
    program, port, secret = tmp_path / "receiver.py", free_port(), standard_webhook.new_secret()
    program.write_text(programs()[0], encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, str(program), str(port)],
        env={"SIGNING_SECRET": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_until(lambda: not port_is_free(port), 20, "the receiver")
        yield running, f"http://127.0.0.1:{port}/keydesk", secret
    finally:
        running.terminate()
        running.communicate(timeout=10)


def test_the_receiver_takes_each_write_once_and_nothing_forged(
    receiver: tuple[subprocess.Popen[str], str, str], loopback: None
) -> None:
    running, url, secret = receiver
    ours, forged = connector(url, secret), connector(url, standard_webhook.new_secret())

    assert ours.check().ok
    assert not forged.check().ok
    made = ours.create(ticket("T-1", "Help!"), marker="kd-1", prepared={})
    ours.create(ticket("T-1", "Help!"), marker="kd-1", prepared={})
    ours.add_message(made.ref, message("More"), marker="kd-2", prepared={})

    assert made.ref.id == "tkt_T-1"
    assert running.stdout is not None
    said = [running.stdout.readline().split() for _ in range(3)]
    assert [words[0] for words in said] == ["ping", "conversation.create", "message.add"]
    assert [words[1] for words in said[1:]] == ["kd-1", "kd-2"]


def test_the_sender_sends_what_keydesk_takes(tmp_path: Path) -> None:
    program, secret = tmp_path / "answer.py", standard_webhook.new_secret()
    program.write_text(programs()[1], encoding="utf-8")
    taken: list[tuple[dict[str, list[str]], bytes]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            names = {name.lower() for name in self.headers}
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(({name: self.headers.get_all(name) or [] for name in names}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as door:
        thread = threading.Thread(target=door.handle_request)
        thread.start()
        command = [sys.executable, str(program), f"http://127.0.0.1:{door.server_port}/", "conv-1", "Готово"]
        subprocess.run(command, env={"HOOK_SECRET": secret, "PYTHONUTF8": "1"}, check=True, timeout=60)
        thread.join()

    headers, body = taken[0]
    standard_webhook.verify(headers, body, secret=secret, now=clock.now())
    event = connector("https://desk.example.com/", secret).parse_event(json.loads(body))
    assert event.kind == "changed"
    assert event.snapshot is not None
    assert [one.text for one in event.snapshot.messages] == ["Готово"]
