"""The door for plugins that ask Lemon Squeezy's license API (`/compat/ls/v1/licenses/…`)."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from server.compat import ls_licenses
from server.compat.answers import show
from server.compat.asking import count_call, find_license
from server.compat.ls_licenses import Answer
from server.kernel import clock
from server.kernel.db import session
from server.kernel.errors import BadRequest, KeydeskError, TooMany
from server.kernel.json_guard import parse_json
from server.kernel.tenancy import system_scope, tenant
from server.licensing.models import License

WORDS = {"activate": "activated", "validate": "valid", "deactivate": "deactivated"}
LONGEST = 200

blueprint = Blueprint("ls", __name__, url_prefix="/compat/ls/v1/licenses")


@blueprint.post("/activate")
def activate() -> Response:
    """Give an instance a seat."""
    return _answer(ls_licenses.activate, "instance_name")


@blueprint.post("/validate")
def validate() -> Response:
    """Whether the key, and the instance if one is named, may be used."""
    return _answer(ls_licenses.validate)


@blueprint.post("/deactivate")
def deactivate() -> Response:
    """Give the seat of an instance back."""
    return _answer(ls_licenses.deactivate, "instance_id")


@blueprint.errorhandler(KeydeskError)
def _refused(error: KeydeskError) -> Response:
    session.rollback()
    status = 422 if isinstance(error, BadRequest) else error.status
    response = _no(error.title, status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.fields["retry_after"])
    return response


@blueprint.errorhandler(HTTPException)
def _unreadable(_error: HTTPException) -> Response:
    return _no("The request could not be read", 422)


def _answer(act: Callable[..., Answer], *needed: str) -> Response:
    count_call("ls/ip")
    sent = _fields()
    for name in ("license_key", *needed):
        if not sent.get(name):
            return _no(f"The {name} field is required.", 422)
    with system_scope("the key tells the vendor"):
        license = find_license([sent["license_key"]])
    if license is None or not _is_served(license):
        return _no("license_key not found.", 404)
    with tenant(license.tenant_id):
        done = act(license, sent, clock.now())
    return show({_word(): done.yes, "error": done.error, **done.facts}, done.status)


def _is_served(license: License) -> bool:
    with tenant(license.tenant_id):
        return "ls" in license.product.doors


def _fields() -> Mapping[str, str]:
    """Form or JSON. What is not short text stays away, as if it had not been sent."""
    sent: Mapping[str, Any] = request.form
    if request.mimetype in {"application/json", "application/vnd.api+json"}:
        sent = parse_json(request.get_data())
    texts = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
    return {name: text for name, text in texts.items() if len(text) <= LONGEST and text.isprintable()}


def _no(error: str, status: int) -> Response:
    return show({_word(): False, "error": error}, status)


def _word() -> str:
    return WORDS.get(request.path.rpartition("/")[2], "valid")
