"""A vendor's catalog for its own scripts: products with their plans and prices."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import select

from server.api.answers import show
from server.api.gate import rule
from server.catalog import services as catalog
from server.catalog.models import Plan, Product
from server.catalog.schemas import ProductListQuery, ProductListView
from server.kernel.cursors import make_cursor, read_cursor
from server.kernel.db import session

blueprint = Blueprint(
    "vendor_products", __name__, url_prefix="/v1/vendor/products", description="A vendor's products"
)


@blueprint.get("")
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


def _product(product: Product) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "slug": product.slug,
        "name": product.name,
        "edition": product.edition,
        "product_key": catalog.live_key(product),
        "plans": [_plan(plan) for plan in product.plans],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    price = catalog.active_price(plan)
    return {
        "plan_id": plan.id,
        "code": plan.code,
        "name": plan.name,
        "seats": plan.seats,
        "interval": plan.interval,
        "features": plan.features,
        "price": price and {"amount": price.amount, "currency": price.currency},
    }
