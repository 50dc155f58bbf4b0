"""The door for plugins that ask a wp-update-server (`/compat/wpus/<vendor>/?action=…&slug=…`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlencode

from flask import Blueprint, Response
from werkzeug.wrappers import Response as AnyResponse

from server.catalog.models import Product
from server.compat.answers import shed_load, show
from server.compat.asking import count_call, fields, open_products, vendor_named
from server.compat.packages import hand_out, refusal_page
from server.compat.updates import offer_for, plugin_facts
from server.kernel import clock, settings
from server.kernel.errors import BadRequest, KeydeskError, NotFound, Refused
from server.kernel.tenancy import tenant
from server.releases.packages import PackageRefused, open_package

ACTIONS = ("get_metadata", "download")

blueprint = Blueprint("wpus", __name__, url_prefix="/compat/wpus")
shed_load(blueprint)


class NoSuchAction(BadRequest):
    """The query names no action or no plugin."""

    code = "action_missing"
    title = "The address must hold action=get_metadata or action=download, and a slug"


@blueprint.get("/<vendor_slug>", strict_slashes=False)
def door(vendor_slug: str) -> AnyResponse:
    """Metadata or the file. 400 without action or slug, 404 for an unknown one, 403 without the right."""
    count_call()
    sent = fields()
    action, slug = sent.get("action", ""), sent.get("slug", "")
    if action not in ACTIONS or not slug:
        raise NoSuchAction
    with _product(vendor_slug, slug) as product:
        if action == "download":
            return _download(product, sent.get("token", ""))
        return _metadata(vendor_slug, product, sent)


@blueprint.errorhandler(BadRequest)
@blueprint.errorhandler(NotFound)
@blueprint.errorhandler(Refused)
def _refused(error: KeydeskError) -> Response:
    return refusal_page(error, error.status)


@contextmanager
def _product(vendor_slug: str, slug: str) -> Iterator[Product]:
    """The product in its vendor's scope."""
    vendor = vendor_named(vendor_slug)
    if vendor is None:
        raise NotFound
    with tenant(vendor.id):
        product = next((product for product in open_products("wpus") if product.slug == slug), None)
        if product is None:
            raise NotFound
        yield product


def _metadata(vendor_slug: str, product: Product, sent: Mapping[str, str]) -> Response:
    """This dialect leaves out what it does not know."""
    offer = offer_for(product, sent, clock.now())
    facts = {name: value for name, value in plugin_facts(product, offer, sent).items() if value}
    if offer.package:
        query = urlencode({"action": "download", "slug": product.slug, "token": offer.package})
        facts["download_url"] = f"{settings.current().public_url}/compat/wpus/{vendor_slug}/?{query}"
    return show(facts)


def _download(product: Product, token: str) -> AnyResponse:
    try:
        package = open_package(token, now=clock.now())
    except PackageRefused as refusal:
        raise Refused(refusal.detail) from refusal
    if package.release.product_id != product.id:
        raise Refused
    return hand_out(package)
