"""A site takes a seat, keeps it, and gives it back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from server.catalog.models import Product
from server.kernel.db import session, writing
from server.kernel.secrets import token_hash
from server.licensing.models import Activation, License, Seat, SiteToken
from server.licensing.services import (
    Activated,
    Site,
    activate_site,
    deactivate_site,
    live_activations,
    revoke_license,
    site_activated,
    site_released,
    suspend_license,
)
from server.licensing.services.refusals import (
    LicenseExpired,
    LicenseNotStarted,
    LicenseRevoked,
    LicenseSuspended,
    ModeMismatch,
    NoSeatsLeft,
    ProductMismatch,
    TooManyTestSites,
)
from tests.conftest import NOON, Cast
from tests.server.licensing.conftest import Activate, uid_of

SHOP = "https://shop-1.example.com"
LATER = NOON + timedelta(hours=2)
AFTER_THE_YEAR = NOON + timedelta(days=367)


def fill(activate: Activate, license: License) -> None:
    for number in range(license.seats or 0):
        activate(f"https://shop-{number}.example.com")


def test_a_site_that_already_sits_keeps_its_seat(activate: Activate, license: License) -> None:
    first = activate(SHOP)
    again = activate("http://www.SHOP-1.example.com/", uid_of(SHOP))

    assert again.activation is first.activation
    assert (first.created, again.created, license.seats_used) == (True, False, 1)


def test_a_new_token_leaves_the_old_one_ten_minutes(activate: Activate) -> None:
    first = activate(SHOP)
    again = activate(SHOP, now=LATER)

    ends = {token: _ends_at(token) for token in (first.token, again.token)}
    assert ends == {first.token: LATER + timedelta(minutes=10), again.token: None}


def test_a_full_license_says_which_sites_use_it(activate: Activate, license: License) -> None:
    fill(activate, license)

    with pytest.raises(NoSeatsLeft, match=r"in use \(sh….com and 4 more\)\.") as refused:
        activate("https://one-too-many.example.com")

    assert refused.value.fields["seats"] == {"limit": 5, "used": 5}
    hints = {site["site_hint"] for site in refused.value.fields["occupied"]}
    assert hints == {"sh….com"}
    assert session.scalar(select(func.count()).select_from(Seat)) == 5


def test_a_license_of_one_site_says_so(activate: Activate, license: License) -> None:
    with writing():
        license.seats = 1
    activate("https://shop-1.example.com")

    with pytest.raises(NoSeatsLeft, match=r"^The one site of this license is in use \(sh….com\)\."):
        activate("https://shop-2.example.com")


def test_a_full_license_hints_at_names_that_are_no_addresses(activate: Activate, license: License) -> None:
    with writing():
        license.seats = 1
        site = Site("ls:" + "c" * 32, "http://my-laptop-ad6bd85e526b90bf.instance", label="My Laptop")
        activate_site(license, site, product=license.product, mode="live", now=NOON)

    with pytest.raises(NoSeatsLeft, match=r"^The one site of this license is in use \(My…\)\."):
        activate("https://shop-2.example.com")


def test_a_released_seat_is_free_for_another_site(activate: Activate, license: License) -> None:
    fill(activate, license)
    leaving = live_activations(license)[0]

    with writing():
        answer = deactivate_site(leaving, now=LATER)
    with writing():
        again = deactivate_site(leaving, now=LATER)

    assert answer == again == {"released": True, "seats": {"limit": 5, "used": 4}}
    assert activate("https://next.example.com").activation.counted


@pytest.mark.parametrize("state", ["expired", "revoked", "suspended"])
def test_a_site_may_leave_in_every_state_of_its_license(
    activate: Activate, license: License, state: str
) -> None:
    seated = activate(SHOP).activation
    with writing():
        if state == "revoked":
            revoke_license(license, "refunded", actor="system", now=NOON)
        elif state == "suspended":
            suspend_license(license, "unpaid", actor="system", now=NOON)

    with writing():
        deactivate_site(seated, now=AFTER_THE_YEAR)

    assert license.seats_used == 0


def test_a_seat_is_free_only_when_its_last_installation_leaves(activate: Activate, license: License) -> None:
    first, second = activate(SHOP, "a" * 32).activation, activate(SHOP, "b" * 32).activation

    with writing():
        deactivate_site(first, now=LATER)
    assert license.seats_used == 1

    with writing():
        deactivate_site(second, now=LATER)
    assert license.seats_used == 0


def test_the_fourth_installation_on_a_seat_ends_the_one_not_seen_for_longest(
    activate: Activate, license: License
) -> None:
    seated = [
        activate(SHOP, letter * 32, now=NOON + timedelta(minutes=minute))
        for minute, letter in enumerate("abcd")
    ]

    assert [row.activation.ended_at is None for row in seated] == [False, True, True, True]
    assert _ends_at(seated[0].token) == NOON + timedelta(minutes=3)
    assert license.seats_used == 1


def test_test_sites_take_no_seat_but_are_capped(activate: Activate, license: License) -> None:
    for number in range(25):
        activate(f"https://staging-{number}.shop.example.com")
    assert license.seats_used == 0

    with pytest.raises(TooManyTestSites):
        activate("https://staging.one-more.example.com")


def test_a_site_that_calls_itself_staging_is_free_only_so_often(activate: Activate, license: License) -> None:
    for number in range(6):
        activate(f"https://shop-{number}.example.com", environment="staging")

    assert license.seats_used == 1


def test_a_copy_that_goes_live_takes_a_seat(activate: Activate, license: License) -> None:
    copy = activate(SHOP, environment="staging")
    assert (copy.activation.counted, copy.activation.environment) == (False, "staging")

    live = activate(SHOP)

    assert live.activation is copy.activation
    assert (live.activation.counted, live.activation.environment, license.seats_used) == (
        True,
        "production",
        1,
    )


def test_all_who_share_a_seat_count_as_soon_as_it_does(activate: Activate, license: License) -> None:
    staging = activate(SHOP, "a" * 32, environment="staging").activation
    assert not staging.counted

    live = activate(SHOP, "b" * 32).activation

    for one in (staging, live):
        session.refresh(one)
        assert (one.counted, one.environment) == (True, "production")
    assert license.seats_used == 1


def test_an_expired_license_takes_no_new_site_but_keeps_those_it_has(activate: Activate) -> None:
    activate(SHOP)

    assert not activate(SHOP, now=AFTER_THE_YEAR).created
    with pytest.raises(LicenseExpired, match="expired on 2027-11-21"):
        activate("https://new.example.com", now=AFTER_THE_YEAR)


def test_the_first_day_after_the_end_still_counts_because_renewals_come_late(activate: Activate) -> None:
    assert activate(SHOP, now=NOON + timedelta(days=365, hours=23)).created


def test_refusals_come_in_the_order_of_the_contract(license: License, harbour: Cast) -> None:
    with writing():
        license.starts_at = LATER
        suspend_license(license, "unpaid", actor="system", now=NOON)
        revoke_license(license, "refunded", actor="system", now=NOON)
        other = Product(slug="other", name="Other", edd_item_id=7, created_at=NOON)
        session.add(other)

    site = Site("a" * 32, "not a site")
    order = [
        (other, "test", ProductMismatch, ""),
        (harbour.product, "test", ModeMismatch, ""),
        (harbour.product, "live", LicenseRevoked, "revoked_for"),
        (harbour.product, "live", LicenseSuspended, "suspended_for"),
        (harbour.product, "live", LicenseNotStarted, ""),
    ]
    for product, mode, refusal, cured in order:
        with pytest.raises(refusal), writing():
            activate_site(license, site, product=product, mode=mode, now=NOON)
        if cured:
            with writing():
                setattr(license, cured, [])


def test_a_refused_site_leaves_nothing_behind(activate: Activate, license: License) -> None:
    with writing():
        license.seats = 0

    with pytest.raises(NoSeatsLeft):
        activate(SHOP)

    for table in (Seat, Activation, SiteToken):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_listeners_hear_of_each_arrival_and_each_release_once(activate: Activate, license: License) -> None:
    heard: list[tuple[str, Activation]] = []

    def arrived(sender: Activation) -> None:
        heard.append(("arrived", sender))

    def left(sender: Activation) -> None:
        heard.append(("left", sender))

    with site_activated.connected_to(arrived), site_released.connected_to(left):
        seated: Activated = activate(SHOP)
        activate(SHOP)
        for _ in range(2):
            with writing():
                deactivate_site(seated.activation, now=LATER)

    assert heard == [("arrived", seated.activation), ("left", seated.activation)]


def _ends_at(token: str) -> object:
    return session.scalars(select(SiteToken).where(SiteToken.token_hash == token_hash(token))).one().ends_at
