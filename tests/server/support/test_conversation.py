"""A conversation from the first word to the last, and what each word does to its ticket."""

from datetime import timedelta

import pytest

from server.accounts.services import history
from server.kernel.db import session, writing
from server.kernel.errors import Conflict, Invalid, NotFound
from server.licensing.models import Activation
from server.support.models import Message, Ticket
from server.support.services import (
    add_agent_reply,
    add_customer_message,
    add_helpdesk_reply,
    add_note,
    change_status,
    close_by_customer,
    message_added,
    reopen_by_customer,
    ticket_opened,
    ticket_status_changed,
)
from tests.conftest import NOON, Cast
from tests.server.support.conftest import OpenTicket, heard

LATER = NOON + timedelta(hours=1)


def reply(ticket: Ticket, owner: Cast, body: str = "Please clear the cache.") -> Message:
    with writing():
        return add_agent_reply(ticket, owner.owner, body, now=LATER)


def test_a_ticket_knows_its_site_its_license_and_its_first_message(ask: OpenTicket, shop: Activation) -> None:
    ticket = ask(name="Ана", plugin_version="4.2.1", diagnostics={"site": {"wp": "7.1"}})

    assert ticket.status == "new"
    assert ticket.site_status == "open"
    assert ticket.site_uid == shop.site_uid
    assert ticket.license_id == shop.license_id
    assert ticket.customer_id == shop.license.customer_id
    assert ticket.waiting_since == NOON
    assert [(line.kind, line.author_name) for line in ticket.messages] == [("customer", "Ана")]


def test_numbers_count_up_for_each_vendor_alone(ask: OpenTicket) -> None:
    assert [ask().number, ask().number, ask().number] == [1, 2, 3]


def test_an_answer_makes_the_ticket_wait_for_the_customer(ticket: Ticket, harbour: Cast) -> None:
    message = reply(ticket, harbour)

    assert ticket.status == "waiting_for_customer"
    assert ticket.waiting_since is None
    assert ticket.last_activity_at == LATER
    assert (message.author_name, message.via) == ("Olena", "console")


def test_the_customers_word_makes_the_team_wait_for_nobody(ticket: Ticket, harbour: Cast) -> None:
    reply(ticket, harbour)
    with writing():
        add_customer_message(ticket, "It is still empty.", now=LATER)

    assert ticket.status == "open"
    assert ticket.waiting_since == LATER


def test_a_second_word_before_the_first_answer_leaves_the_ticket_new(ticket: Ticket) -> None:
    with writing():
        add_customer_message(ticket, "And one more thing.", now=LATER)

    assert ticket.status == "new"
    assert ticket.waiting_since == NOON


def test_a_note_changes_nothing_that_a_site_can_see(ticket: Ticket, harbour: Cast) -> None:
    with writing():
        add_note(ticket, harbour.owner, "An old friend.", now=LATER)

    assert ticket.status == "new"
    assert ticket.last_activity_at == NOON


def test_a_helpdesks_answer_carries_where_it_came_from(ticket: Ticket) -> None:
    with heard(message_added) as told, heard(ticket_status_changed) as turned, writing():
        message = add_helpdesk_reply(
            ticket, author_name="Iryna", body="Fixed.", origin="hdc_1", remote_at=LATER
        )

    assert (message.kind, message.via, message.origin) == ("agent", "helpdesk", "hdc_1")
    assert message.created_at == LATER
    assert told == [(message, {"ticket": ticket, "origin": "hdc_1"})]
    assert turned == [(ticket, {"before": "new", "origin": "hdc_1"})]


def test_a_helpdesks_endless_answer_is_cut_and_not_lost(ticket: Ticket) -> None:
    with writing():
        message = add_helpdesk_reply(ticket, author_name="", body="ї" * 30_000, origin="hdc_1")
        empty = add_helpdesk_reply(ticket, author_name="", body=" \x00 ", origin="hdc_1")

    assert len(message.body) == 20_000
    assert message.author_name == "Harbour Plugins"
    assert empty.body == "…"


@pytest.mark.parametrize("ended", ["solved", "closed"])
def test_a_word_within_thirty_days_opens_a_ticket_again(ended: str, ticket: Ticket) -> None:
    with writing():
        change_status(ticket, ended, by="member:mem_1", now=NOON)
    with writing():
        add_customer_message(ticket, "It is back.", now=NOON + timedelta(days=30))

    assert ticket.status == "open"
    assert ticket.solved_at is None


@pytest.mark.parametrize("ended", ["solved", "closed"])
def test_after_thirty_days_a_ticket_stays_as_it_is(ended: str, ticket: Ticket) -> None:
    with writing():
        change_status(ticket, ended, by="member:mem_1", now=NOON)
    too_late = NOON + timedelta(days=30, seconds=1)

    with pytest.raises(Conflict) as refused, writing():
        add_customer_message(ticket, "It is back.", now=too_late)
    assert refused.value.code == "state_conflict"
    with pytest.raises(Conflict), writing():
        reopen_by_customer(ticket, now=too_late)

    assert ticket.status == ended
    assert len(ticket.messages) == 1


def test_closing_a_solved_ticket_does_not_lengthen_its_thirty_days(ticket: Ticket) -> None:
    with writing():
        change_status(ticket, "solved", by="member:mem_1", now=NOON)
    with writing():
        close_by_customer(ticket, now=NOON + timedelta(days=20))

    assert ticket.solved_at == NOON


def test_customers_close_and_reopen(ticket: Ticket) -> None:
    with writing():
        close_by_customer(ticket, now=LATER)
    assert ticket.status == "closed"
    with writing():
        reopen_by_customer(ticket, now=LATER)
    assert ticket.status == "open"
    with writing():
        reopen_by_customer(ticket, now=LATER)
    assert ticket.status == "open"


def test_a_spam_ticket_takes_no_more_words(ticket: Ticket) -> None:
    with writing():
        change_status(ticket, "spam", by="member:mem_1", now=NOON)

    with pytest.raises(NotFound), writing():
        add_customer_message(ticket, "Buy!", now=LATER)


def test_a_change_is_told_and_remembered_once(ticket: Ticket) -> None:
    with heard(ticket_status_changed) as told:
        for _ in range(2):
            with writing():
                change_status(ticket, "solved", by="member:mem_1")

    assert told == [(ticket, {"before": "new", "origin": ""})]
    assert [(line.actor, line.facts) for line in history(ticket.id)] == [
        ("member:mem_1", {"before": "new", "after": "solved"})
    ]


def test_an_unknown_state_is_refused(ticket: Ticket) -> None:
    with pytest.raises(Invalid), writing():
        change_status(ticket, "done", by="member:mem_1")


def test_opening_is_told_with_the_first_message(ask: OpenTicket) -> None:
    with heard(ticket_opened) as opened, heard(message_added) as added:
        ticket = ask()

    assert opened == [(ticket, {"message": ticket.messages[0]})]
    assert added == []


def test_a_listener_that_fails_takes_the_message_back(ticket: Ticket, harbour: Cast) -> None:
    def fail(_message: Message, **_facts: object) -> None:
        raise ZeroDivisionError

    with message_added.connected_to(fail), pytest.raises(ZeroDivisionError):
        reply(ticket, harbour)

    session.expire_all()
    assert len(ticket.messages) == 1
    assert ticket.status == "new"


def test_twenty_thousand_cyrillic_letters_fit_and_one_more_does_not(ask: OpenTicket) -> None:
    assert ask(body="ж" * 20_000).messages[0].body == "ж" * 20_000
    with pytest.raises(Invalid):
        ask(body="ж" * 20_001)


@pytest.mark.parametrize("body", ["", "   \n ", "\x07"])
def test_an_empty_message_is_refused(body: str, ticket: Ticket) -> None:
    with pytest.raises(Invalid), writing():
        add_customer_message(ticket, body, now=LATER)


def test_a_ticket_that_waited_on_its_site_keeps_its_moment(ask: OpenTicket) -> None:
    wrote = NOON - timedelta(days=3)

    assert ask(client_created_at=wrote).created_at == wrote
    assert ask(client_created_at=NOON + timedelta(days=1)).created_at == NOON
    assert ask(client_created_at=NOON - timedelta(days=400)).created_at == NOON


def test_a_new_ticket_may_follow_an_older_one_of_the_same_site(
    ask: OpenTicket, ticket: Ticket, other_shop: Activation
) -> None:
    assert ask(follows=ticket.id).follows_id == ticket.id
    with pytest.raises(Invalid):
        ask(follows="tkt_00000000000000000000000000")
    with pytest.raises(Invalid):
        ask(follows=ticket.id, site=other_shop)


def test_without_a_site_an_address_is_needed(ask: OpenTicket) -> None:
    assert ask(site=None).site_uid == ""
    with pytest.raises(Invalid):
        ask(site=None, email="")
