"""A license is judged by small checks, and the first that fails names the verdict."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.customers.visiting import account_address
from server.kernel.db import session, writing
from server.licensing.checks import CHECKS
from server.licensing.models import License, Seat
from server.licensing.services import (
    Site,
    activate_site,
    issue_license,
    judge_activation,
    judge_key,
    restore_license,
    revoke_license,
    set_grace,
    suspend_license,
)
from server.licensing.services.refusals import (
    AddonWithoutParent,
    LicenseRevoked,
    LicenseSuspended,
    VersionNotAllowed,
)
from tests.conftest import NOON, Cast
from tests.server.licensing.conftest import Activate, uid_of

SHOP = "https://shop-1.example.com"


@pytest.fixture
def ask(sold: tuple[License, str], harbour: Cast) -> Any:
    """`ask(site_url=…)`: the verdict on the sold key."""

    def run(key: str = "", **wanted: Any) -> dict[str, Any]:
        facts = {"product": harbour.product, "mode": "live", "now": NOON, **wanted}
        return judge_key(key or sold[1], **facts)

    return run


def test_a_good_key_is_valid_and_passes_every_check(ask: Any) -> None:
    verdict = ask(features=["export"])

    assert (verdict["valid"], verdict["code"]) == (True, "VALID")
    assert verdict["checked"] == [check.code for check in CHECKS]
    assert verdict["license"]["seats"] == {"limit": 5, "used": 0}


def test_what_is_no_key_and_what_is_no_key_of_ours_have_their_own_codes(ask: Any) -> None:
    assert ask("KD1-nonsense")["code"] == "KEY_MALFORMED"
    assert "Please copy the whole key from your purchase e-mail" in ask("KD1-nonsense")["detail"]
    unknown = ask("KD1-000000-000000-000000-000000-087TJ8")
    assert (unknown["code"], unknown["license"]) == ("NOT_FOUND", None)


def test_each_state_of_a_license_has_its_code(ask: Any, license: License) -> None:
    assert ask(mode="test")["code"] == "MODE_MISMATCH"
    assert ask(now=NOON - timedelta(days=1))["code"] == "NOT_STARTED"
    assert ask(now=NOON + timedelta(days=367))["code"] == "EXPIRED"
    assert ask(features=["teleport"])["code"] == "FEATURE_MISSING"
    with writing():
        suspend_license(license, "unpaid", actor="system", now=NOON)
    assert ask()["code"] == "SUSPENDED"
    with writing():
        revoke_license(license, "refunded", actor="system", now=NOON)
    assert ask()["code"] == "REVOKED"


def test_a_key_of_another_product_shows_nothing_of_its_license(
    ask: Any, license: License, stranger: Cast
) -> None:
    verdict = ask(product=stranger.product)

    assert (verdict["code"], verdict["license"]) == ("PRODUCT_MISMATCH", None)


def test_a_site_is_judged_by_its_address_and_its_installation(ask: Any, activate: Activate) -> None:
    assert ask(site_url=SHOP)["code"] == "NOT_ACTIVATED"
    activate(SHOP)
    assert ask(site_url="https://elsewhere.example.com")["code"] == "SITE_NOT_ACTIVATED"
    assert ask(site_url=SHOP, site_uid="f" * 32)["code"] == "SITE_MISMATCH"
    assert ask(site_url=SHOP, site_uid=uid_of(SHOP))["code"] == "VALID"


def test_a_site_with_its_token_is_judged_without_a_key(activate: Activate) -> None:
    seated = activate(SHOP).activation

    assert judge_activation(seated, now=NOON)["code"] == "VALID"
    assert (
        judge_activation(seated, now=NOON, site_url="https://b.example.com")["code"] == "SITE_NOT_ACTIVATED"
    )


def test_judging_takes_no_seat(ask: Any) -> None:
    ask(site_url=SHOP)

    assert session.scalar(select(func.count()).select_from(Seat)) == 0


@pytest.mark.parametrize(
    ("newest", "asked", "verdict"),
    [
        ("2", "2.9.1", "VALID"),
        ("2.1", "2.1.7", "VALID"),
        ("2.1", "2.2", "VERSION_NOT_ALLOWED"),
        ("2", "3.0-beta1", "VERSION_NOT_ALLOWED"),
        ("2", "10.0", "VERSION_NOT_ALLOWED"),
        ("2", "", "VALID"),
        ("", "99.0", "VALID"),
    ],
)
def test_a_license_up_to_a_version_covers_what_lies_in_it(
    ask: Any, license: License, newest: str, asked: str, verdict: str
) -> None:
    with writing():
        license.max_version = newest

    assert ask(plugin_version=asked)["code"] == verdict


def test_a_site_gets_no_seat_for_a_version_that_the_license_does_not_cover(
    license: License, activate: Activate
) -> None:
    with writing():
        license.max_version = "1"

    with pytest.raises(VersionNotAllowed, match="up to version 1"):
        activate(SHOP, plugin_version="2.0")


def test_a_revoked_license_says_why_and_since_when(ask: Any, license: License, activate: Activate) -> None:
    with writing():
        revoke_license(license, "refunded", actor="system", now=NOON)

    told = ask()
    assert told["detail"] == (
        "This license was revoked on 2026-11-21 because the purchase was refunded. Please ask the vendor."
    )
    assert told["license"]["stopped"] == {"reason": "refunded", "since": "2026-11-21T12:00:00Z"}
    with pytest.raises(LicenseRevoked) as refused:
        activate(SHOP)
    assert refused.value.fields == told["license"]["stopped"] | {"manage_url": account_address()}


@pytest.mark.parametrize(("reason", "told"), [("dispute:dp_1", "disputed"), ("late payer", "by_vendor")])
def test_a_site_learns_why_its_license_is_paused_in_one_of_a_few_words(
    ask: Any, license: License, activate: Activate, reason: str, told: str
) -> None:
    with writing():
        suspend_license(license, reason, actor="system", now=NOON)

    assert ask()["license"]["stopped"] == {"reason": told, "since": "2026-11-21T12:00:00Z"}
    with pytest.raises(LicenseSuspended) as refused:
        activate(SHOP)
    assert (refused.value.fields["reason"], refused.value.fields["since"]) == (told, "2026-11-21T12:00:00Z")


def test_a_license_in_grace_is_shown_as_active(ask: Any, license: License) -> None:
    late = NOON + timedelta(days=370)
    assert not license.in_grace(NOON + timedelta(days=365, hours=5))  # the day after the end is for late news
    with writing():
        set_grace(license, NOON + timedelta(days=373), actor="stripe", now=late)

    assert ask(now=late)["license"]["status"] == "active"
    assert license.in_grace(late)


def test_the_view_tells_updates_and_support_where_they_end_apart(ask: Any, license: License) -> None:
    with writing():
        license.updates_until, license.renews = NOON + timedelta(days=30), True

    shown = ask()["license"]
    assert (shown["updates_until"], shown["renews"]) == ("2026-12-21T12:00:00Z", True)
    assert shown["support_until"] == shown["valid_until"]


def test_an_addon_needs_a_running_license_of_its_plugin_from_the_same_customer(
    harbour: Cast, license: License, customer: Customer
) -> None:
    addon = _addon(harbour)
    with writing():
        sold, key = issue_license(product=addon.product, plan=addon, customer=customer, now=NOON)
    facts: dict[str, Any] = {"product": addon.product, "mode": "live", "now": NOON}
    site = Site(site_uid=uid_of(SHOP), site_url=SHOP)
    assert judge_key(key, **facts)["code"] == "VALID"

    with writing():
        suspend_license(license, "dispute:1", actor="stripe", now=NOON)
    assert judge_key(key, **facts)["code"] == "ADDON_WITHOUT_PARENT"
    with pytest.raises(AddonWithoutParent, match="Harbour Gallery"), writing():
        activate_site(sold, site, **facts)

    with writing():
        restore_license(license, "dispute:1", actor="stripe", now=NOON)
        assert activate_site(sold, site, **facts).created


def _addon(harbour: Cast) -> Plan:
    with writing():
        product = Product(
            slug="extra", name="Extra", edd_item_id=9, addon_of_id=harbour.product.id, created_at=NOON
        )
        session.add(product)
        session.flush()
        plan = Plan(product_id=product.id, code="solo", name="Solo", seats=1, interval="year", features=[])
        session.add(plan)
    return plan
