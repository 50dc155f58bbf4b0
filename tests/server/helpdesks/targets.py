"""Each connector with its real target, told in the same words: what stands there, and how it breaks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from server.helpdesks.connectors import discover
from server.helpdesks.contract import Connector, OutgoingFile, OutgoingMessage, OutgoingTicket
from server.kernel import outbound
from tests.helpdesks.roundup.agent import Agent
from tests.helpdesks.roundup.boot import Roundup
from tests.server.helpdesks.receiver import Receiver

WRITTEN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """A conversation as the target shows it."""

    title: str
    status: str
    texts: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]


class LosingLine:
    """The outgoing line; the answers to the next `lost` matching requests are lost after the write."""

    def __init__(self) -> None:
        self.lost = 0
        self.matching: Callable[[str, str], bool] = lambda method, _: method != "GET"
        self.sent: list[tuple[str, str]] = []

    def __call__(self, method: str, url: str, **kwargs: Any) -> outbound.Reply:
        self.sent.append((method, url))
        reply = outbound.request(method, url, **kwargs)
        if self.lost and self.matching(method, url):
            self.lost -= 1
            raise outbound.NoAnswer("lost by the test", sent=True)
        return reply


@dataclass
class Target:
    """A connector, its settings that work, and a look at the other side."""

    kind: str
    settings: Mapping[str, Any]
    wrong_secret: Mapping[str, Any]
    seen: Callable[[str], list[Seen]]
    line: LosingLine = field(default_factory=LosingLine)

    def connector(self, **changed: Any) -> Connector:
        kind = discover()[self.kind]
        settings = kind.settings_schema().load({**self.settings, **changed})
        return kind(settings, connection_id="hdc_test", send=self.line)


@contextmanager
def roundup_target(desk: Roundup) -> Iterator[Target]:
    agent = Agent(desk)

    def seen(number: str) -> list[Seen]:
        return [
            Seen(issue.title, issue.status, tuple(message.text for message in issue.messages), issue.files)
            for issue in agent.find(f"[{number}]")
        ]

    settings = {"url": desk.url, "username": desk.user, "password": desk.password}
    yield Target("roundup", settings, {"password": "not the password"}, seen)


@contextmanager
def webhook_target(receiver: Receiver) -> Iterator[Target]:
    def seen(number: str) -> list[Seen]:
        made = [one for one in receiver.of("conversation.create") if one["number"] == number]
        return [_as_seen(receiver, one) for one in made]

    settings = {"url": receiver.url, "signing_secret": receiver.secret}
    wrong = {"signing_secret": "whsec_" + "bm90IHRoZSBzZWNyZXQgb2YgdGhpcyByZWNlaXZlcg=="}
    yield Target("signed_webhook", settings, wrong, seen)


def message(
    text: str, *, name: str = "", kind: str = "customer", files: tuple[OutgoingFile, ...] = ()
) -> Any:
    return OutgoingMessage(
        message_id=f"msg_{sha256(text.encode()).hexdigest()[:12]}",
        kind=kind,
        author_name=name or "Анна Петрова",
        author_email="anna@example.com",
        text=text,
        files=files,
        created_at=WRITTEN,
    )


def ticket(number: str, text: str, files: tuple[OutgoingFile, ...] = ()) -> OutgoingTicket:
    return OutgoingTicket(
        ticket_id=f"tkt_{number}",
        number=number,
        subject="Не работает форма",
        product="Acme Forms",
        first=message(text, files=files),
        diagnostics={"WordPress": {"version": "7.1", "multisite": False}, "plugins": ["Acme Forms 2.0"]},
    )


def file(name: str, content: bytes) -> OutgoingFile:
    digest = sha256(content).hexdigest()
    return OutgoingFile(
        f"att_{digest[:8]}", name, "application/octet-stream", len(content), digest, lambda: content
    )


def _as_seen(receiver: Receiver, made: Mapping[str, Any]) -> Seen:
    remote_id = f"conv-{made['number']}"
    later = [one for one in receiver.of("message.add") if one["remote_id"] == remote_id]
    states = [one["data"]["status"] for one in receiver.of("status.set") if one["remote_id"] == remote_id]
    texts = [made["data"]["message"]["text"], *(one["data"]["text"] for one in later)]
    files = tuple((one["name"], b"") for one in made["data"]["message"]["files"])
    return Seen(made["data"]["subject"], states[-1] if states else "new", tuple(texts), files)
