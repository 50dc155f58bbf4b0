"""An answer is mailed once, to the address of the ticket, unless the site has already shown it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from server.accounts.models import Member
from server.jobs.models import JobRow
from server.kernel import settings
from server.kernel.db import session, writing
from server.licensing.models import Activation
from server.mail.models import Mail
from server.support.models import Message, Ticket
from server.support.services import (
    add_agent_reply,
    add_customer_message,
    add_helpdesk_reply,
    add_note,
    change_status,
    dashboard_url,
    mark_seen,
    set_mails,
)
from server.support.tasks import tell_customer
from tests.conftest import NOON, Cast
from tests.server.support.conftest import OpenTicket, job

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def owner(harbour: Cast) -> Member:
    return harbour.owner


def answer(ticket: Ticket, member: Member, body: str = "Please clear the cache.") -> Message:
    with writing():
        return add_agent_reply(ticket, member, body, now=LATER)


def tell(message: Message) -> list[Mail]:
    tell_customer(job("support.notify", message_id=message.id))
    return list(session.scalars(select(Mail).order_by(Mail.id)))


def test_an_answer_is_mailed_in_the_customers_language(ask: OpenTicket, owner: Member, harbour: Cast) -> None:
    ticket = ask("Календар порожній", locale="uk", name="Ана")

    [mail] = tell(answer(ticket, owner, "Очистіть кеш."))

    assert mail.to_address == "ana@example.com"
    assert mail.subject == "Re: Календар порожній [#1]"
    assert mail.reply_to == harbour.vendor.support_email
    assert mail.from_name == "Olena (Harbour Plugins)"
    assert mail.locale == "uk"
    assert mail.text.startswith("Очистіть кеш.")
    assert mail.text.index("/wp-admin/admin.php") < mail.text.index("After the update it is empty.")


def test_the_mail_waits_as_long_as_the_operator_says(ticket: Ticket, owner: Member) -> None:
    settings.remember(replace(settings.current(), notify_delay_s=120))
    answer(ticket, owner)

    owed = session.scalars(select(JobRow).where(JobRow.kind == "support.notify")).one()
    assert owed.due_at == LATER + timedelta(seconds=120)


def test_one_answer_is_one_mail(ticket: Ticket, owner: Member) -> None:
    message = answer(ticket, owner)

    tell(message)
    assert len(tell(message)) == 1


def test_what_the_site_has_shown_is_not_mailed(ticket: Ticket, owner: Member) -> None:
    first, second = answer(ticket, owner), answer(ticket, owner, "One more thing.")
    with writing():
        mark_seen(ticket, first.id)

    assert tell(first) == []
    assert len(tell(second)) == 1


def test_a_helpdesks_answer_is_mailed_too(ticket: Ticket) -> None:
    with writing():
        message = add_helpdesk_reply(ticket, author_name="Iryna", body="Fixed.", origin="hdc_1")

    [mail] = tell(message)
    assert mail.from_name == "Iryna (Harbour Plugins)"


def test_questions_and_notes_are_not_mailed(ticket: Ticket, owner: Member) -> None:
    with writing():
        add_customer_message(ticket, "Hello?", now=LATER)
        add_note(ticket, owner, "An old friend.")

    owed = session.scalar(select(func.count()).select_from(JobRow).where(JobRow.kind == "support.notify"))
    assert owed == 0
    assert session.scalar(select(func.count()).select_from(Mail)) == 0


def test_notes_never_stand_in_the_history_of_a_mail(ticket: Ticket, owner: Member) -> None:
    with writing():
        add_note(ticket, owner, "An old friend.")

    [mail] = tell(answer(ticket, owner))
    assert "old friend" not in mail.text + mail.html


def test_who_gave_no_address_or_muted_the_ticket_gets_no_mail(
    ask: OpenTicket, ticket: Ticket, owner: Member
) -> None:
    assert tell(answer(ask(email=""), owner)) == []
    with writing():
        set_mails(ticket, wanted=False)
    assert tell(answer(ticket, owner)) == []


def test_spam_is_not_answered(ticket: Ticket, owner: Member) -> None:
    message = answer(ticket, owner)
    with writing():
        change_status(ticket, "spam", by="member:mem_1")

    assert tell(message) == []


def test_the_button_leads_to_the_conversation_in_wp_admin(
    ask: OpenTicket, ticket: Ticket, shop: Activation
) -> None:
    page = f"admin.php?page=harbour-gallery-keydesk&tab=ticket&ticket={ticket.id}"
    assert dashboard_url(ticket) == f"https://shop-1.example.com/wp-admin/{page}"
    with writing():
        shop.admin_url = "https://admin.example.com/wp-admin"
    assert dashboard_url(ticket) == f"https://admin.example.com/wp-admin/{page}"
    assert dashboard_url(ask(site=None)) == ""
