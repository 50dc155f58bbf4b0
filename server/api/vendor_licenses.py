"""A vendor's licenses for its own scripts: issue one or a thousand, list, read, change."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from server.accounts.services import audit, clean_email
from server.api.answers import Body, once, show
from server.api.callers import vendor_caller
from server.api.gate import rule
from server.api.vendor_rows import mode_of_key, own_license, wrong
from server.catalog import services as catalog
from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.cursors import make_cursor, read_cursor
from server.kernel.errors import Invalid, NotFound, first_fault
from server.kernel.tenancy import resolve
from server.licensing import services as licensing
from server.licensing.models import License
from server.licensing.services.finding import Wanted, find_licenses
from server.licensing.vendor_schemas import (
    BatchRequest,
    BatchView,
    IssueRequest,
    LicenseChange,
    LicenseListQuery,
    LicenseListView,
    VendorLicenseView,
)
from server.releases.plugins import refuse_seats_for_nobody

blueprint = Blueprint("vendor_licenses", __name__, url_prefix="/v1/vendor", description="A vendor's licenses")
BATCH = {"body_bytes": 1024 * 1024, "body_parts": 20_000}  # a thousand wishes with all their fields


@blueprint.post("/licenses")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional")
@blueprint.arguments(IssueRequest)
@blueprint.response(201, VendorLicenseView)
def issue(wanted: dict[str, Any]) -> Response:
    """Issue a license; `license_key` is shown in this answer only."""
    return once(lambda: (201, _issue(wanted)))


@blueprint.post("/license-batches")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional", **BATCH)
@blueprint.arguments(BatchRequest)
@blueprint.response(201, BatchView)
def issue_many(wanted: dict[str, Any]) -> Response:
    """Issue up to 1,000 licenses: all of them, or none and the places of all that is wrong."""
    return once(lambda: (201, _issue_many(wanted["licenses"])))


@blueprint.get("/licenses")
@rule("vendor", scope="licenses:read", limits=("vendor",))
@blueprint.arguments(LicenseListQuery, location="query")
@blueprint.response(200, LicenseListView)
def list_all(asked: dict[str, Any]) -> Response:
    """Licenses that fit, newest first. A test key sees test licenses, a live key live ones."""
    wanted = Wanted(
        mode=mode_of_key(),
        text=asked.get("q", "").strip(),
        statuses=asked["status"].split(",") if asked.get("status") else (),
        product_id=asked.get("product_id", ""),
        customer_id=asked.get("customer_id", ""),
        email=asked.get("email", ""),
    )
    filters = {name: value for name, value in asked.items() if name not in {"limit", "after"}}
    filters["mode"] = wanted.mode
    before = read_cursor(asked["after"], filters)[0] if "after" in asked else ""
    now, limit = clock.now(), asked["limit"]
    rows = find_licenses(wanted, now=now, before=before, limit=limit + 1)
    page = rows[:limit]
    behind = make_cursor([page[-1].id], filters) if len(rows) > limit else None
    return show({"data": [licensing.vendor_license_view(row, now) for row in page], "next": behind})


@blueprint.get("/licenses/<license_id>")
@rule("vendor", scope="licenses:read", limits=("vendor",))
@blueprint.response(200, VendorLicenseView)
def read(license_id: str) -> Response:
    """One license."""
    return show(licensing.vendor_license_view(own_license(license_id), clock.now()))


@blueprint.patch("/licenses/<license_id>")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional")
@blueprint.arguments(LicenseChange)
@blueprint.response(200, VendorLicenseView)
def change(wanted: dict[str, Any], license_id: str) -> Response:
    """Change plan, number of sites or end; the plan comes first, because it brings its own number.

    A bundle whose product is no plugin itself has no sites: 409 `bundle_without_sites` names in
    `license_ids` the licenses that count them. A license that came with a bundle has no end of its own:
    409 `ends_with_bundle` names the bundle in `parent_id`, and it cannot be a bundle itself: so does 409
    `bundle_in_bundle`.
    """
    return once(lambda: (200, _change(own_license(license_id), wanted)))


def _issue_many(wishes: list[dict[str, Any]]) -> Body:
    buyers = _buyers(wishes)
    made: list[Body] = []
    refused: list[Invalid] = []
    for place, wish in enumerate(wishes):
        try:
            made.append(_issue(wish, buyers.get(wish["email"])))
        except Invalid as error:
            refused.append(_placed(error, place))
    if refused:
        raise _together(refused)
    return {"licenses": made}


def _placed(error: Invalid, place: int) -> Invalid:
    for one in error.fields.get("errors", []):
        one["pointer"] = f"/licenses/{place}{one['pointer']}"
    return error


def _together(refused: list[Invalid]) -> Invalid:
    """The first refusal, with the faults of all: a script mends its list at once."""
    first = refused[0]
    errors = [one for error in refused for one in error.fields.get("errors", [])]
    if errors:
        first.detail, first.fields["errors"] = first_fault(errors), errors
    return first


def _buyers(wishes: list[dict[str, Any]]) -> dict[str, Customer]:
    """All of them before the first license, by their addresses: two batches never wait in a circle."""
    now, found = clock.now(), {}
    for wish in sorted(wishes, key=lambda one: one["email"].strip().lower()):
        with suppress(Invalid):  # it is told with its place, when that one's turn has come
            found[wish["email"]] = _buyer(wish, now)
    return found


def _buyer(wanted: dict[str, Any], now: datetime) -> Customer:
    return customer_for(clean_email(wanted["email"]), now=now, name=wanted["name"], locale=wanted["locale"])


def _issue(wanted: dict[str, Any], buyer: Customer | None = None) -> Body:
    now, mode = clock.now(), mode_of_key()
    if wanted.get("mode", mode) != mode:
        raise wrong("/mode", f"This is a {mode} key: it makes {mode} licenses only.")
    product = _product(wanted["product_id"])
    plan = _plan(product, wanted)
    if wanted["is_trial"] and "valid_until" not in wanted and not plan.trial_days:
        raise wrong("/is_trial", "This plan has no days to try it. Send valid_until as well.")
    given = {"valid_until": wanted["valid_until"]} if "valid_until" in wanted else {}
    license, key = licensing.issue_license(
        product=product,
        plan=plan,
        customer=buyer or _buyer(wanted, now),
        now=now,
        mode=mode,
        note=wanted["note"],
        actor=vendor_caller().ref,
        starts_at=wanted.get("starts_at"),
        is_trial=wanted["is_trial"],
        **given,
    )
    if wanted["send_mail"]:
        licensing.send_purchase_mail(license, cause="issued")
    return {**licensing.vendor_license_view(license, now), "license_key": key}


def _change(license: License, wanted: dict[str, Any]) -> Body:
    now = clock.now()
    told: dict[str, Any] = {"actor": vendor_caller().ref, "now": now, "note": wanted["note"]}
    licensing.take_turns([license])
    before = license.lease_seq  # each change counts it up
    if "plan_id" in wanted:
        licensing.change_plan(license, _plan(license.product, wanted), **told)
    if "seats" in wanted:
        refuse_seats_for_nobody(license)
        licensing.set_seats(license, wanted["seats"], **told)
    if "valid_until" in wanted:
        licensing.extend_license(license, wanted["valid_until"], **told)
    if wanted["note"] and license.lease_seq == before:
        audit(told["actor"], "license.noted", license.id, now=now, note=wanted["note"])
    return licensing.vendor_license_view(license, now)


def _product(product_id: str) -> Product:
    try:
        return resolve(Product, product_id)
    except NotFound:
        raise wrong("/product_id", "You have no product with this id.") from None


def _plan(product: Product, wanted: dict[str, Any]) -> Plan:
    if "plan_id" in wanted:
        plan, field = catalog.find_plan(product, wanted["plan_id"]), "plan_id"
    else:
        plan, field = catalog.plan_by_code(product, wanted["plan"]), "plan"
    if plan is None:
        raise wrong(f"/{field}", "This product has no such plan.")
    return plan
