"""Products, plans and bundles for tests of what they look like."""

from typing import Any

from server.catalog.models import Plan, Price, Product
from server.kernel.db import session
from tests.conftest import NOON


def make_product(slug: str, **facts: Any) -> Product:
    """A product of the vendor; call it while writing."""
    number = len(session.query(Product).all()) + 1
    product = Product(slug=slug, name=f"Harbour {slug.title()}", edd_item_id=number, created_at=NOON, **facts)
    session.add(product)
    session.flush()
    return product


def make_plan(product: Product, *, amount: int | None = 4_900, **facts: Any) -> Plan:
    """A plan of a product with one price in euros, or without any."""
    known = {"code": "solo", "name": "Solo", "seats": 1, "interval": "year", "features": []} | facts
    plan = Plan(product_id=product.id, **known)
    session.add(plan)
    session.flush()
    if amount is not None:
        session.add(Price(plan_id=plan.id, currency="eur", amount=amount))
    session.flush()
    return plan


def make_bundle(product: Product | None = None) -> Product:
    """Two plugins in one plan, of a product of its own unless it is named."""
    forms = make_plan(make_product("forms"), seats=3)
    maps = make_plan(make_product("maps"), seats=None)
    sold = product or make_product("everything")
    make_plan(sold, code="all", name="All", seats=9, bundled_plan_ids=[forms.id, maps.id])
    return sold
