"""What a vendor's script does with one license: pause, take back, hand over, its key, its sites."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from server.accounts.services import audit, clean_email
from server.api.answers import Body, once, show
from server.api.callers import vendor_caller
from server.api.gate import rule
from server.api.vendor_rows import own_license
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import NotFound
from server.kernel.tenancy import resolve
from server.licensing import services as licensing
from server.licensing.models import Activation, License
from server.licensing.schemas import ReleaseView
from server.licensing.services.refusals import NotStoppedFor
from server.licensing.vendor_schemas import (
    KeyView,
    NoteQuery,
    NoteRequest,
    RevocationRequest,
    SuspensionRequest,
    TransferRequest,
    VendorLicenseView,
    VendorSitesView,
)

blueprint = Blueprint(
    "vendor_license_acts", __name__, url_prefix="/v1/vendor/licenses", description="Acts on a license"
)


@blueprint.post("/<license_id>/suspensions")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional")
@blueprint.arguments(SuspensionRequest)
@blueprint.response(201, VendorLicenseView)
def suspend(told: dict[str, Any], license_id: str) -> Response:
    """Pause a license for a reason; the same reason again changes nothing."""
    license = own_license(license_id)
    return once(lambda: (201, _done(license, licensing.suspend_license, told["reason"], note=told["note"])))


@blueprint.delete("/<license_id>/suspensions/<reason>")
@rule("vendor", scope="licenses:write", limits=("vendor",))
@blueprint.arguments(NoteQuery, location="query")
@blueprint.response(200, VendorLicenseView)
def restore(told: dict[str, Any], license_id: str, reason: str) -> Response:
    """This reason to pause is gone; the license runs on when it was the last.

    A reason that it is not paused for is 404 `reason_unknown`.
    """
    license = own_license(license_id)
    _refuse_other_reasons(reason, license.suspended_for)
    with writing():
        body = _done(license, licensing.restore_license, reason, note=told["note"])
    return show(body)


@blueprint.post("/<license_id>/revocations")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional")
@blueprint.arguments(RevocationRequest)
@blueprint.response(201, VendorLicenseView)
def revoke(told: dict[str, Any], license_id: str) -> Response:
    """Take a license back for a reason; the same reason again changes nothing."""
    license = own_license(license_id)
    return once(lambda: (201, _done(license, licensing.revoke_license, told["reason"], note=told["note"])))


@blueprint.delete("/<license_id>/revocations/<reason>")
@rule("vendor", scope="licenses:write", limits=("vendor",))
@blueprint.arguments(NoteQuery, location="query")
@blueprint.response(200, VendorLicenseView)
def unrevoke(told: dict[str, Any], license_id: str, reason: str) -> Response:
    """This reason to take it back is gone; the license is good again when it was the last.

    A reason that it was not revoked for is 404 `reason_unknown`.
    """
    license = own_license(license_id)
    _refuse_other_reasons(reason, license.revoked_for)
    with writing():
        body = _done(license, licensing.unrevoke_license, reason, note=told["note"])
    return show(body)


@blueprint.post("/<license_id>/transfers")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional")
@blueprint.arguments(TransferRequest)
@blueprint.response(201, VendorLicenseView)
def transfer(told: dict[str, Any], license_id: str) -> Response:
    """Hand a license to another customer, who is made when nobody has the address."""
    license = own_license(license_id)
    return once(lambda: (201, _transfer(license, told)))


@blueprint.get("/<license_id>/key")
@rule("vendor", scope="licenses:reveal", limits=("vendor",))
@blueprint.response(200, KeyView)
def reveal(license_id: str) -> Response:
    """The key itself. That it was shown is remembered."""
    license = own_license(license_id)
    with writing():
        audit(vendor_caller().ref, "license.key_shown", license.id)
    return show({"license_id": license.id, "license_key": licensing.reveal_key(license)})


@blueprint.post("/<license_id>/keys")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional")
@blueprint.arguments(NoteRequest)
@blueprint.response(201, KeyView)
def regenerate(told: dict[str, Any], license_id: str) -> Response:
    """A new key; the old one stops at once, and sites notice nothing."""
    license = own_license(license_id)
    return once(lambda: (201, _new_key(license, told["note"])))


@blueprint.get("/<license_id>/activations")
@rule("vendor", scope="licenses:read", limits=("vendor",))
@blueprint.response(200, VendorSitesView)
def sites(license_id: str) -> Response:
    """The sites that use a license now."""
    live = licensing.live_activations(own_license(license_id))
    return show({"data": [licensing.vendor_site_view(activation) for activation in live]})


@blueprint.delete("/<license_id>/activations/<activation_id>")
@rule("vendor", scope="licenses:write", limits=("vendor",))
@blueprint.arguments(NoteQuery, location="query")
@blueprint.response(200, ReleaseView)
def release(told: dict[str, Any], license_id: str, activation_id: str) -> Response:
    """End a site's use of a license; doing it again answers the same."""
    license = own_license(license_id)
    with writing():
        activation = resolve(Activation, activation_id)
        if activation.license_id != license.id:
            raise NotFound
        who = vendor_caller().ref
        body = licensing.release_site(activation, actor=who, now=clock.now(), note=told["note"])
    return show(body)


def _refuse_other_reasons(reason: str, reasons: Sequence[str]) -> None:
    if reason not in reasons:
        raise NotStoppedFor(f"It is stopped for: {', '.join(reasons) or 'nothing'}.")


def _done(license: License, verb: Any, reason: str, *, note: str) -> Body:
    now = clock.now()
    verb(license, reason, actor=vendor_caller().ref, now=now, note=note)
    return licensing.vendor_license_view(license, now)


def _transfer(license: License, told: dict[str, Any]) -> Body:
    now, actor, note = clock.now(), vendor_caller().ref, told["note"]
    customer = customer_for(clean_email(told["email"]), now=now, name=told["name"], locale=told["locale"])
    licensing.transfer_license(license, customer, actor=actor, now=now, note=note)
    body = licensing.vendor_license_view(license, now)
    if told["new_key"]:
        for child in licensing.kept_children_of(license):
            licensing.regenerate_key(child, actor=actor, now=now, note=note)
        key = licensing.regenerate_key(license, actor=actor, now=now, note=note)
        body = {**licensing.vendor_license_view(license, now), "license_key": key}
    return body


def _new_key(license: License, note: str) -> Body:
    key = licensing.regenerate_key(license, actor=vendor_caller().ref, now=clock.now(), note=note)
    return {"license_id": license.id, "license_key": key}
