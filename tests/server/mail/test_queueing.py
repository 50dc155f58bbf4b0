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
from tests.conftest import Cast
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
        {"to": "olena@example.com, everybody@example.com"},
        {"to": "no address"},
        {"to": ""},
        {"reply_to": "help@example.com\r\nBcc: everybody@example.com"},
        {"from_name": "Harbour\r\nBcc: everybody@example.com"},
    ],
    ids=["to-break", "to-list", "to-words", "to-empty", "reply-to-break", "name-break"],
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
    del context["key"]

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


def test_addresses_are_judged_by_shape() -> None:
    assert is_address("олена@пошта.example.com")
    assert is_address("a+b@example.com")
    assert not is_address("a@b@c")
    assert not is_address("a" * 65 + "@example.com")
    assert not is_address("a@" + "b" * 300)
