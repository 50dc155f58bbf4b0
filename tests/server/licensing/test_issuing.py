"""A license is issued with a key that only its owner can see again."""

from datetime import UTC, datetime, timedelta

import pytest

from server.accounts.services import history
from server.customers.models import Customer
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from server.licensing.keys import KeyMalformed
from server.licensing.models import License
from server.licensing.services import (
    find_license_by_key,
    issue_license,
    reveal_key,
    revoke_license,
    suspend_license,
    unrevoke_license,
)
from server.licensing.services.issuing import end_of_term
from server.licensing.services.refusals import EndBeforeStart, LicenseNotFound
from tests.conftest import NOON, Cast


def test_the_key_finds_the_license_however_it_was_typed(sold: tuple[License, str]) -> None:
    license, key = sold

    assert find_license_by_key(f"  {key.lower().replace('-', ' ')} ") is license
    assert reveal_key(license) == key


def test_the_key_stands_nowhere_in_the_database(sold: tuple[License, str]) -> None:
    license, key = sold
    compact = key.replace("-", "").encode()

    assert compact not in license.key_sealed
    assert compact not in license.key_lookup
    assert license.key_hint == f"KD1-…{key[-4:]}"


def test_an_unknown_key_and_a_strangers_key_are_refused_alike(
    sold: tuple[License, str], stranger: Cast
) -> None:
    unknown = "KD1-000000-000000-000000-000000-087TJ8"

    with tenant(stranger.vendor.id):
        refusals = []
        for text in (unknown, sold[1]):
            with pytest.raises(LicenseNotFound) as refused:
                find_license_by_key(text)
            refusals.append((refused.value.detail, refused.value.fields))

    assert refusals[0] == refusals[1]


def test_a_mistyped_key_is_known_before_the_database_is_asked(sold: tuple[License, str]) -> None:
    key = sold[1]
    wrong = key[:-1] + ("0" if key[-1] != "0" else "1")

    with pytest.raises(KeyMalformed, match="typing error"):
        find_license_by_key(wrong)


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        ("year", datetime(2028, 2, 29, 8, tzinfo=UTC), datetime(2029, 2, 28, 8, tzinfo=UTC)),
        ("month", datetime(2027, 1, 31, 8, tzinfo=UTC), datetime(2027, 2, 28, 8, tzinfo=UTC)),
        ("month", datetime(2026, 12, 15, 8, tzinfo=UTC), datetime(2027, 1, 15, 8, tzinfo=UTC)),
        ("lifetime", datetime(2026, 12, 15, 8, tzinfo=UTC), None),
        ("year", datetime(9999, 12, 31, 8, tzinfo=UTC), None),  # "never", in another system's word
    ],
)
def test_a_term_ends_on_the_same_day_or_the_months_last(
    interval: str, start: datetime, end: datetime | None
) -> None:
    assert end_of_term(interval, start) == end


def test_a_license_stays_revoked_while_one_reason_is_left(license: License) -> None:
    with writing():
        revoke_license(license, "refunded", actor="stripe", now=NOON)
        revoke_license(license, "disputed", actor="stripe", now=NOON)
        revoke_license(license, "disputed", actor="stripe", now=NOON)
    with writing():
        unrevoke_license(license, "disputed", actor="stripe", now=NOON)
    assert license.status(NOON) == "revoked"

    with writing():
        unrevoke_license(license, "refunded", actor="stripe", now=NOON)
    assert license.status(NOON) == "active"


def test_each_change_of_state_makes_older_leases_old_and_is_remembered(license: License) -> None:
    with writing():
        suspend_license(license, "unpaid", actor="member:mem_1", now=NOON)

    assert license.lease_seq == 2
    assert [entry.action for entry in history(license.id)] == ["license.suspended", "license.issued"]


def test_an_unlimited_plan_gives_an_unlimited_license(harbour: Cast, customer: Customer) -> None:
    with writing():
        harbour.plan.seats = None
        session.add(harbour.plan)
        license, _key = issue_license(
            product=harbour.product, plan=harbour.plan, customer=customer, now=NOON, mode="test"
        )

    assert (license.seats, license.mode) == (None, "test")


@pytest.mark.parametrize("early", [timedelta(0), timedelta(days=31)])
def test_no_license_is_issued_that_ends_before_it_starts(
    harbour: Cast, customer: Customer, early: timedelta
) -> None:
    start = NOON + timedelta(days=100)

    with pytest.raises(EndBeforeStart, match="it can only end later"), writing():
        issue_license(
            product=harbour.product,
            plan=harbour.plan,
            customer=customer,
            now=NOON,
            starts_at=start,
            valid_until=start - early,
        )

    assert session.query(License).count() == 0
