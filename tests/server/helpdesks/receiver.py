"""A real receiver for the signed webhook: it verifies with the published library, keeps what it got."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from server.helpdesks import standard_webhook


class Receiver:
    """Stores each `webhook-id` once. `breaks_after_storing` loses the next answers after the write."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/keydesk"
        self.secret = standard_webhook.new_secret()
        self.stored: dict[str, dict[str, Any]] = {}
        self.refused = 0
        self.requests = 0
        self.breaks_after_storing = 0
        self.lock = threading.Lock()

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]] | None:
        """The answer, or None when the line breaks."""
        with self.lock:
            self.requests += 1
            try:
                content = Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError:
                self.refused += 1
                return 400, {}
            if content["op"] != "ping":
                self.stored.setdefault(headers["webhook-id"], content)
            if self.breaks_after_storing:
                self.breaks_after_storing -= 1
                return None
            return 200, self._answer(content)

    def of(self, op: str) -> list[dict[str, Any]]:
        with self.lock:
            return [content for content in self.stored.values() if content["op"] == op]

    def _answer(self, content: dict[str, Any]) -> dict[str, str]:
        if content["op"] == "conversation.create":
            return {"remote_id": f"conv-{content['number']}", "message_id": f"m-{content['marker']}"}
        return {"message_id": f"m-{content['marker']}"}


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    receiver = Receiver(server.server_address[1])
    _Handler.receivers[server.server_address[1]] = receiver
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    receivers: dict[int, Receiver] = {}  # noqa: RUF012  shared by all handlers on purpose, keyed by port

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.receivers[self.server.server_address[1]]  # type: ignore[index]  # a TCP address
        answer = receiver.take({key.lower(): value for key, value in self.headers.items()}, body)
        if answer is None:
            self.close_connection = True
            return
        content = json.dumps(answer[1]).encode()
        self.send_response(answer[0])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
