"""A site whose address changed: its owner says whether it moved, was copied, or is a site of its own."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from server.kernel.db import session, writing
from server.kernel.errors import Conflict
from server.licensing.models import Activation, License, Revocation, Seat, SiteResolution
from server.licensing.services import (
    Activated,
    Site,
    deactivate_site,
    judge_activation,
    lease_for,
    live_activations,
    resolve_site,
    suspend_license,
)
from server.licensing.services.refusals import (
    CopyNotAvailable,
    LicenseExpired,
    LicenseSuspended,
    NewIdentityNeeded,
    NoSeatsLeft,
    SiteStillActive,
    TooManyTestSites,
)
from server.licensing.services.resolving import Resolution
from tests.conftest import NOON
from tests.server.licensing.conftest import Activate, uid_of
from tests.server.licensing.test_checking_in import read_lease

SHOP, NEW = "https://shop-1.example.com", "https://new-home.example.com"
LATER = NOON + timedelta(hours=49)


def resolve(
    seated: Activation, resolution: Resolution, url: str = NEW, *, uid: str = "", now: datetime = LATER,
    confirm: bool = False,
) -> Activated:  # fmt: skip
    if resolution != "moved":
        uid = uid or uid_of(url)
    with writing():
        site = Site(uid or seated.site_uid, url)
        return resolve_site(seated, site, resolution=resolution, confirm=confirm, now=now)


def seats(license: License) -> dict[str, bool]:
    session.refresh(license)
    rows = session.scalars(select(Seat).where(Seat.license_id == license.id)).all()
    assert license.seats_used == sum(seat.counted for seat in rows)
    return {seat.site_key: seat.counted for seat in rows}


def test_a_moved_site_takes_its_seat_along(activate: Activate, license: License) -> None:
    seated = activate(SHOP).activation
    before = read_lease(lease_for(seated, NOON))

    moved = resolve(seated, "moved")

    assert (moved.activation, moved.created) == (seated, False)
    assert seats(license) == {"new-home.example.com": True}
    lease = read_lease(lease_for(seated, LATER))
    assert lease["site"] == "new-home.example.com"
    assert lease["seq"] > before["seq"]
    row = session.scalars(select(SiteResolution)).one()
    assert (row.old_site_key, row.new_site_key) == ("shop-1.example.com", "new-home.example.com")


def test_a_site_that_was_just_seen_moves_only_when_its_owner_is_sure(activate: Activate) -> None:
    seated = activate(SHOP).activation

    with pytest.raises(SiteStillActive, match="in touch on 2026-11-21 at 12:00"):
        resolve(seated, "moved", now=NOON + timedelta(hours=47))

    assert resolve(seated, "moved", now=NOON + timedelta(hours=47), confirm=True).activation is seated


def test_a_move_asks_for_no_free_seat(activate: Activate, license: License) -> None:
    rows = [activate(f"https://shop-{number}.example.com").activation for number in range(5)]
    with writing():
        license.seats = 2

    resolve(rows[0], "moved")

    assert license.seats_used == 5


def test_a_move_onto_another_seat_of_the_license_makes_one_of_two(
    activate: Activate, license: License
) -> None:
    first, second = activate(SHOP).activation, activate(NEW).activation

    resolve(first, "moved")

    assert seats(license) == {"new-home.example.com": True}
    assert first.seat_id == second.seat_id
    with writing():
        deactivate_site(first, now=LATER)
    assert seats(license) == {"new-home.example.com": True}


def test_a_test_site_that_moves_to_a_real_address_takes_a_seat_if_there_is_one(
    activate: Activate, license: License
) -> None:
    staging = activate("https://staging.shop.example.com").activation
    for number in range(5):
        activate(f"https://shop-{number}.example.com")

    with pytest.raises(NoSeatsLeft):
        resolve(staging, "moved")
    assert len(seats(license)) == 6

    with writing():
        license.seats = 6
    resolve(staging, "moved")
    assert license.seats_used == 6


def test_a_real_site_that_moves_to_a_test_address_gives_its_seat_back(
    activate: Activate, license: License
) -> None:
    seated = activate(SHOP).activation

    resolve(seated, "moved", "https://staging.shop.example.com")

    assert seats(license) == {"staging.shop.example.com": False}


def test_a_site_that_calls_itself_staging_moves_as_what_it_was(activate: Activate, license: License) -> None:
    live, own_word = activate(SHOP).activation, activate("https://b.example.com", environment="staging")
    with writing():
        for seated, url in ((live, NEW), (own_word.activation, "https://c.example.com")):
            site = Site(seated.site_uid, url, environment="staging")
            resolve_site(seated, site, resolution="moved", confirm=True, now=LATER)

    assert seats(license) == {"new-home.example.com": True, "c.example.com": False}


def test_what_is_left_at_the_old_address_ends_with_the_move(activate: Activate) -> None:
    seated, left = activate(SHOP).activation, activate(SHOP, "b" * 32).activation

    resolve(seated, "moved")

    assert left.ended_at == LATER
    assert session.scalar(select(Revocation.subject)) == left.id


def test_a_copy_runs_two_weeks_and_takes_no_seat(activate: Activate, license: License) -> None:
    seated = activate(SHOP).activation

    copy = resolve(seated, "copy").activation

    assert seats(license) == {"shop-1.example.com": True, "new-home.example.com": False}
    assert (copy.copy_of, copy.environment) == (seated.id, "production")
    lease = read_lease(lease_for(copy, LATER))
    assert lease["exp"] == lease["gexp"] == int((LATER + timedelta(days=14)).timestamp())
    late = read_lease(lease_for(copy, LATER + timedelta(days=13)))
    assert late["exp"] == lease["exp"]
    assert lease_for(copy, LATER + timedelta(days=14)) is None
    assert judge_activation(copy, now=LATER + timedelta(days=13))["valid"]
    assert judge_activation(copy, now=LATER + timedelta(days=14))["code"] == "SITE_NOT_ACTIVATED"
    assert read_lease(lease_for(seated, LATER))["gexp"] > lease["gexp"]


def test_an_address_is_a_copy_once_in_ninety_days(activate: Activate) -> None:
    seated = activate(SHOP).activation
    resolve(seated, "copy", uid="a" * 32)

    with pytest.raises(CopyNotAvailable, match="from 2027-02-21 on"):
        resolve(seated, "copy", uid="b" * 32, now=LATER + timedelta(days=89))

    assert resolve(seated, "copy", "https://third.example.com").created
    assert resolve(seated, "copy", uid="c" * 32, now=LATER + timedelta(days=90)).created


def test_a_copy_that_stays_becomes_a_site_and_takes_a_seat(activate: Activate, license: License) -> None:
    seated = activate(SHOP).activation
    copy = resolve(seated, "copy").activation

    stays = activate(NEW, uid_of(NEW), now=LATER).activation

    assert stays is copy
    assert (copy.counted, copy.lease_until, license.seats_used) == (True, None, 2)


def test_a_copy_that_ran_out_becomes_a_staging_site_if_there_may_be_one_more(
    activate: Activate, license: License
) -> None:
    seated, late = activate(SHOP).activation, LATER + timedelta(days=15)
    copies = [f"https://copy-{number}.example.com" for number in range(7)]
    for url in copies:
        resolve(seated, "copy", url)

    stays = [activate(url, uid_of(url), now=late, environment="staging").activation for url in copies]

    assert [(one.counted, one.lease_until) for one in stays] == [(False, None)] * 5 + [(True, None)] * 2
    assert all(lease_for(one, late) for one in stays)
    assert license.seats_used == 3


def test_a_copy_that_ran_out_is_one_more_test_site(activate: Activate) -> None:
    seated, late = activate(SHOP).activation, LATER + timedelta(days=15)
    resolve(seated, "copy")
    for number in range(25):
        activate(f"https://staging-{number}.shop.example.com", now=late)

    with pytest.raises(TooManyTestSites):
        activate(NEW, uid_of(NEW), now=late, environment="staging")


@pytest.mark.parametrize("moves", [False, True])
def test_a_copy_beside_a_site_that_counts_is_a_copy_no_more(
    activate: Activate, license: License, moves: bool
) -> None:
    seated = activate(SHOP).activation
    copy = resolve(seated, "copy").activation

    if moves:
        resolve(seated, "moved", NEW, confirm=True)
    else:
        activate(NEW, "d" * 32, now=LATER)

    session.refresh(copy)
    assert (copy.counted, copy.lease_until, license.seats_used) == (True, None, 1 if moves else 2)


def test_a_copy_at_a_test_address_is_an_ordinary_test_site(activate: Activate) -> None:
    seated = activate(SHOP).activation

    copy = resolve(seated, "copy", "https://staging.shop.example.com").activation

    assert (copy.lease_until, copy.environment, copy.counted) == (None, "staging", False)


def test_a_site_of_its_own_takes_a_seat_of_its_own(activate: Activate, license: License) -> None:
    seated = activate(SHOP).activation

    own = resolve(seated, "separate")

    assert own.created
    assert own.activation.copy_of is None
    assert len(live_activations(license)) == license.seats_used == 2
    with writing():
        license.seats = 2
    with pytest.raises(NoSeatsLeft):
        resolve(seated, "separate", "https://third.example.com")


@pytest.mark.parametrize("resolution", ["copy", "separate"])
def test_two_sites_do_not_share_an_identity(activate: Activate, resolution: Resolution) -> None:
    seated = activate(SHOP).activation

    with pytest.raises(NewIdentityNeeded):
        resolve(seated, resolution, uid=seated.site_uid)


def test_an_expired_license_still_moves_but_takes_nothing_new(activate: Activate) -> None:
    seated = activate(SHOP).activation
    ended = NOON + timedelta(days=400)

    for resolution in ("copy", "separate"):
        with pytest.raises(LicenseExpired):
            resolve(seated, resolution, now=ended)
    assert resolve(seated, "moved", now=ended).activation.site_key == "new-home.example.com"


def test_a_test_site_of_an_expired_license_stays_where_it_counts_for_nothing(
    activate: Activate, license: License
) -> None:
    staging = activate("https://staging.shop.example.com").activation

    with pytest.raises(LicenseExpired):
        resolve(staging, "moved", now=NOON + timedelta(days=400))

    assert seats(license) == {"staging.shop.example.com": False}


def test_a_paused_license_and_a_released_site_change_nothing(activate: Activate, license: License) -> None:
    seated, other = activate(SHOP).activation, activate("https://other.example.com").activation
    with writing():
        deactivate_site(other, now=NOON)
    with pytest.raises(Conflict, match="released"):
        resolve(other, "moved")
    with writing():
        suspend_license(license, "unpaid", actor="system", now=NOON)

    with pytest.raises(LicenseSuspended):
        resolve(seated, "moved")
    assert session.scalar(select(func.count()).select_from(SiteResolution)) == 0
