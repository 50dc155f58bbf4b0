"""A vendor's script issues, lists, reads and revokes licenses, as far as its key's scopes reach."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from server.accounts.services import create_api_key, history
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from server.licensing.models import License
from server.licensing.services import find_license_by_key
from server.mail.models import Mail
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

PATH = "/v1/vendor/licenses"
Script = Callable[..., str]


@pytest.fixture
def wish(harbour: Cast) -> dict[str, Any]:
    """A license to be issued by hand."""
    return {"product_id": harbour.product.id, "plan": "studio", "email": "Bo@Buyer.example.com", "name": "Bo"}


def test_a_license_is_issued_with_its_key_shown_once(ask: Ask, script: Script, wish: dict[str, Any]) -> None:
    token = script("licenses:write", "licenses:read")

    made = ask("POST", PATH, token, wish | {"send_mail": True, "note": "trade fair"})

    assert made.status_code == 201
    assert made.json is not None
    assert made.json["customer"]["email"] == "bo@buyer.example.com"
    license = find_license_by_key(made.json["license_key"])
    assert license.id == made.json["license_id"]
    entry = history(license.id)[0]
    assert (entry.action, entry.facts["note"], entry.actor[:4]) == ("license.issued", "trade fair", "key:")
    assert session.scalar(select(func.count()).select_from(Mail)) == 1
    read = ask("GET", f"{PATH}/{license.id}", token)
    assert read.json is not None
    assert "license_key" not in read.json


def test_a_repeated_wish_with_its_key_makes_one_license(
    ask: Ask, script: Script, wish: dict[str, Any]
) -> None:
    token = script("licenses:write")

    first = ask("POST", PATH, token, wish, key="order-77-of-our-shop")
    again = ask("POST", PATH, token, wish, key="order-77-of-our-shop")

    assert first.data == again.data
    assert session.scalar(select(func.count()).select_from(License)) == 1


def test_a_wish_that_does_not_fit_is_refused_and_writes_nothing(
    ask: Ask, script: Script, wish: dict[str, Any]
) -> None:
    token = script("licenses:write")

    for change in (
        {"plan": "none"},
        {"product_id": "prd_00000000000000000000000000"},
        {"email": "no address"},
        {"mode": "dream"},
        {"colour": "red"},
    ):
        assert code_of(ask("POST", PATH, token, wish | change)) == (422, "validation_failed")
    assert session.scalar(select(func.count()).select_from(License)) == 0


def test_a_license_that_begins_or_ends_when_nobody_means_is_refused(
    ask: Ask, script: Script, wish: dict[str, Any]
) -> None:
    token = script("licenses:write")

    for field in ("starts_at", "valid_until"):
        bad = wish | {field: "9998-12-31T00:00:00Z"}
        refused = ask("POST", PATH, token, bad)
        assert code_of(refused) == (422, "date_out_of_range")
        early = ask("POST", PATH, token, wish | {field: "0001-01-01T00:00:00+14:00"})
        assert code_of(early) == (422, "date_out_of_range")
        many = ask("POST", "/v1/vendor/license-batches", token, {"licenses": [wish, bad]})
        assert code_of(many) == (422, "date_out_of_range")
        assert many.json is not None
        assert many.json["errors"][0]["pointer"] == f"/licenses/1/{field}"
    assert session.scalar(select(func.count()).select_from(License)) == 0


def test_a_license_that_would_end_before_it_starts_is_not_issued(
    ask: Ask, script: Script, wish: dict[str, Any]
) -> None:
    token = script("licenses:write")
    never = wish | {"starts_at": "2037-06-01T00:00:00Z", "valid_until": "2037-05-01T00:00:00Z"}

    assert code_of(ask("POST", PATH, token, never)) == (422, "end_before_start")
    many = ask("POST", "/v1/vendor/license-batches", token, {"licenses": [wish, never]})
    assert code_of(many) == (422, "end_before_start")
    assert many.json is not None
    assert many.json["errors"][0]["pointer"] == "/licenses/1/valid_until"
    endless = ask("POST", PATH, token, wish | {"is_trial": True})  # its plan has no days to try it
    assert code_of(endless) == (422, "validation_failed")
    assert session.scalar(select(func.count()).select_from(License)) == 0


def test_scopes_are_held(ask: Ask, script: Script, wish: dict[str, Any], sold: tuple[str, str]) -> None:
    reader = script("licenses:read")

    assert code_of(ask("POST", PATH, reader, wish)) == (403, "scope_missing")
    assert code_of(ask("POST", f"{PATH}/{sold[0]}/revocations", reader, {})) == (403, "scope_missing")
    assert code_of(ask("GET", PATH, script("tickets:read"))) == (403, "scope_missing")


def test_the_list_is_read_page_by_page(ask: Ask, script: Script, wish: dict[str, Any]) -> None:
    token = script("licenses:read", "licenses:write")
    made = [ask("POST", PATH, token, wish, key=None).json for _ in range(3)]

    first = ask("GET", f"{PATH}?limit=2&email=bo@buyer.example.com", token).json
    assert first is not None
    second = ask("GET", f"{PATH}?limit=2&email=bo@buyer.example.com&after={first['next']}", token).json

    assert second is not None
    listed = [row["license_id"] for row in first["data"] + second["data"]]
    assert listed == [row["license_id"] for row in reversed(made) if row]
    assert second["next"] is None
    other_filters = ask("GET", f"{PATH}?after={first['next']}", token)
    assert code_of(other_filters) == (400, "cursor_invalid")
    assert code_of(ask("GET", f"{PATH}?sort=name", token)) == (422, "validation_failed")


def test_a_license_is_revoked_for_a_reason(ask: Ask, script: Script, sold: tuple[str, str]) -> None:
    token = script("licenses:write")

    answer = ask("POST", f"{PATH}/{sold[0]}/revocations", token, {"reason": "refunded"})

    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["status"] == "revoked"
    unknown = ask("POST", f"{PATH}/{sold[0]}/revocations", token, {"reason": "mood"})
    assert code_of(unknown) == (422, "validation_failed")


def test_a_strangers_license_is_answered_like_a_missing_one(
    ask: Ask, stranger: Cast, sold: tuple[str, str]
) -> None:
    with tenant(stranger.vendor.id), writing():
        _row, token = create_api_key(name="test", scopes=["licenses:read", "licenses:write"], now=clock.now())
    missing = "lic_00000000000000000000000000"

    for method, tail in (("GET", ""), ("POST", "/revocations")):
        body: dict[str, Any] | None = {} if method == "POST" else None
        foreign = ask(method, f"{PATH}/{sold[0]}{tail}", token, body)
        unknown = ask(method, f"{PATH}/{missing}{tail}", token, body)
        assert code_of(foreign) == (404, "not_found")
        assert foreign.data == unknown.data
    listed = ask("GET", PATH, token).json
    assert listed is not None
    assert listed["data"] == []
