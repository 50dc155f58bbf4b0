"""A mail server that answers as a test wishes, and mails to send through it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from server.jobs import Job
from server.kernel import settings
from server.kernel.db import writing
from server.mail.models import Mail
from server.mail.services import queue_mail
from tests.conftest import Cast
from tests.tools.waiting import free_port

UseServer = Callable[[str], "Answering"]
QueuePurchase = Callable[..., Mail | None]


class Answering:
    """Keeps what arrives and answers each DATA with one sentence."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        self.letters: list[bytes] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        content = envelope.content
        self.letters.append(content if isinstance(content, bytes) else (content or "").encode())
        return self.sentence


@pytest.fixture
def use_server(app_settings: settings.Settings) -> Iterator[UseServer]:
    """Start a mail server that answers with a sentence, and make Keydesk send through it."""
    with ExitStack() as running:

        def use(sentence: str) -> Answering:
            handler = Answering(sentence)
            port = free_port()
            server = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=15)
            server.start()
            running.callback(server.stop)
            use_mail_host("127.0.0.1", port)
            return handler

        yield use


def use_mail_host(host: str, port: int) -> None:
    settings.remember(replace(settings.current(), smtp_host=host, smtp_port=port))


def purchase(**changes: Any) -> dict[str, Any]:
    """What the purchase mail says."""
    return {
        "product_name": "Harbour Gallery",
        "plan_name": "Studio",
        "units": [
            {
                "key": "KD1-8M2FW7-PAK3XN-0R94TC-5GR38E-1P7QX4",
                "page_url": "https://desk.example.com/get/abc",
            }
        ],
        "docs_url": "https://docs.example.com/install",
        "account_url": "https://desk.example.com/account/harbour",
        "seats": 5,
        "inside": [],
        "needs": None,
        "is_trial": False,
        "charged": False,
        "renewal": None,
        "valid_until": datetime(2027, 11, 10, tzinfo=UTC),
        "vendor_name": "Harbour Plugins",
        "support_email": "help@harbour.example.com",
        **changes,
    }


@pytest.fixture
def queue_purchase(harbour: Cast) -> QueuePurchase:
    """Queue the purchase mail of one order."""

    def queue(*, to: str = "olena@example.com", dedupe_key: str = "order-1", **changes: Any) -> Mail | None:
        wishes: dict[str, Any] = {
            "locale": "en",
            "reply_to": "help@harbour.example.com",
            "from_name": "Harbour Plugins",
        }
        wishes.update({name: changes.pop(name) for name in list(changes) if name in wishes})
        with writing():
            return queue_mail(
                template="purchase", to=to, context=purchase(**changes), dedupe_key=dedupe_key, **wishes
            )

    return queue


@pytest.fixture
def letter(queue_purchase: QueuePurchase) -> Mail:
    """One purchase mail that waits."""
    mail = queue_purchase()
    assert mail is not None
    return mail


def job_for(mail: Mail, tries: int = 1) -> Job:
    return Job(1, "mail.send", mail.tenant_id, {"mail_id": mail.id}, tries)
