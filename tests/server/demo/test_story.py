"""The demo's data: each sale has its order, and nobody of the story gets a mail before somebody answers."""

import pytest
from sqlalchemy import func, select

from server.accounts.models import Vendor
from server.accounts.services import history
from server.billing.models import Order, OrderLicense
from server.demo import seed_once, story
from server.kernel import clock, db, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from server.licensing.models import License
from server.mail.models import Mail
from server.support import services as support
from server.support.models import Message, Ticket


@pytest.fixture
def told(sqlite_database: str) -> dict[str, str]:
    """The story in a database; the vendors' ids by their slugs."""
    seed_once(settings.current())
    db.connect(settings.current().database_url)
    return {vendor.slug: vendor.id for vendor in session.scalars(select(Vendor))}


def count_of(model: type[Order | Ticket | Mail | OrderLicense]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_each_paid_sale_of_the_story_has_its_order_and_a_revoked_one_was_refunded(
    told: dict[str, str],
) -> None:
    paid = [sale for sale in story.SALES if sale.state != "trial"]
    with tenant(told[story.VENDOR["slug"]]):
        assert count_of(Order) == count_of(OrderLicense) == len(paid)
        for row in session.scalars(select(OrderLicense)):
            assert row.order.amount == row.license.plan.prices[0].amount
            refunded = row.license.status(clock.now()) == "revoked"
            assert row.order.state == ("refunded" if refunded else "completed")
            past = {entry.action for entry in history(row.order.id)}
            assert "order.completed" in past
            assert ("order.refunded" in past) == refunded
            assert ("order.disputed" in past) == row.order.disputed == bool(row.license.suspended_for)


def test_the_second_vendor_has_an_order_and_a_ticket_of_its_own(told: dict[str, str]) -> None:
    with tenant(told[story.SECOND_VENDOR["slug"]]):
        assert count_of(Order) == 1
        assert session.scalars(select(Ticket)).one().license == session.scalars(select(License)).one()


def test_only_answers_given_after_the_start_are_mailed(told: dict[str, str]) -> None:
    with tenant(told[story.VENDOR["slug"]]):
        with writing():
            for answer in session.scalars(select(Message).where(Message.kind == "agent")):
                assert support.notify(answer) is None
        assert count_of(Mail) == 0
        with writing():
            ticket = session.scalars(select(Ticket).where(Ticket.status == "new")).first()
            assert ticket is not None
            mail = support.notify(support.add_agent_reply(ticket, None, "Look here.", now=clock.now()))
        assert mail is not None
        assert mail.to_address == ticket.email
