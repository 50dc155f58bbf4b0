"""A vendor's catalog for its own scripts: products with their plans and prices."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import select

from server.api.answers import Body, once, show
from server.api.callers import vendor_caller
from server.api.gate import rule
from server.api.vendor_rows import mode_of_key
from server.catalog import services as catalog
from server.catalog.models import Plan, Price, Product
from server.catalog.schemas import (
    OfferView,
    PlanChange,
    PlanRequest,
    PriceRequest,
    ProductChange,
    ProductListQuery,
    ProductListView,
    ProductRequest,
    ProductView,
)
from server.kernel import clock
from server.kernel.cursors import make_cursor, read_cursor
from server.kernel.db import session, writing
from server.kernel.errors import NotFound, Refused
from server.kernel.tenancy import resolve

blueprint = Blueprint(
    "vendor_products", __name__, url_prefix="/v1/vendor", description="A vendor's products, plans and prices"
)
WRITES: dict[str, Any] = {"scope": "catalog:write", "limits": ("vendor",), "once": "optional"}


class LiveKeyNeeded(Refused):
    """The catalog is one for both modes, so a test key changing it would change the live shop."""

    code = "live_key_needed"
    title = "A test key cannot change what is sold"


@blueprint.get("/products")
@rule("vendor", scope="catalog:read", limits=("vendor",))
@blueprint.arguments(ProductListQuery, location="query")
@blueprint.response(200, ProductListView)
def list_all(wanted: dict[str, Any]) -> Response:
    """Products with their plans and prices, newest first."""
    found = select(Product).order_by(Product.id.desc()).limit(wanted["limit"] + 1)
    filters = {"list": "products"}
    if "after" in wanted:
        found = found.where(Product.id < read_cursor(wanted["after"], filters)[0])
    rows = list(session.scalars(found))
    page = rows[: wanted["limit"]]
    behind = make_cursor([page[-1].id], filters) if len(rows) > len(page) else None
    return show({"data": [_product(row) for row in page], "next": behind})


@blueprint.post("/products")
@rule("vendor", **WRITES)
@blueprint.arguments(ProductRequest)
@blueprint.response(201, ProductView)
def create(wanted: dict[str, Any]) -> Response:
    """A new product."""
    return once(lambda: (201, _product(catalog.create_product(now=clock.now(), actor=_actor(), **wanted))))


@blueprint.get("/products/<product_id>")
@rule("vendor", scope="catalog:read", limits=("vendor",))
@blueprint.response(200, ProductView)
def read(product_id: str) -> Response:
    """One product with its plans and prices."""
    return show(_product(resolve(Product, product_id)))


@blueprint.patch("/products/<product_id>")
@rule("vendor", **WRITES)
@blueprint.arguments(ProductChange)
@blueprint.response(200, ProductView)
def change(wanted: dict[str, Any], product_id: str) -> Response:
    """Change what is named, leave the rest."""
    return once(lambda: (200, _change(resolve(Product, product_id), wanted)))


@blueprint.post("/products/<product_id>/plans")
@rule("vendor", **WRITES)
@blueprint.arguments(PlanRequest)
@blueprint.response(201, OfferView)
def create_plan(wanted: dict[str, Any], product_id: str) -> Response:
    """A new plan of a product."""
    return once(lambda: (201, _create_plan(resolve(Product, product_id), wanted)))


@blueprint.get("/plans/<plan_id>")
@rule("vendor", scope="catalog:read", limits=("vendor",))
@blueprint.response(200, OfferView)
def read_plan(plan_id: str) -> Response:
    """One plan with its prices."""
    return show(_plan(resolve(Plan, plan_id)))


@blueprint.patch("/plans/<plan_id>")
@rule("vendor", **WRITES)
@blueprint.arguments(PlanChange)
@blueprint.response(200, OfferView)
def change_plan(wanted: dict[str, Any], plan_id: str) -> Response:
    """Change what is named, leave the rest; `on_sale` false takes it off the shelf."""
    return once(lambda: (200, _change_plan(resolve(Plan, plan_id), wanted)))


@blueprint.post("/plans/<plan_id>/prices")
@rule("vendor", **WRITES)
@blueprint.arguments(PriceRequest)
@blueprint.response(201, OfferView)
def set_price(wanted: dict[str, Any], plan_id: str) -> Response:
    """What the plan costs in this currency from now on; earlier orders keep their price.

    A plan that was taken off the shelf stays off it.
    """
    return once(lambda: (201, _set_price(resolve(Plan, plan_id), wanted)))


@blueprint.delete("/plans/<plan_id>/prices/<price_id>")
@rule("vendor", scope="catalog:write", limits=("vendor",))
@blueprint.response(200, OfferView)
def retire_price(plan_id: str, price_id: str) -> Response:
    """No longer offered in this currency."""
    with writing():
        plan, price = resolve(Plan, plan_id), resolve(Price, price_id)
        if price.plan_id != plan.id:
            raise NotFound
        catalog.retire_price(price, actor=_actor())
    return show(_plan(resolve(Plan, plan_id)))


def _change(product: Product, wanted: dict[str, Any]) -> Body:
    catalog.change_product(product, actor=_actor(), **wanted)
    return _product(product)


def _create_plan(product: Product, wanted: dict[str, Any]) -> Body:
    return _plan(catalog.create_plan(product, actor=_actor(), **wanted))


def _change_plan(plan: Plan, wanted: dict[str, Any]) -> Body:
    catalog.change_plan(plan, actor=_actor(), **wanted)
    return _plan(plan)


def _set_price(plan: Plan, wanted: dict[str, Any]) -> Body:
    catalog.set_price(plan, amount=wanted["amount"], currency=wanted["currency"].lower(), actor=_actor())
    return _plan(plan)


def _actor() -> str:
    """Who changes the catalog: a live key, because the shop of live buyers is the one that changes."""
    if mode_of_key() != "live":
        raise LiveKeyNeeded("What is sold is the same for test and live buyers. Use a live key to change it.")
    return vendor_caller().ref


COLUMNS = (
    "slug name edition description docs_url homepage author addon_of_id after_expiry network_policy"
    " doors puc_auto_activate edd_item_id"
).split()
PLAN_COLUMNS = (
    "product_id code name seats interval features renews trial_days trial_needs_card bundled_plan_ids"
    " max_version edd_price_id on_sale"
).split()


def _product(product: Product) -> dict[str, Any]:
    plans = select(Plan).where(Plan.product_id == product.id).order_by(Plan.position, Plan.id)
    return {
        "product_id": product.id,
        **{name: getattr(product, name) for name in COLUMNS},
        "product_key": catalog.public_key(product, mode_of_key()),
        "plans": [_plan(plan) for plan in session.scalars(plans)],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    prices = [
        {"price_id": price.id, "amount": price.amount, "currency": price.currency}
        for price in catalog.active_prices(plan)
    ]
    return {
        "plan_id": plan.id,
        **{name: getattr(plan, name) for name in PLAN_COLUMNS},
        "prices": prices,
        "price": prices[0] if prices else None,
    }
