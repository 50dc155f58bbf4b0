"""A license is judged by small checks, and the first that fails names the verdict."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from server.kernel.db import session, writing
from server.licensing.models import License, Seat
from server.licensing.services import judge_activation, judge_key, revoke_license, suspend_license
from server.licensing.services.judging import CHECKS
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
