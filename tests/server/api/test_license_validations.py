"""A validation answers 200 for every key that could be judged, and takes no seat."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from server.kernel.db import session, writing
from server.licensing.models import License, Seat
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of, is_genuine

PATH = "/v1/license-validations"


def test_a_good_key_is_valid(ask: Ask, harbour: Cast, sold: tuple[str, str]) -> None:
    answer = ask(
        "POST", PATH, harbour.product_key, {"license_key": sold[1], "features": ["export"]}, key=None
    )

    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["valid"], answer.json["code"]) == (True, "VALID")
    assert answer.json["license"]["status"] == "active"
    assert is_genuine(answer)
    assert session.scalar(select(func.count()).select_from(Seat)) == 0


@pytest.mark.parametrize(
    ("key", "code"),
    [("KD1-nonsense", "KEY_MALFORMED"), ("KD1-000000-000000-000000-000000-087TJ8", "NOT_FOUND")],
)
def test_a_bad_key_has_a_constant_code(ask: Ask, harbour: Cast, key: str, code: str) -> None:
    answer = ask("POST", PATH, harbour.product_key, {"license_key": key})

    assert answer.status_code == 200
    assert answer.json is not None
    assert (answer.json["valid"], answer.json["code"], answer.json["license"]) == (False, code, None)


def test_a_strangers_key_is_judged_byte_for_byte_like_an_unknown_one(
    ask: Ask, stranger: Cast, sold: tuple[str, str]
) -> None:
    foreign = ask("POST", PATH, stranger.product_key, {"license_key": sold[1]})
    unknown = ask(
        "POST", PATH, stranger.product_key, {"license_key": "KD1-000000-000000-000000-000000-087TJ8"}
    )

    assert foreign.data == unknown.data


def test_a_site_asks_with_its_token_alone(ask: Ask, activated: dict[str, Any], sold: tuple[str, str]) -> None:
    token = activated["site_token"]

    answer = ask("POST", PATH, token, {"site_url": "https://shop-1.example.com"})
    assert answer.json is not None
    assert answer.json["code"] == "VALID"
    assert code_of(ask("POST", PATH, token, {"license_key": sold[1]})) == (422, "validation_failed")


def test_a_product_must_name_the_key(ask: Ask, harbour: Cast) -> None:
    assert code_of(ask("POST", PATH, harbour.product_key, {})) == (422, "validation_failed")


def test_a_license_that_covers_no_newer_version_says_so(
    ask: Ask, harbour: Cast, sold: tuple[str, str], held: Callable[[], License]
) -> None:
    with writing():
        held().max_version = "4.1"

    codes = [
        (
            ask("POST", PATH, harbour.product_key, {"license_key": sold[1], "plugin_version": version}).json
            or {}
        )["code"]
        for version in ("4.1.9", "4.2")
    ]

    assert codes == ["VALID", "VERSION_NOT_ALLOWED"]


def test_an_address_that_cannot_be_read_is_refused_as_at_activation(
    ask: Ask, harbour: Cast, sold: tuple[str, str], token: str
) -> None:
    for credential, more in ((harbour.product_key, {"license_key": sold[1]}), (token, {})):
        refused = ask("POST", PATH, credential, {"site_url": "::::", **more})
        assert code_of(refused) == (422, "site_url_invalid")
