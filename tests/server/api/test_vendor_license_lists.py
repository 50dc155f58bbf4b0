"""A vendor's script issues many licenses and finds them again; test and live are never mixed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import suspend_license
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of
from tests.tools.statements import statements

PATH = "/v1/vendor/licenses"
BATCH = "/v1/vendor/license-batches"
CUSTOMERS = "/v1/vendor/customers"
Script = Callable[..., str]


@pytest.fixture
def token(script: Script) -> str:
    """A live key that may read and write."""
    return script("licenses:read", "licenses:write", "customers:read")


@pytest.fixture
def wish(harbour: Cast) -> dict[str, Any]:
    """A license to be issued."""
    return {"product_id": harbour.product.id, "plan": "studio", "email": "bo@buyer.example.com", "name": "Bo"}


def test_a_thousand_licenses_are_issued_at_once(ask: Ask, token: str, wish: dict[str, Any]) -> None:
    wishes = [wish | {"email": f"bo-{number}@buyer.example.com"} for number in range(1_000)]

    made = ask("POST", BATCH, token, {"licenses": wishes}).json

    assert made is not None
    assert len({one["license_key"] for one in made["licenses"]}) == 1_000
    assert made["licenses"][999]["customer"]["email"] == "bo-999@buyer.example.com"
    too_many = ask("POST", BATCH, token, {"licenses": [*wishes, wish]})
    assert code_of(too_many) == (422, "validation_failed")


def test_a_wrong_wish_stops_the_batch_and_each_is_named_by_its_place(
    ask: Ask, token: str, wish: dict[str, Any]
) -> None:
    for fault in ({"plan": "none"}, {"email": "bo"}):
        wrong = [wish, wish | fault, wish | {"email": "a"}]
        refused = ask("POST", BATCH, token, {"licenses": wrong}, key=None)

        assert refused.status_code == 422
        assert refused.json is not None
        assert [error["pointer"] for error in refused.json["errors"]] == [
            f"/licenses/1/{next(iter(fault))}",
            "/licenses/2/email",
        ]
    assert session.scalar(select(func.count()).select_from(License)) == 0


def test_start_end_and_trial_are_as_the_script_says(ask: Ask, token: str, wish: dict[str, Any]) -> None:
    later = f"{clock.now() + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"

    made = ask("POST", PATH, token, wish | {"starts_at": later, "valid_until": None, "is_trial": True}).json

    assert made is not None
    assert (made["status"], made["starts_at"], made["valid_until"]) == ("pending", later, None)
    assert made["is_trial"] is True


def test_licenses_are_found_by_state_customer_and_part_of_a_mail(
    ask: Ask, token: str, wish: dict[str, Any]
) -> None:
    now = clock.now()
    made = {
        name: ask("POST", PATH, token, wish | more, key=None).json
        for name, more in {
            "active": {},
            "expired": {"starts_at": "2020-01-01T00:00:00Z", "valid_until": "2021-01-01T00:00:00Z"},
            "pending": {"starts_at": f"{now + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"},
            "suspended": {"email": "eve@other.example.com"},
        }.items()
    }
    ids = {name: row["license_id"] for name, row in made.items() if row}
    with writing():
        suspend_license(resolve(License, ids["suspended"]), "abuse", actor="system", now=now)

    def listed(query: str) -> set[str]:
        answer = ask("GET", f"{PATH}?{query}", token)
        assert answer.json is not None
        return {row["license_id"] for row in answer.json["data"]}

    for name, license_id in ids.items():
        assert listed(f"status={name}") == {license_id}
    assert listed("status=active,expired") == {ids["active"], ids["expired"]}
    assert listed("q=other.example") == {ids["suspended"]}
    keys = {name: row["license_key"] for name, row in made.items() if row}
    assert listed(f"q={keys['pending'].lower()}") == {ids["pending"]}
    assert made["active"] is not None
    buyer = made["active"]["customer"]["customer_id"]
    assert listed(f"customer_id={buyer}") == {ids["active"], ids["expired"], ids["pending"]}
    assert code_of(ask("GET", f"{PATH}?status=sleepy", token)) == (422, "validation_failed")


def test_a_long_list_asks_the_database_no_oftener_than_a_short_one(
    ask: Ask, token: str, wish: dict[str, Any]
) -> None:
    asked = []
    for name in ("ann", "bo"):
        wishes = [wish | {"email": f"{name}-{number}@buyer.example.com"} for number in range(20)]
        ask("POST", BATCH, token, {"licenses": wishes})
        with statements() as sent:
            rows = ask("GET", f"{PATH}?limit=100", token).json
        assert rows is not None
        asked.append((len(rows["data"]), len(sent)))

    (short, few), (long, many) = asked
    assert (short, long) == (20, 40)
    assert many <= few < short, asked


def test_a_test_key_makes_and_sees_test_licenses_and_their_customers_only(
    ask: Ask, script: Script, token: str, wish: dict[str, Any]
) -> None:
    test_key = script("licenses:read", "licenses:write", "customers:read", mode="test")
    live = ask("POST", PATH, token, wish | {"email": "live@buyer.example.com"}).json
    test = ask("POST", PATH, test_key, wish | {"email": "test@buyer.example.com"}).json
    assert live is not None
    assert test is not None
    assert (live["mode"], test["mode"]) == ("live", "test")

    for key, mine, mail in ((token, live, "live@"), (test_key, test, "test@")):
        rows = ask("GET", PATH, key).json
        buyers = ask("GET", CUSTOMERS, key).json
        assert rows is not None
        assert buyers is not None
        assert [row["license_id"] for row in rows["data"]] == [mine["license_id"]]
        assert [row["email"][:5] for row in buyers["data"]] == [mail]
    refused = ask("POST", PATH, test_key, wish | {"mode": "live"})
    assert code_of(refused) == (422, "validation_failed")


def test_customers_are_read_page_by_page_and_one_by_one(
    ask: Ask, token: str, wish: dict[str, Any], stranger: Cast
) -> None:
    for name, said in (("ann", "Анна"), ("ben", "Бен"), ("cai", "Кай")):
        ask("POST", PATH, token, wish | {"email": f"{name}@buyer.example.com", "name": said}, key=None)

    first = ask("GET", f"{CUSTOMERS}?limit=2", token).json
    assert first is not None
    second = ask("GET", f"{CUSTOMERS}?limit=2&after={first['next']}", token).json
    assert second is not None
    rows = first["data"] + second["data"]
    assert [row["email"][:3] for row in rows] == ["cai", "ben", "ann"]
    assert ask("GET", f"{CUSTOMERS}/{rows[0]['customer_id']}", token).json == rows[0]
    for part in ("ben%40", "БЕН", "бен"):
        found = ask("GET", f"{CUSTOMERS}?q={part}", token).json
        assert found is not None
        assert [row["email"] for row in found["data"]] == ["ben@buyer.example.com"], part
    assert code_of(ask("GET", f"{CUSTOMERS}/cus_none", token)) == (404, "not_found")
