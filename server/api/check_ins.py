"""The daily call of a site."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from server.api.answers import show
from server.api.callers import site_caller
from server.api.gate import rule
from server.api.sites import site_from
from server.kernel import clock
from server.kernel.db import writing
from server.licensing import services as licensing
from server.licensing.schemas import CheckInRequest, CheckInView
from server.support.services import news_for_site

blueprint = Blueprint("check_ins", __name__, url_prefix="/v1/check-ins", description="The daily call")


@blueprint.post("")
@rule("site", limits=("check-in",), signed=True)
@blueprint.arguments(CheckInRequest)
@blueprint.response(200, CheckInView)
def create(told: dict[str, Any]) -> Response:
    """Refresh the lease and learn what is new. A revoked license is an answer here, not an error."""
    activation, now, site = site_caller().activation, clock.now(), site_from(told)
    serial = told.get("revocations_serial") or 0
    answer = licensing.check_in(activation, site, now, revocations_serial=serial)
    known = answer["site"]["status"] == "ok"  # what calls from elsewhere may be a copy: no word of tickets
    news = news_for_site(activation) if known else {"unread": 0, "items": []}
    if known and licensing.is_worth_noting(activation, now):
        with writing():
            licensing.note_seen(activation, site, now=now)
    return show({**answer, "replies": {**news, "next": None}})
