"""The team's views and a site's news count right, whatever the order of events."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from server.kernel.cursors import CursorInvalid
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import Activation
from server.support.models import Ticket
from server.support.services import (
    NewTicket,
    add_agent_reply,
    add_customer_message,
    change_status,
    count_views,
    last_activity,
    list_for_site,
    list_for_team,
    mark_seen,
    news_for_site,
    open_ticket,
)
from tests.conftest import NOON, Cast
from tests.server.support.conftest import OpenTicket, activated


def after(minutes: int) -> Any:
    return NOON + timedelta(minutes=minutes)


def test_who_waits_longest_stands_first(ask: OpenTicket, harbour: Cast) -> None:
    first, second, third = (ask(str(number), now=after(number)) for number in (1, 2, 3))
    with writing():
        add_agent_reply(first, harbour.owner, "Here.", now=after(10))
    with writing():
        add_customer_message(first, "Not yet.", now=after(20))

    tickets, behind = list_for_team("open")

    assert [ticket.id for ticket in tickets] == [second.id, third.id, first.id]
    assert behind is None
    assert last_activity() == after(20)


def test_views_hold_and_count_their_states(ask: OpenTicket, harbour: Cast) -> None:
    waiting, solved, closed, spam, _new = (ask(str(number), now=after(number)) for number in range(5))
    with writing():
        add_agent_reply(waiting, harbour.owner, "Here.", now=after(10))
        for ticket, status in ((solved, "solved"), (closed, "closed"), (spam, "spam")):
            change_status(ticket, status, by="member:mem_1")

    assert count_views() == {"open": 1, "waiting": 1, "solved": 2, "spam": 1}
    assert [ticket.id for ticket in list_for_team("waiting")[0]] == [waiting.id]
    assert {ticket.id for ticket in list_for_team("solved")[0]} == {solved.id, closed.id}


@pytest.mark.parametrize("view", ["open", "waiting"])
def test_a_view_goes_on_by_its_cursor(view: str, ask: OpenTicket, harbour: Cast) -> None:
    for number in range(5):
        ticket = ask(str(number), now=after(number // 2))  # some share a moment
        if view == "waiting":
            with writing():
                add_agent_reply(ticket, harbour.owner, "Here.", now=after(10))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        tickets, cursor = list_for_team(view, after=cursor, limit=2)
        seen += [ticket.id for ticket in tickets]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 5
    with pytest.raises(CursorInvalid):
        list_for_team(view, after="forged")


def test_news_of_a_site_are_its_unread_answers(
    ask: OpenTicket, ticket: Ticket, shop: Activation, other_shop: Activation, harbour: Cast
) -> None:
    ask("Quiet")
    with writing():
        add_agent_reply(ticket, harbour.owner, "One.")
        last = add_agent_reply(ticket, harbour.owner, "Two.")

    news = news_for_site(shop)
    assert news["unread"] == 2
    assert [(item["ticket_id"], item["unread"]) for item in news["items"]] == [(ticket.id, 2)]
    assert "last_excerpt" not in news["items"][0]
    assert news_for_site(other_shop) == {"unread": 0, "items": []}
    with writing():
        mark_seen(ticket, last.id)
    assert news_for_site(shop) == {"unread": 0, "items": []}


def test_news_of_one_moment_stand_in_the_order_of_the_tickets(
    ask: OpenTicket, shop: Activation, harbour: Cast
) -> None:
    ids = []
    for number in range(3):
        ticket = ask(str(number))
        with writing():
            add_agent_reply(ticket, harbour.owner, "Here.", now=after(10))
        ids.append(ticket.id)

    assert [item["ticket_id"] for item in news_for_site(shop)["items"]] == ids[::-1]


def test_a_site_with_a_new_license_keeps_its_conversations(
    ticket: Ticket, shop: Activation, harbour: Cast
) -> None:
    again = activated(harbour, "https://shop-1.example.com", shop.site_uid)

    digests, _behind = list_for_site(again)

    assert [digest.ticket.id for digest in digests] == [ticket.id]


def test_parallel_tickets_get_numbers_of_their_own(harbour: Cast, shop: Activation) -> None:
    shop_id, vendor_id = shop.id, harbour.vendor.id
    numbers: list[int] = []

    def file_five() -> None:
        try:
            with tenant(vendor_id):
                for _ in range(5):
                    with writing():
                        site = resolve(Activation, shop_id)
                        new = NewTicket(type="bug", subject="x", body="y")
                        ticket = open_ticket(new, product=site.license.product, site=site, now=NOON)
                        numbers.append(ticket.number)
        finally:
            session.remove()

    threads = [threading.Thread(target=file_five) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(numbers) == list(range(1, 21))
