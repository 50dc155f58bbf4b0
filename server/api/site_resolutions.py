"""What the owner of a site chose after its address changed."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from server.api.answers import Body, once
from server.api.callers import site_caller
from server.api.gate import rule
from server.api.sites import site_from
from server.kernel import clock
from server.licensing import services as licensing
from server.licensing.schemas import NewActivationView
from server.licensing.site_schemas import ResolutionRequest

blueprint = Blueprint(
    "site_resolutions",
    __name__,
    url_prefix="/v1/site-resolutions",
    description="A site at another address: moved, a temporary copy, or a site of its own",
)


@blueprint.post("")
@rule("site", limits=("transfers",), signed=True, once="required")
@blueprint.arguments(ResolutionRequest)
@blueprint.response(201, NewActivationView, description="An installation of its own")
@blueprint.alt_response(
    200, schema=NewActivationView, description="The site moved with its seat", success=True
)
def create(wanted: dict[str, Any]) -> Response:
    """Do it, and give the token and lease to go on with (200 when the site moved)."""
    return once(lambda: _resolve(wanted))


def _resolve(wanted: dict[str, Any]) -> tuple[int, Body]:
    activation, now = site_caller().activation, clock.now()
    uid = activation.site_uid if wanted["resolution"] == "moved" else wanted.get("site_uid_new")
    done = licensing.resolve_site(
        activation,
        site_from({**wanted, "site_uid": uid or activation.site_uid}),
        resolution=wanted["resolution"],
        confirm=wanted["confirm"],
        now=now,
    )
    return 201 if done.created else 200, licensing.new_activation_view(done.activation, done.token, now)
