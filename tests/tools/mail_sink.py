"""An SMTP server on loopback that keeps every mail it gets, and waits for the one a test expects."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.tools.waiting import free_port


@dataclass(frozen=True)
class CaughtMail:
    """One delivered mail: the envelope's addresses and the parsed message."""

    sender: str
    to: tuple[str, ...]
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text part, "" when there is none."""
        return _content(self.message.get_body(("plain",)))

    @property
    def html(self) -> str:
        """The HTML part, "" when there is none."""
        return _content(self.message.get_body(("html",)))


def _content(part: MIMEPart | None) -> str:
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


@dataclass
class MailSink:
    """What came in so far. Safe to read from the test's thread while mails arrive."""

    port: int
    mails: list[CaughtMail] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        message = BytesParser(policy=policy.default).parsebytes(cast("bytes", envelope.content))
        caught = CaughtMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message)
        with self._changed:
            self.mails.append(caught)
            self._changed.notify_all()
        return "250 kept"

    def to(self, address: str, subject: str = "") -> list[CaughtMail]:
        """The mails to this address whose subject holds the words."""
        with self._changed:
            return [mail for mail in self.mails if address in mail.to and subject in mail.subject]

    def wait_for(self, *, to: str, subject: str = "", count: int = 1, seconds: float = 15.0) -> CaughtMail:
        """The newest such mail, once there are `count` of them; AssertionError when they do not come."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len(found := self.to(to, subject)) < count:
                if not self._changed.wait(deadline - time.monotonic()):
                    seen = [(mail.to, mail.subject) for mail in self.mails]
                    raise AssertionError(
                        f"{len(found)} of {count} mails to {to} about {subject!r} came; seen: {seen}"
                    )
        return found[-1]


@contextmanager
def caught_mails() -> Iterator[MailSink]:
    """A sink on a free port for the length of the block."""
    sink = MailSink(free_port())
    controller = Controller(
        sink, hostname="127.0.0.1", port=sink.port, ready_timeout=15, data_size_limit=40 * 2**20
    )
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
