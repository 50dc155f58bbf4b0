"""A vendor's script reads its own products with plans and prices, and nobody else's."""

from collections.abc import Callable

from server.accounts.services import create_api_key
from server.catalog.models import Plan
from server.catalog.services import close_plan, create_product
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve, tenant
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

PATH = "/v1/vendor/products"
Script = Callable[..., str]


def test_a_script_reads_the_products_with_plans_and_prices(ask: Ask, script: Script, harbour: Cast) -> None:
    answer = ask("GET", PATH, script("catalog:read"))

    assert answer.status_code == 200
    assert answer.json is not None
    [product] = answer.json["data"]
    assert {name: product[name] for name in ("product_id", "slug", "edition", "product_key")} == {
        "product_id": harbour.product.id,
        "slug": "harbour-gallery",
        "edition": "premium",
        "product_key": harbour.product_key,
    }
    [plan] = product["plans"]
    assert (plan["plan_id"], plan["code"], plan["seats"]) == (harbour.plan.id, "studio", 5)
    assert plan["price"] == {
        "price_id": harbour.price.id,
        "amount": harbour.price.amount,
        "currency": harbour.price.currency,
    }
    assert plan["prices"] == [plan["price"]]


def test_a_plan_that_is_not_offered_has_no_price(ask: Ask, script: Script, harbour: Cast) -> None:
    token = script("catalog:read")
    with writing():
        close_plan(resolve(Plan, harbour.plan.id), actor="member:mem_1")

    listed = ask("GET", PATH, token).json

    assert listed is not None
    assert [plan["price"] for plan in listed["data"][0]["plans"]] == [None]


def test_products_are_read_page_by_page(ask: Ask, script: Script, harbour: Cast) -> None:
    token = script("catalog:read", "licenses:read")
    with writing():
        for number in range(2):
            create_product(
                name=f"Pier {number}", slug=f"pier-{number}", now=clock.now(), actor="member:mem_1"
            )

    first = ask("GET", f"{PATH}?limit=2", token).json
    assert first is not None
    second = ask("GET", f"{PATH}?limit=2&after={first['next']}", token).json

    assert second is not None
    names = [row["name"] for row in first["data"] + second["data"]]
    assert names == ["Pier 1", "Pier 0", "Harbour Gallery"]
    assert second["next"] is None
    assert code_of(ask("GET", f"/v1/vendor/licenses?after={first['next']}", token)) == (400, "cursor_invalid")
    assert code_of(ask("GET", f"{PATH}?limit=0", token)) == (422, "validation_failed")


def test_the_scope_is_held(ask: Ask, script: Script) -> None:
    assert code_of(ask("GET", PATH, script("licenses:read"))) == (403, "scope_missing")


def test_another_vendors_products_are_not_in_the_list(ask: Ask, harbour: Cast, stranger: Cast) -> None:
    with tenant(stranger.vendor.id), writing():
        _row, token = create_api_key(name="test", scopes=["catalog:read"], now=clock.now())
    stranger_product = stranger.product.id
    harbour_cursor = _cursor_of_harbour(ask, harbour)

    listed = ask("GET", PATH, token).json

    assert listed is not None
    assert [row["product_id"] for row in listed["data"]] == [stranger_product]
    assert code_of(ask("GET", f"{PATH}?after={harbour_cursor}", token)) == (400, "cursor_invalid")


def _cursor_of_harbour(ask: Ask, harbour: Cast) -> str:
    with tenant(harbour.vendor.id), writing():
        create_product(name="Pier", slug="pier", now=clock.now(), actor="member:mem_1")
        _row, token = create_api_key(name="own", scopes=["catalog:read"], now=clock.now())
    listed = ask("GET", f"{PATH}?limit=1", token).json
    assert listed is not None
    return str(listed["next"])
