"""A vendor's licenses for its own scripts: issue, list, read, take back."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import select

from server.accounts.services import clean_email
from server.api.answers import Body, once, show
from server.api.callers import vendor_caller
from server.api.gate import rule
from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.cursors import make_cursor, read_cursor
from server.kernel.db import session
from server.kernel.errors import Invalid, NotFound
from server.kernel.tenancy import resolve
from server.licensing import services as licensing
from server.licensing.models import License
from server.licensing.schemas import (
    IssueRequest,
    LicenseListQuery,
    LicenseListView,
    RevocationRequest,
    VendorLicenseView,
)

blueprint = Blueprint(
    "vendor_licenses", __name__, url_prefix="/v1/vendor/licenses", description="A vendor's licenses"
)


@blueprint.post("")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional")
@blueprint.arguments(IssueRequest)
@blueprint.response(201, VendorLicenseView)
def issue(wanted: dict[str, Any]) -> Response:
    """Issue a license; `license_key` is shown in this answer only."""
    return once(lambda: _issue(wanted))


@blueprint.get("")
@rule("vendor", scope="licenses:read", limits=("vendor",))
@blueprint.arguments(LicenseListQuery, location="query")
@blueprint.response(200, LicenseListView)
def list_all(wanted: dict[str, Any]) -> Response:
    """Licenses, newest first."""
    filters = {name: wanted.get(name) for name in ("product_id", "email")}
    found = select(License).order_by(License.id.desc()).limit(wanted["limit"] + 1)
    if filters["product_id"]:
        found = found.where(License.product_id == filters["product_id"])
    if filters["email"]:
        buyer = select(Customer.id).where(Customer.email == filters["email"].strip().lower())
        found = found.where(License.customer_id.in_(buyer))
    if "after" in wanted:
        found = found.where(License.id < read_cursor(wanted["after"], filters)[0])
    rows = list(session.scalars(found))
    page, now = rows[: wanted["limit"]], clock.now()
    behind = make_cursor([page[-1].id], filters) if len(rows) > len(page) else None
    return show({"data": [licensing.vendor_license_view(row, now) for row in page], "next": behind})


@blueprint.get("/<license_id>")
@rule("vendor", scope="licenses:read", limits=("vendor",))
@blueprint.response(200, VendorLicenseView)
def read(license_id: str) -> Response:
    """One license."""
    return show(licensing.vendor_license_view(resolve(License, license_id), clock.now()))


@blueprint.post("/<license_id>/revocations")
@rule("vendor", scope="licenses:write", limits=("vendor",), once="optional")
@blueprint.arguments(RevocationRequest)
@blueprint.response(201, VendorLicenseView)
def revoke(told: dict[str, Any], license_id: str) -> Response:
    """Take a license back for a reason; the same reason again changes nothing."""
    return once(lambda: _revoke(license_id, told["reason"]))


def _issue(wanted: dict[str, Any]) -> tuple[int, Body]:
    now = clock.now()
    product = _product(wanted["product_id"])
    customer = customer_for(
        clean_email(wanted["email"]), now=now, name=wanted["name"], locale=wanted["locale"]
    )
    license, key = licensing.issue_license(
        product=product,
        plan=_plan(product, wanted["plan"]),
        customer=customer,
        now=now,
        mode=wanted["mode"],
        note=wanted["note"],
        actor=vendor_caller().ref,
    )
    if wanted["send_mail"]:
        licensing.send_purchase_mail(license, cause="issued")
    return 201, {**licensing.vendor_license_view(license, now), "license_key": key}


def _revoke(license_id: str, reason: str) -> tuple[int, Body]:
    license = resolve(License, license_id)
    now = clock.now()
    licensing.revoke_license(license, reason, actor=vendor_caller().ref, now=now)
    return 201, licensing.vendor_license_view(license, now)


def _product(product_id: str) -> Product:
    try:
        return resolve(Product, product_id)
    except NotFound:
        raise _unknown("/product_id", "You have no product with this id.") from None


def _plan(product: Product, code: str) -> Plan:
    plan = session.scalars(select(Plan).where(Plan.product_id == product.id, Plan.code == code)).one_or_none()
    if plan is None:
        raise _unknown("/plan", "This product has no plan with this code.")
    return plan


def _unknown(pointer: str, message: str) -> Invalid:
    return Invalid(errors=[{"pointer": pointer, "code": "unknown", "message": message}])
