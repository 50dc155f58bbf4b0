"""The activation endpoints: a site takes a seat, reads it, and gives it back."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from server.api import limits
from server.api.answers import Body, once, show
from server.api.callers import TokenRevoked, product_caller, site_caller
from server.api.gate import rule
from server.api.sites import count_key, site_from
from server.kernel import clock
from server.kernel.errors import NotFound
from server.licensing import services as licensing
from server.licensing.keys import KeyMalformed
from server.licensing.models import Activation
from server.licensing.schemas import ActivationRequest, ActivationView, NewActivationView, ReleaseView
from server.licensing.services.refusals import LicenseNotFound, TransferCodeInvalid
from server.licensing.site_schemas import TransferView

blueprint = Blueprint(
    "activations", __name__, url_prefix="/v1/activations", description="A site's seat on a license"
)
GUESSES = (KeyMalformed, LicenseNotFound, TransferCodeInvalid)


@blueprint.post("")
@rule("product", limits=("keys/ip",), signed=True, once="required")
@blueprint.arguments(ActivationRequest)
@blueprint.response(201, NewActivationView, description="A seat was taken")
@blueprint.alt_response(
    200, schema=NewActivationView, description="The site keeps its seat; the token is new", success=True
)
def create(wanted: dict[str, Any]) -> Response:
    """Take a seat, or come back to the one the site has (200, with a new token)."""
    limits.check("failed-keys/ip", limits.address())
    count_key(wanted.get("license_key"))
    try:
        return once(lambda: _activate(wanted))
    except GUESSES:
        limits.count("failed-keys/ip", limits.address())
        raise


@blueprint.get("/<activation_id>")
@rule("site", limits=("reads",), signed=True)
@blueprint.response(200, ActivationView)
def read(activation_id: str) -> Response:
    """The site's own activation."""
    return show(licensing.activation_view(_own(activation_id), clock.now()))


@blueprint.delete("/<activation_id>")
@rule("site", limits=("reads",), signed=True, ended_token=True, once="required")
@blueprint.response(200, ReleaseView)
def release(activation_id: str) -> Response:
    """Give the seat back; allowed in every state of the license, and safe to repeat for 7 days."""
    activation = _own(activation_id)
    if site_caller().ended and activation.ended_at is None:
        raise TokenRevoked  # an old token that a newer one replaced ends nothing
    return once(lambda: (200, licensing.deactivate_site(activation, now=clock.now())))


@blueprint.post("/<activation_id>/transfers")
@rule("site", limits=("transfers",), signed=True, once="required")
@blueprint.response(201, TransferView)
def transfer(activation_id: str) -> Response:
    """A one-use code by which another installation takes this site's place, good for a day."""
    activation = _own(activation_id)
    return once(lambda: (201, {"transfer_code": licensing.offer_transfer(activation, clock.now())}))


def _activate(wanted: dict[str, Any]) -> tuple[int, Body]:
    asking, site, now = product_caller(), site_from(wanted), clock.now()
    if "license_key" in wanted:
        found = licensing.find_license_by_key(wanted["license_key"])
        license = licensing.license_for_product(found, asking.product)
        limits.count("activation", license.id)
        done = licensing.activate_site(license, site, product=asking.product, mode=asking.mode, now=now)
    else:
        code = wanted["transfer_code"]
        done = licensing.activate_by_code(code, site, product=asking.product, mode=asking.mode, now=now)
        limits.count("activation", done.activation.license_id)
    return 201 if done.created else 200, licensing.new_activation_view(done.activation, done.token, now)


def _own(activation_id: str) -> Activation:
    """Another site's activation is answered like a missing one."""
    activation = site_caller().activation
    if activation.id != activation_id:
        raise NotFound
    return activation
