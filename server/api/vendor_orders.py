"""A vendor's orders for its own scripts: reported by another shop, listed, given back."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import select

from server.api.answers import Body, once, show
from server.api.callers import vendor_caller
from server.api.gate import rule
from server.api.vendor_rows import mode_of_key, wrong
from server.billing import services as billing
from server.billing.models import Order
from server.billing.schemas import (
    OrderListQuery,
    OrderListView,
    OrderRefundRequest,
    OrderRequest,
    OrderView,
    order_view,
)
from server.billing.services.recording import EXTERNAL, MANUAL
from server.catalog.models import Plan
from server.kernel import clock
from server.kernel.cursors import make_cursor, read_cursor
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import reveal_key

blueprint = Blueprint(
    "vendor_orders", __name__, url_prefix="/v1/vendor/orders", description="A vendor's orders"
)


@blueprint.post("")
@rule("vendor", scope="orders:write", limits=("vendor",), once="required")
@blueprint.arguments(OrderRequest)
@blueprint.response(201, OrderView, description="Recorded, with the keys")
@blueprint.alt_response(
    200, schema=OrderView, description="The order of this source, without keys", success=True
)
def record(wanted: dict[str, Any]) -> Response:
    """Report a purchase of another shop; its licenses are issued and their keys shown in this answer only.

    With `renews_license_id` it is a renewal: that license gets one more term, and no key is shown. 409
    `license_not_renewable` says what cannot be renewed.

    A known `source` answers the order there is (200) without its keys; the same `Idempotency-Key` answers
    with them. Another plan, e-mail, sum or quantity under a known `source` is `source_mismatch` (409).
    """
    return once(lambda: _record(wanted))


@blueprint.get("")
@rule("vendor", scope="orders:read", limits=("vendor",))
@blueprint.arguments(OrderListQuery, location="query")
@blueprint.response(200, OrderListView)
def list_all(asked: dict[str, Any]) -> Response:
    """Orders, newest first. A test key sees test orders, a live key live ones."""
    filters = {"email": asked.get("email"), "source": asked.get("source"), "mode": mode_of_key()}
    found = select(Order).where(Order.mode == filters["mode"])
    if filters["email"]:
        found = found.where(Order.email == filters["email"].strip().lower())
    if filters["source"]:
        found = found.where(Order.source == filters["source"])
    if "after" in asked:
        found = found.where(Order.id < read_cursor(asked["after"], filters)[0])
    rows = list(session.scalars(found.order_by(Order.id.desc()).limit(asked["limit"] + 1)))
    page = rows[: asked["limit"]]
    behind = make_cursor([page[-1].id], filters) if len(rows) > len(page) else None
    brought, paid = billing.licenses_of_each(page), billing.payments_of_each(page)
    data = [order_view(row, brought[row.id], paid[row.id]) for row in page]
    return show({"data": data, "next": behind})


@blueprint.get("/<order_id>")
@rule("vendor", scope="orders:read", limits=("vendor",))
@blueprint.response(200, OrderView)
def read(order_id: str) -> Response:
    """One order."""
    return show(_view(_own(order_id)))


@blueprint.post("/<order_id>/refunds")
@rule("vendor", scope="orders:write", limits=("vendor",), once="required")
@blueprint.arguments(OrderRefundRequest)
@blueprint.response(201, OrderView, description="Recorded")
@blueprint.alt_response(
    200, schema=OrderView, description="The order: this refund was known by its source", success=True
)
def refund(told: dict[str, Any], order_id: str) -> Response:
    """Report that another shop gave money back. Orders paid with Stripe are given back there.

    A `source` that this order knows gives nothing back again and answers the order as it is (200); another
    sum under it is `source_mismatch` (409).
    """
    return once(lambda: _refund(_own(order_id), told))


def _record(wanted: dict[str, Any]) -> tuple[int, Body]:
    try:
        plan = resolve(Plan, wanted["plan_id"])
    except NotFound:
        raise wrong("/plan_id", "You have no plan with this id.") from None
    facts = {name: value for name, value in wanted.items() if name not in {"plan_id", "renews_license_id"}}
    renews = _own_license(wanted["renews_license_id"]) if "renews_license_id" in wanted else None
    order, new = billing.record_order(
        plan=plan,
        renews=renews,
        kind=EXTERNAL if "source" in wanted else MANUAL,
        now=clock.now(),
        actor=vendor_caller().ref,
        mode=mode_of_key(),
        **facts,
    )
    body = _view(order)
    if not new or renews:  # whoever may report orders may not read the keys of earlier ones
        return 201 if new else 200, body
    brought = billing.licenses_of(order)
    keys = [
        {**told, "license_key": reveal_key(one)} for told, one in zip(body["licenses"], brought, strict=True)
    ]
    return 201, {**body, "licenses": keys}


def _own_license(license_id: str) -> License:
    """The license of this id if it is the vendor's and of the key's mode."""
    try:
        license = resolve(License, license_id)
    except NotFound:
        license = None
    if license is None or license.mode != mode_of_key():
        raise wrong("/renews_license_id", "You have no license with this id.")
    return license


def _refund(order: Order, told: dict[str, Any]) -> tuple[int, Body]:
    new = billing.refund_recorded(order, now=clock.now(), actor=vendor_caller().ref, **told)
    return 201 if new else 200, _view(order)


def _view(order: Order) -> dict[str, Any]:
    return order_view(order, billing.licenses_of(order), billing.payments_of_each([order])[order.id])


def _own(order_id: str) -> Order:
    """The order of this id if it is the vendor's and of the key's mode."""
    order = resolve(Order, order_id)
    if order.mode != mode_of_key():
        raise NotFound
    return order
