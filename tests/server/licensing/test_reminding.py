"""The daily look at terms that end: each notice once a term, and only to whom it is true."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.jobs import Job
from server.jobs.models import JobRow
from server.jobs.services import owe_daily
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import License
from server.licensing.services import issue_license, reminding
from server.licensing.tasks import remind
from server.mail.models import Mail
from tests.conftest import Cast

Sold = Callable[..., License]


def sell(cast: Cast, *, ends_in: timedelta, given: timedelta = timedelta(days=365), **facts: Any) -> License:
    """A license whose term ends in this time and was given so long before its end."""
    now = clock.now()
    with writing():
        license, _key = issue_license(
            product=resolve(Product, cast.product.id),
            plan=resolve(Plan, cast.plan.id),
            customer=customer_for("ana@buyer.example.com", now=now),
            now=now,
        )
        license.valid_until = now + ends_in
        license.created_at = license.starts_at = now + ends_in - given
        for name, fact in facts.items():
            setattr(license, name, fact)
    return license


def look() -> list[str]:
    """Run the daily job twice, as a lost lease would; the templates of all mails so far."""
    for _again in range(2):
        remind(Job(1, "licensing.remind", None, {}, 1))
    return list(session.scalars(select(Mail.template).order_by(Mail.id)))


DAY = timedelta(days=1)
CASES = [
    ({"ends_in": 31 * DAY}, []),
    ({"ends_in": 29 * DAY}, ["renewal_reminder"]),
    ({"ends_in": 15 * DAY}, []),
    ({"ends_in": 6 * DAY}, ["renewal_reminder"]),
    ({"ends_in": 6 * DAY, "given": 7 * DAY}, []),
    ({"ends_in": 6 * DAY, "renews": True}, ["charge_notice"]),
    ({"ends_in": 29 * DAY, "renews": True}, []),
    ({"ends_in": 2 * DAY, "given": 14 * DAY, "is_trial": True}, ["trial_ending"]),
    ({"ends_in": 5 * DAY, "given": 14 * DAY, "is_trial": True}, []),
    ({"ends_in": -DAY / 2}, []),
    ({"ends_in": -2 * DAY}, ["expired"]),
    ({"ends_in": -2 * DAY, "grace_until": clock.now() + 5 * DAY}, []),
    ({"ends_in": -20 * DAY}, []),
    ({"ends_in": -2 * DAY, "revoked_for": ["refunded"]}, []),
    ({"ends_in": 6 * DAY, "suspended_for": ["disputed"]}, []),
]


@pytest.mark.parametrize(("facts", "told"), CASES)
def test_who_is_told_what(harbour: Cast, facts: dict[str, Any], told: list[str]) -> None:
    sell(harbour, **facts)

    assert look() == told


def test_a_monthly_charge_is_no_news_but_its_end_is(harbour: Cast) -> None:
    with writing():
        resolve(Plan, harbour.plan.id).interval = "month"
    sell(harbour, ends_in=6 * DAY, given=30 * DAY, renews=True)
    assert look() == []
    sell(harbour, ends_in=6 * DAY, given=31 * DAY)

    assert look() == ["renewal_reminder"]


def test_a_license_imported_long_after_its_end_is_left_in_peace(harbour: Cast) -> None:
    license = sell(harbour, ends_in=-3 * DAY)
    with writing():
        license.created_at = clock.now()

    assert look() == []


def handed_on(cast: Cast, email: str, **facts: Any) -> License:
    """A part of a bundle that is Ana's, in the hands of whoever reads mail at this address."""
    bundle = sell(cast, ends_in=60 * DAY)
    with writing():
        holder = customer_for(email, now=clock.now())
    return sell(cast, parent_id=bundle.id, customer=holder, **facts)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"ends_in": 6 * DAY}, ["renewal_reminder"]),
        ({"ends_in": -2 * DAY}, ["expired"]),
        ({"ends_in": 2 * DAY, "given": 14 * DAY, "is_trial": True}, ["trial_ending"]),
        ({"ends_in": 6 * DAY, "renews": True}, []),
        ({"ends_in": 2 * DAY, "given": 14 * DAY, "is_trial": True, "renews": True}, []),
    ],
)
def test_who_was_handed_a_part_of_a_bundle_is_told_of_its_end_but_of_no_charge(
    harbour: Cast, facts: dict[str, Any], told: list[str]
) -> None:
    """The bundle's mails go to another reader, who pays for the next term too."""
    handed_on(harbour, "bo@buyer.example.com", **facts)

    assert look() == told
    assert set(session.scalars(select(Mail.to_address))) <= {"bo@buyer.example.com"}


def test_a_bundle_speaks_for_the_parts_that_its_holder_kept(harbour: Cast) -> None:
    handed_on(harbour, "ana@buyer.example.com", ends_in=6 * DAY)

    assert look() == []


def test_each_term_has_its_own_reminders(harbour: Cast) -> None:
    license = sell(harbour, ends_in=29 * DAY)
    assert look() == ["renewal_reminder"]
    with writing():
        license.valid_until = clock.now() + 6 * DAY
    assert look() == ["renewal_reminder"] * 2
    with writing():
        license.valid_until = clock.now() + 28 * DAY

    assert look() == ["renewal_reminder"] * 3


def test_every_vendors_licenses_are_looked_at_over_the_edge_of_slices(
    harbour: Cast, stranger: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminding, "SLICE", 2)
    for _number in range(5):
        sell(harbour, ends_in=6 * DAY)
    with tenant(stranger.vendor.id):
        sell(stranger, ends_in=6 * DAY)

    assert len(look()) == 5
    with tenant(stranger.vendor.id):
        mail = session.scalars(select(Mail)).one()
        assert mail.from_name == "Stranger Plugins"


def test_the_look_is_owed_once_a_day(harbour: Cast) -> None:
    now = clock.now()
    with writing():
        owe_daily(now)
        owe_daily(now)
        owe_daily(now + DAY)

    jobs = session.scalars(select(JobRow).where(JobRow.kind == "licensing.remind")).all()
    assert len(jobs) == 2
    assert {job.tenant_id for job in jobs} == {None}
