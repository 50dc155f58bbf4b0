"""The door for plugins that ask an EDD Software Licensing shop (`/compat/edd/<vendor>`)."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException

from server.compat import edd_asked, edd_licenses, edd_versions
from server.compat.answers import shed_load, show
from server.compat.asking import count_call, fields, open_products, vendor_named
from server.kernel import clock
from server.kernel.tenancy import tenant

ONE: Mapping[str, Callable[..., dict[str, Any]]] = {
    "activate_license": edd_licenses.activate,
    "deactivate_license": edd_licenses.deactivate,
    "check_license": edd_licenses.check,
    "get_version": edd_versions.get_version,
}

blueprint = Blueprint("edd", __name__, url_prefix="/compat/edd")
shed_load(blueprint)


@blueprint.route("/<vendor_slug>", methods=["GET", "POST"], strict_slashes=False)
def door(vendor_slug: str) -> Response:
    """Always 200 and a JSON object: any other status makes these clients stop asking for an hour."""
    count_call()
    return show(_answer(vendor_slug, fields()))


@blueprint.errorhandler(HTTPException)
def _unreadable(_error: HTTPException) -> Response:
    """A body too long or too broken to be read names no action."""
    return show({})


def _answer(vendor_slug: str, sent: Mapping[str, str]) -> dict[str, Any]:
    action = ONE.get(sent.get("edd_action", "").strip())
    if action is None:
        return {}
    vendor = vendor_named(vendor_slug)
    several = edd_asked.read_many(sent) if action is edd_versions.get_version else {}
    if vendor is None:
        return _ask_all(action, several, []) if several else action(edd_asked.read(sent), [], clock.now())
    with tenant(vendor.id):
        products = open_products("edd")
        if several:
            return _ask_all(action, several, products)
        return action(edd_asked.read(sent), products, clock.now())


def _ask_all(
    action: Callable[..., dict[str, Any]], several: Mapping[str, edd_asked.Asked], products: Any
) -> dict[str, Any]:
    return {slug: action(asked, products, clock.now()) for slug, asked in several.items()}
