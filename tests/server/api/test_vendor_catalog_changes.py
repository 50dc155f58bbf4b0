"""A vendor's script makes and changes products, plans and prices, as far as its key reaches."""

from collections.abc import Callable
from typing import Any

import pytest

from server.accounts.services import history
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

PRODUCTS = "/v1/vendor/products"
PLANS = "/v1/vendor/plans"
Script = Callable[..., str]


@pytest.fixture
def token(script: Script) -> str:
    """A key that may read and change the catalog."""
    return script("catalog:read", "catalog:write")


def test_a_product_is_made_with_a_plan_and_a_price_in_two_currencies(ask: Ask, token: str) -> None:
    product = body(ask("POST", PRODUCTS, token, {"name": "Pier", "slug": "pier", "doors": ["edd"]}))
    wish = {"code": "pro", "name": "Pro", "seats": None, "interval": "year", "renews": True, "trial_days": 14}
    plan = body(ask("POST", f"{PRODUCTS}/{product['product_id']}/plans", token, wish))
    for amount, currency in ((9_900, "eur"), (10_900, "usd")):
        price = {"amount": amount, "currency": currency}
        plan = body(ask("POST", f"{PLANS}/{plan['plan_id']}/prices", token, price))

    read = body(ask("GET", f"{PRODUCTS}/{product['product_id']}", token))
    assert read["plans"] == [plan]
    assert [price["currency"] for price in plan["prices"]] == ["eur", "usd"]
    assert (plan["seats"], plan["renews"], plan["trial_days"]) == (None, True, 14)
    assert history(product["product_id"])[0].actor.startswith("key:")


def test_what_is_left_out_of_a_change_stays(ask: Ask, token: str, harbour: Cast) -> None:
    product = body(ask("PATCH", f"{PRODUCTS}/{harbour.product.id}", token, {"after_expiry": "limit"}))
    plan = body(ask("PATCH", f"{PLANS}/{harbour.plan.id}", token, {"max_version": "2"}))

    assert (product["name"], product["after_expiry"]) == ("Harbour Gallery", "limit")
    assert (plan["seats"], plan["max_version"]) == (5, "2")


def test_a_price_is_retired_and_the_plan_without_one_is_not_offered(
    ask: Ask, token: str, harbour: Cast
) -> None:
    path = f"{PLANS}/{harbour.plan.id}/prices/{harbour.price.id}"

    assert body(ask("DELETE", path, token))["prices"] == []
    assert body(ask("GET", f"{PLANS}/{harbour.plan.id}", token))["price"] is None


def test_a_price_does_not_put_a_closed_plan_back_on_sale(ask: Ask, token: str, harbour: Cast) -> None:
    path = f"{PLANS}/{harbour.plan.id}"
    body(ask("PATCH", path, token, {"on_sale": False}))

    plan = body(ask("POST", f"{path}/prices", token, {"amount": 4_900, "currency": "eur"}))

    assert (plan["on_sale"], plan["price"]["amount"]) == (False, 4_900)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"features": ["Not A Code"]}, "/features"),
        ({"interval": "decade"}, "/interval"),
        ({"bundled_plan_ids": ["pln_none"]}, "/bundled_plan_ids"),
        ({"code": "other"}, "/code"),
        ({"seats": "five"}, "/seats"),
    ],
)
def test_a_wrong_field_is_named(ask: Ask, token: str, harbour: Cast, change: Any, pointer: str) -> None:
    refused = ask("PATCH", f"{PLANS}/{harbour.plan.id}", token, change)

    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["errors"][0]["pointer"] == pointer


def test_reading_and_changing_are_two_scopes(ask: Ask, script: Script, harbour: Cast) -> None:
    reader = script("catalog:read")

    assert code_of(ask("PATCH", f"{PLANS}/{harbour.plan.id}", reader, {"seats": 1})) == (403, "scope_missing")
    assert code_of(ask("POST", PRODUCTS, reader, {})) == (403, "scope_missing")


def test_a_test_key_reads_the_test_product_key_and_changes_nothing(
    ask: Ask, script: Script, harbour: Cast
) -> None:
    key = script("catalog:read", "catalog:write", mode="test")

    assert body(ask("GET", f"{PRODUCTS}/{harbour.product.id}", key))["product_key"] != harbour.product_key
    refused = ask("PATCH", f"{PLANS}/{harbour.plan.id}", key, {"seats": 1})
    assert code_of(refused) == (403, "live_key_needed")


def test_a_strangers_catalog_is_not_there(ask: Ask, token: str, stranger: Cast) -> None:
    for path in (f"{PRODUCTS}/{stranger.product.id}", f"{PLANS}/{stranger.plan.id}"):
        assert code_of(ask("GET", path, token)) == (404, "not_found")
        assert code_of(ask("PATCH", path, token, {"name": "Mine"})) == (404, "not_found")


def body(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json)
