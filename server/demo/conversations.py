"""The story's tickets, told as they happened: hours apart, each line by whoever said it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from server.accounts.models import Member
from server.customers.models import Customer
from server.demo import story
from server.kernel.db import session, writing
from server.licensing.models import Activation, License
from server.support import services as support
from server.support.models import Ticket

BETWEEN_LINES = timedelta(minutes=17)


def tell_conversations(tickets: Iterable[story.DemoTicket], now: datetime) -> None:
    """File every ticket of the vendor in scope, oldest first."""
    member = session.scalars(select(Member)).one()
    for told in sorted(tickets, key=lambda one: -one.hours_ago):
        with writing():
            _tell(told, member, now - timedelta(hours=told.hours_ago))


def _tell(told: story.DemoTicket, member: Member, at: datetime) -> None:
    license, site = _where(told.email)
    first, *others = told.lines
    ticket = support.open_ticket(
        support.NewTicket(
            type=told.type,
            subject=told.subject,
            body=_words(first),
            email=told.email,
            name=license.customer.name,
            locale=license.customer.locale,
            plugin_version=site.plugin_version if site else "",
            diagnostics=story.DIAGNOSTICS if told.type == "bug" else None,
        ),
        product=license.product,
        site=site,
        now=at,
    )
    for number, line in enumerate(others, start=1):
        _say(ticket, member, line, at + BETWEEN_LINES * number)
    _settle(ticket, told.status, at + BETWEEN_LINES * len(told.lines))
    # The story's people have read all of it, so only answers that are given from now on are mailed.
    support.mark_seen(ticket, [said for said in ticket.messages if said.kind != "note"][-1].id)


def _where(email: str) -> tuple[License, Activation | None]:
    license = session.scalars(
        select(License).join(Customer, License.customer_id == Customer.id).where(Customer.email == email)
    ).one()
    site = session.scalars(
        select(Activation).where(Activation.license_id == license.id).order_by(Activation.id)
    ).first()
    return license, site


def _say(ticket: Ticket, member: Member, line: str, at: datetime) -> None:
    if line.startswith("agent:"):
        support.add_agent_reply(ticket, member, _words(line), now=at)
    elif line.startswith("note:"):
        support.add_note(ticket, member, _words(line), now=at)
    else:
        support.add_customer_message(ticket, _words(line), now=at)


def _settle(ticket: Ticket, status: str, at: datetime) -> None:
    if ticket.status != status:
        support.change_status(ticket, status, by="system", now=at)


def _words(line: str) -> str:
    return line.split(":", 1)[1].strip()
