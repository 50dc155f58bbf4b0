"""A site without a key: its owner says yes in a mail, and the site asks whether that happened."""

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from server.api import limits
from server.api.answers import Body, once, show
from server.api.callers import product_caller
from server.api.gate import rule
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import NotFound
from server.licensing.services import links
from server.licensing.site_schemas import LinkRequest, LinkStateView, LinkView

blueprint = Blueprint(
    "activation_links",
    __name__,
    url_prefix="/v1/activation-links",
    description="Activation by the owner's mailbox, without a key",
)
SECRET: dict[str, Any] = {
    "in": "header",
    "name": "Keydesk-Link-Secret",
    "description": "`poll_secret` of the answer that made the link.",
    "required": True,
    "schema": {"type": "string"},
}


@blueprint.post("")
@rule("product", limits=("activation-link/ip",), once="required")
@blueprint.arguments(LinkRequest)
@blueprint.response(202, LinkView)
def create(wanted: dict[str, Any]) -> Response:
    """Ask the owner of this address by mail. The answer never tells whether anybody has it."""
    return once(lambda: _ask(wanted))


@blueprint.get("/<activation_link_id>")
@rule("product", limits=("activation-link-polls/ip",))
@blueprint.response(200, LinkStateView)
@blueprint.doc(parameters=[SECRET])
def read(activation_link_id: str) -> Response:
    """Whether the owner said yes, for the site that holds the secret (header `Keydesk-Link-Secret`)."""
    asking, now = product_caller(), clock.now()
    told = links.poll_activation_link(
        activation_link_id,
        product=asking.product,
        poll_secret=request.headers.get(SECRET["name"], ""),
        now=now,
    )
    if told is None:
        raise NotFound
    if told["state"] == "ready":
        with writing():
            code = links.fetch_code(activation_link_id, now)
        told = {"state": "ready" if code else "expired", "transfer_code": code}
    return show(told)


def _ask(wanted: dict[str, Any]) -> tuple[int, Body]:
    asking = product_caller()
    limits.count("activation-link", f"{asking.tenant_id} {wanted['email'].strip().lower()}")
    asked = links.ask_for_activation(asking.product, mode=asking.mode, now=clock.now(), **wanted)
    return 202, {
        "activation_link_id": asked.link.id,
        "poll_secret": asked.poll_secret,
        "poll_after_s": links.POLL_AFTER_S,
    }
