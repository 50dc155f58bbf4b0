"""The demo's data: each sale has its order, and nobody of the story gets a mail before somebody answers."""

import pytest
from sqlalchemy import func, select

from server.accounts.models import Vendor
from server.accounts.services import history
from server.billing.models import Order, OrderLicense
from server.catalog.models import Plan
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


def test_plans_that_renew_stand_after_the_others_and_share_a_product_and_a_currency(
    told: dict[str, str],
) -> None:
    """So that a subscription can be bought, and changed to another plan."""
    with tenant(told[story.VENDOR["slug"]]):
        plans = session.scalars(select(Plan).order_by(Plan.position)).all()
        assert [plan.renews for plan in plans] == [False, False, False, True, True]
        assert {plan.interval for plan in plans if plan.renews} == {"month", "year"}
        assert len({(plan.product_id, plan.prices[0].currency) for plan in plans}) == 1


def test_a_license_of_the_story_renews_as_its_plan_does(told: dict[str, str]) -> None:
    with tenant(told[story.VENDOR["slug"]]):
        licenses = session.scalars(select(License)).all()
        assert [one.customer.email for one in licenses if one.renews != one.plan.renews] == []


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
