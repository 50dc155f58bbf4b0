"""What EDD's clients are told in every state of a license, and which test comes first."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.catalog.models import Product
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import License
from server.licensing.services import Site, activate_site, live_activations
from tests.conftest import Cast
from tests.server.compat.conftest import Edd, alter, change, expire, sell, ship

SITE = "https://shop-1.example.com"
ITEM = {"item_id": "1", "url": SITE}
STOPS: dict[str, Callable[[str], None]] = {
    "suspended": lambda license_id: alter(license_id, suspended_for=["disputed"]),
    "revoked": lambda license_id: alter(license_id, revoked_for=["refunded"]),
}


def fill(edd: Edd, key: str, seats: int = 5) -> None:
    """Take every seat by other sites."""
    for number in range(seats):
        url = f"https://other-{number}.example.com"
        assert edd("activate_license", license=key, item_id="1", url=url)["success"]


def another_product(cast: Cast, *, doors: tuple[str, ...] = ("edd",)) -> None:
    """The vendor also sells Calendar, which EDD clients know as item 2."""
    with writing():
        session.add(
            Product(
                slug="calendar", name="Calendar", edd_item_id=2, doors=list(doors), created_at=clock.now()
            )
        )


@pytest.mark.parametrize("stop", sorted(STOPS))
def test_a_stopped_license_is_disabled_and_says_success(edd: Edd, sold: tuple[str, str], stop: str) -> None:
    """Clients keep a weekly answer only when it says success: otherwise "valid" would stay for ever."""
    edd("activate_license", license=sold[1], **ITEM)
    STOPS[stop](sold[0])

    checked = edd("check_license", license=sold[1], **ITEM)
    activated = edd("activate_license", license=sold[1], item_id="1", url="https://new.example.com")

    assert (checked["success"], checked["license"]) == (True, "disabled")
    assert (activated["success"], activated["error"]) == (False, "disabled")


def test_an_expired_license_says_so_and_lets_its_site_go(edd: Edd, sold: tuple[str, str]) -> None:
    edd("activate_license", license=sold[1], **ITEM)
    expire(sold[0])

    checked = edd("check_license", license=sold[1], **ITEM)
    activated = edd("activate_license", license=sold[1], **ITEM)
    released = edd("deactivate_license", license=sold[1], **ITEM)

    assert (checked["success"], checked["license"]) == (True, "expired")
    assert (activated["license"], activated["error"]) == ("invalid", "expired")
    assert activated["expires"] == f"{resolve(License, sold[0]).valid_until:%Y-%m-%d %H:%M:%S}"
    assert (released["success"], released["license"]) == (True, "deactivated")
    assert resolve(License, sold[0]).seats_used == 0


def test_a_renewal_that_is_hours_late_changes_nothing(edd: Edd, sold: tuple[str, str]) -> None:
    edd("activate_license", license=sold[1], **ITEM)
    alter(sold[0], valid_until=clock.now() - timedelta(hours=23))

    assert edd("check_license", license=sold[1], **ITEM)["license"] == "valid"


def test_the_last_seat_is_told_with_the_number_of_sites(edd: Edd, sold: tuple[str, str]) -> None:
    fill(edd, sold[1])

    refused = edd("activate_license", license=sold[1], **ITEM)

    assert list(refused)[:6] == ["success", "license", "item_id", "item_name", "error", "max_sites"]
    assert (refused["error"], refused["max_sites"]) == ("no_activations_left", 5)
    assert (refused["site_count"], refused["activations_left"]) == (5, 0)


def test_a_full_license_still_takes_the_sites_that_sit_and_those_that_do_not_count(
    edd: Edd, sold: tuple[str, str]
) -> None:
    fill(edd, sold[1])

    for url in ("https://other-0.example.com", "https://staging.shop-1.example.com", "https://shop-1.dev"):
        assert edd("activate_license", license=sold[1], item_id="1", url=url)["license"] == "valid"
    assert resolve(License, sold[0]).seats_used == 5


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("https://shop-1.dev", True),
        ("https://shop-1.dev:8443/wp", True),
        ("https://test.com", True),
        ("https://staging-2.net", True),
        ("http://localhost:8080", True),
        ("https://shop-1.example.com/dev", False),
        ("https://shop.dev.example.com", False),
        ("https://latest.com", False),
    ],
)
def test_local_addresses_of_edd_take_no_seat(
    edd: Edd, sold: tuple[str, str], url: str, is_local: bool
) -> None:
    answer = edd("activate_license", license=sold[1], item_id="1", url=url)

    assert answer["license"] == "valid"
    assert answer.get("is_local", False) is is_local
    assert answer["site_count"] == (0 if is_local else 1)


def test_the_errors_come_in_edd_s_order(edd: Edd, sold: tuple[str, str], open_doors: Cast) -> None:
    """Each repair brings up the next error of the list."""
    another_product(open_doors)
    fill(edd, sold[1])
    alter(sold[0], revoked_for=["refunded"], valid_until=clock.now() - timedelta(days=2))
    asked = {"license": "wrong", "item_id": "9", "url": "ftp://x"}
    repairs: tuple[tuple[str, Callable[[], None]], ...] = (
        ("missing", lambda: asked.update(license=sold[1])),
        ("missing_url", lambda: asked.update(url=SITE)),
        ("disabled", lambda: alter(sold[0], revoked_for=[])),
        ("no_activations_left", lambda: alter(sold[0], seats=9)),
        ("expired", lambda: alter(sold[0], valid_until=None)),
        ("key_mismatch", lambda: asked.update(item_id="2")),
        ("invalid_item_id", lambda: asked.update(item_id="0", item_name="Calendar")),
        ("item_name_mismatch", lambda: asked.update(item_name="Harbour Gallery")),
    )
    for error, repair in repairs:
        answer = edd("activate_license", **asked)
        assert (answer["success"], answer["license"], answer["error"]) == (False, "invalid", error)
        assert resolve(License, sold[0]).seats_used == 5
        repair()

    assert edd("activate_license", **asked)["license"] == "valid"


def test_a_check_looks_at_the_item_before_the_time(edd: Edd, sold: tuple[str, str], open_doors: Cast) -> None:
    another_product(open_doors)
    expire(sold[0])

    by_number = edd("check_license", license=sold[1], item_id="2", url=SITE)
    by_title = edd("check_license", license=sold[1], item_name="Calendar", url=SITE)
    right = edd("check_license", license=sold[1], **ITEM)

    assert [answer["license"] for answer in (by_number, by_title, right)] == [
        "invalid_item_id",
        "item_name_mismatch",
        "expired",
    ]
    assert all(answer["success"] for answer in (by_number, by_title, right))


def test_a_check_knows_this_site_from_the_others(edd: Edd, sold: tuple[str, str]) -> None:
    def state(url: str = SITE) -> Any:
        return edd("check_license", license=sold[1], item_id="1", url=url)["license"]

    assert state() == "inactive"
    edd("activate_license", license=sold[1], **ITEM)
    assert (state(), state("https://other.example.com")) == ("valid", "site_inactive")
    assert edd("check_license", license="no-such-key", **ITEM)["success"] is False


def test_a_site_is_let_go_once(edd: Edd, sold: tuple[str, str]) -> None:
    edd("activate_license", license=sold[1], **ITEM)

    first, second = (edd("deactivate_license", license=sold[1], **ITEM) for _ in range(2))

    assert list(first) == [
        "success", "license", "item_id", "item_name", "checksum", "expires", "payment_id", "customer_name",
        "customer_email", "price_id",
    ]  # fmt: skip
    assert (first["success"], first["license"]) == (True, "deactivated")
    assert (second["success"], second["license"]) == (False, "failed")
    unknown = edd("deactivate_license", license="no-such-key", **ITEM)
    assert list(unknown) == ["success", "license", "item_id", "item_name", "checksum"]


def test_a_key_alone_does_not_end_a_site_that_holds_a_token(edd: Edd, sold: tuple[str, str]) -> None:
    license = resolve(License, sold[0])
    with writing():
        activate_site(license, Site("0" * 32, SITE), product=license.product, mode="live", now=clock.now())

    assert edd("check_license", license=sold[1], **ITEM)["license"] == "valid"
    assert edd("deactivate_license", license=sold[1], **ITEM)["license"] == "failed"
    assert len(live_activations(resolve(License, sold[0]))) == 1


def test_a_lifetime_without_a_limit_is_told_in_edd_s_words(edd: Edd, open_doors: Cast) -> None:
    _id, key = sell(open_doors, seats=None, valid_until=None)

    answer = edd("activate_license", license=key, **ITEM)

    assert (answer["license_limit"], answer["activations_left"], answer["expires"]) == (
        0,
        "unlimited",
        "lifetime",
    )


def test_a_test_license_is_unknown_at_a_door(edd: Edd, open_doors: Cast) -> None:
    _id, key = sell(open_doors, mode="test")

    assert edd("activate_license", license=key, **ITEM)["error"] == "missing"


def test_another_vendor_s_key_is_unknown(edd: Edd, sold: tuple[str, str], stranger: Cast) -> None:
    with tenant(stranger.vendor.id):
        _id, key = sell(stranger)

    assert edd("activate_license", license=key, **ITEM)["error"] == "missing"


def test_a_license_that_begins_later_is_not_served_before(edd: Edd, sold: tuple[str, str]) -> None:
    alter(sold[0], starts_at=clock.now() + timedelta(days=3))

    assert edd("activate_license", license=sold[1], **ITEM)["error"] == "disabled"
    assert edd("check_license", license=sold[1], **ITEM)["license"] == "inactive"


def test_a_closed_door_answers_like_an_unknown_product(
    edd: Edd, sold: tuple[str, str], open_doors: Cast
) -> None:
    ship(open_doors, "2.1.0")
    another_product(open_doors)
    change(open_doors, doors=["puc"])

    assert edd("activate_license", license=sold[1], **ITEM)["error"] == "key_mismatch"
    assert edd("check_license", license=sold[1], **ITEM)["license"] == "invalid_item_id"
    assert edd("get_version", license=sold[1], **ITEM)["new_version"] == ""


def test_where_every_door_is_closed_no_key_is_known(
    edd: Edd, sold: tuple[str, str], open_doors: Cast
) -> None:
    change(open_doors, doors=[])

    assert edd("activate_license", license=sold[1], **ITEM)["error"] == "missing"
    assert edd("check_license", license=sold[1], **ITEM)["license"] == "invalid"


def test_an_add_on_runs_only_beside_the_plugin_that_it_adds_to(
    edd: Edd, sold: tuple[str, str], open_doors: Cast
) -> None:
    another_product(open_doors)
    with writing():
        calendar = session.scalars(select(Product).where(Product.slug == "calendar")).one()
        resolve(Product, open_doors.product.id).addon_of_id = calendar.id

    assert edd("activate_license", license=sold[1], **ITEM)["error"] == "disabled"
    assert edd("check_license", license=sold[1], **ITEM)["license"] == "disabled"
    sell(open_doors, product=calendar)
    assert edd("activate_license", license=sold[1], **ITEM)["license"] == "valid"


def test_a_version_that_the_license_does_not_cover_gets_no_seat(edd: Edd, sold: tuple[str, str]) -> None:
    alter(sold[0], max_version="2")

    newer = edd("activate_license", license=sold[1], version="3.0.0", **ITEM)
    covered = edd("activate_license", license=sold[1], version="2.9.1", **ITEM)

    assert (newer["success"], newer["error"]) == (False, "license_not_activable")
    assert covered["license"] == "valid"
