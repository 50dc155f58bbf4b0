"""A mail and its cause are one commit, and one cause makes one mail."""

from datetime import timedelta

import pytest
from jinja2 import UndefinedError
from sqlalchemy import func, select

from server.jobs.models import JobRow
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.errors import Invalid
from server.mail.models import Mail
from server.mail.services import is_address, queue_mail
from server.mail.transports import compose
from tests.conftest import NOON, Cast
from tests.server.mail.conftest import QueuePurchase, purchase


def test_a_mail_is_written_with_the_job_that_sends_it(queue_purchase: QueuePurchase) -> None:
    mail = queue_purchase()

    assert mail is not None
    job = session.scalars(select(JobRow).where(JobRow.kind == "mail.send")).one()
    assert job.args == {"mail_id": mail.id}
    assert mail.state == "waiting"
    assert mail.subject == "Your license for Harbour Gallery is ready"


def test_the_same_cause_makes_no_second_mail(queue_purchase: QueuePurchase) -> None:
    assert queue_purchase(dedupe_key="order-1") is not None
    assert queue_purchase(dedupe_key="order-1", product_name="Another name") is None

    assert session.scalar(select(func.count()).select_from(Mail)) == 1
    assert session.scalar(select(func.count()).select_from(JobRow)) == 1


def queue_and_fail() -> None:
    with writing():
        queue_mail(
            template="purchase",
            to="olena@example.com",
            context=purchase(),
            locale="en",
            dedupe_key="order-1",
            reply_to="help@harbour.example.com",
            from_name="Harbour",
        )
        raise ZeroDivisionError


def test_a_cause_that_is_rolled_back_takes_its_mail_along(harbour: Cast) -> None:
    with pytest.raises(ZeroDivisionError):
        queue_and_fail()

    assert session.scalar(select(func.count()).select_from(Mail)) == 0
    assert session.scalar(select(func.count()).select_from(JobRow)) == 0


def test_a_mail_may_be_queued_for_later(queue_purchase: QueuePurchase, harbour: Cast) -> None:
    later = clock.now() + timedelta(hours=1)
    with writing():
        queue_mail(
            template="purchase",
            to="olena@example.com",
            context=purchase(),
            locale="en",
            dedupe_key="order-2",
            reply_to="help@harbour.example.com",
            from_name="Harbour",
            due_at=later,
        )

    assert session.scalars(select(JobRow.due_at)).one() == later


@pytest.mark.parametrize(
    "wish",
    [
        {"to": "olena@example.com\nBcc: everybody@example.com"},
        {"reply_to": "help@example.com\r\nBcc: everybody@example.com"},
        {"from_name": "Harbour\r\nBcc: everybody@example.com"},
    ],
    ids=["to-break", "reply-to-break", "name-break"],
)
def test_a_line_break_never_reaches_a_header(wish: dict[str, str], queue_purchase: QueuePurchase) -> None:
    with pytest.raises(Invalid):
        queue_purchase(**wish)

    assert session.scalar(select(func.count()).select_from(Mail)) == 0


def test_a_line_break_in_a_subject_becomes_a_blank(queue_purchase: QueuePurchase) -> None:
    mail = queue_purchase(product_name="Gallery\r\nBcc: everybody@example.com")

    assert mail is not None
    assert mail.subject == "Your license for Gallery Bcc: everybody@example.com is ready"


def test_a_template_that_misses_a_fact_is_refused_when_queued(harbour: Cast) -> None:
    context = purchase()
    del context["units"]

    with pytest.raises(UndefinedError), writing():
        queue_mail(
            template="purchase",
            to="olena@example.com",
            context=context,
            locale="en",
            dedupe_key="order-1",
            reply_to="help@harbour.example.com",
            from_name="Harbour",
        )


@pytest.mark.parametrize(
    "wish",
    [
        {"to": "olena@example.com, everybody@example.com"},
        {"to": "no address"},
        {"to": ""},
        {"reply_to": "олена@example.com"},
    ],
    ids=["list", "words", "empty", "reply-to"],
)
def test_an_address_that_no_mail_reaches_fails_the_mail_and_not_its_cause(
    wish: dict[str, str], queue_purchase: QueuePurchase
) -> None:
    mail = queue_purchase(**wish)

    assert mail is not None
    assert mail.state == "failed"
    assert "no mail can be sent" in mail.error
    assert session.scalar(select(func.count()).select_from(JobRow)) == 0


GOOD = ["a+b@example.com", "a'b@x.example.com", "olena@пошта.example.com", "a@b", "a@192.0.2.1"]
BAD = [
    "олена@example.com",
    "a..b@example.com",
    ".a@example.com",
    "a@b@c",
    "a@x..com",
    "a@example.com.",
    "a@[192.0.2.1]",
    "a\u202eb@example.com",
    "a b@example.com",
    "a\n@example.com",
    "<a@example.com>",
    "=?utf-8?q?x?=@example.com",
    "a" * 65 + "@example.com",
    "a@" + "b" * 64 + ".com",
    "a@" + "é" * 80,
    "\ud800@example.com",
    "@",
    "",
]


def letter_to(address: str) -> Mail:
    """A mail as the job loads it."""
    facts = {"from_name": "Ірина (Harbour)", "reply_to": address, "subject": "Re: x", "locale": "uk"}
    return Mail(
        id="mai_1", template="ticket_reply", to_address=address, text="x", html="x", created_at=NOON, **facts
    )


def test_what_counts_as_an_address_can_be_written_into_a_mail() -> None:
    for address in GOOD:
        assert is_address(address)
        assert b"To: " in compose(letter_to(address), "keydesk@example.com").as_bytes()
    assert [address for address in BAD if is_address(address)] == []
