"""The validation endpoint: a question about a license that writes nothing and takes no seat."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from server.api import limits
from server.api.answers import show
from server.api.callers import ProductCaller, SiteCaller, caller
from server.api.gate import rule
from server.api.sites import count_key
from server.kernel import clock
from server.kernel.errors import Invalid
from server.licensing import services as licensing
from server.licensing.schemas import ValidationRequest, ValidationView

blueprint = Blueprint(
    "license_validations", __name__, url_prefix="/v1/license-validations", description="Is a license good?"
)
GUESSES = frozenset(("KEY_MALFORMED", "NOT_FOUND"))


@blueprint.post("")
@rule("product", "site", limits=("keys/ip",), signed=True)
@blueprint.arguments(ValidationRequest)
@blueprint.response(200, ValidationView)
def create(asked: dict[str, Any]) -> Response:
    """Judge a key (with the product key) or the site's own license (with its token)."""
    asking = caller()
    if isinstance(asking, SiteCaller):
        _refuse_key("license_key" not in asked, "A site's token already names its license.")
        verdict = licensing.judge_activation(
            asking.activation,
            now=clock.now(),
            site_url=asked["site_url"],
            plugin_version=asked["plugin_version"],
            features=asked["features"],
        )
        return show(verdict)
    _refuse_key("license_key" in asked, "This field is needed.", code="required")
    if not isinstance(asking, ProductCaller):
        raise TypeError("the gate lets products and sites in only")
    return show(_judge_key(asking, asked))


def _judge_key(asking: ProductCaller, asked: dict[str, Any]) -> dict[str, Any]:
    limits.check("failed-keys/ip", limits.address())
    count_key(asked["license_key"])
    verdict = licensing.judge_key(
        asked["license_key"],
        product=asking.product,
        mode=asking.mode,
        now=clock.now(),
        site_url=asked["site_url"],
        site_uid=asked["site_uid"],
        plugin_version=asked["plugin_version"],
        features=asked["features"],
    )
    if verdict["code"] in GUESSES:
        limits.count("failed-keys/ip", limits.address())
    return verdict


def _refuse_key(fits: bool, message: str, *, code: str = "invalid") -> None:
    if not fits:
        raise Invalid(errors=[{"pointer": "/license_key", "code": code, "message": message}])
