"""The door for plugin-update-checker (`/compat/puc/<product>.json`)."""

from flask import Blueprint, Response
from sqlalchemy import select

from server.catalog.models import Product
from server.compat.answers import shed_load, show
from server.compat.asking import SLUG, count_call, fields
from server.compat.offers import package_address
from server.compat.updates import offer_for, plugin_facts
from server.kernel import clock
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.kernel.tenancy import system_scope, tenant

blueprint = Blueprint("puc", __name__, url_prefix="/compat/puc")
shed_load(blueprint)


@blueprint.get("/<public_slug>.json")
def door(public_slug: str) -> Response:
    """The plugin's facts; a package only for who may have it. The client waits three seconds."""
    count_call()
    sent, now = fields(), clock.now()
    product = _product(public_slug)
    with tenant(product.tenant_id):
        offer = offer_for(product, sent, now)
        facts = plugin_facts(product, offer, sent)
        if address := package_address(offer):
            facts["download_url"] = address
    return show(facts)


def _product(public_slug: str) -> Product:
    if not SLUG.fullmatch(public_slug):
        raise NotFound
    with system_scope("the public short name tells the vendor"):
        product = session.scalars(select(Product).where(Product.public_slug == public_slug)).one_or_none()
    if product is None or "puc" not in product.doors:
        raise NotFound
    return product
