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
    return _answer(ls_licenses.validate, also="instance_id")


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


def _answer(act: Callable[..., Answer], *needed: str, also: str = "") -> Response:
    count_call("ls/ip")
    told = _told()
    needed = ("license_key", *needed)
    read = {name: told.get(name) for name in (*needed, also) if name}
    for name, value in read.items():
        if why := _why_wrong(value, needed=name in needed):
            return _no(f"The {name} {why}.", 422)
    sent = {name: str(value or "").strip() for name, value in read.items()}
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


def _told() -> Mapping[str, Any]:
    """Form or JSON."""
    if request.mimetype in {"application/json", "application/vnd.api+json"}:
        return parse_json(request.get_data())
    return request.form


def _why_wrong(value: Any, *, needed: bool) -> str:
    """What does not fit in this dialect's words; empty when it may be read."""
    text = value.strip() if isinstance(value, str) else value
    checks = (
        (not needed or (text is not None and text != ""), "field is required"),
        (text is None or isinstance(text, str), "must be a string"),
        (not isinstance(text, str) or len(text) <= LONGEST, f"must not be greater than {LONGEST} characters"),
        (not isinstance(text, str) or text.isprintable(), "must contain printable characters only"),
    )
    return next((why for fits, why in checks if not fits), "")


def _no(error: str, status: int) -> Response:
    return show({_word(): False, "error": error}, status)


def _word() -> str:
    return WORDS.get(request.path.rpartition("/")[2], "valid")
