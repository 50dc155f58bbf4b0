"""A vendor's customers for its own scripts."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import ColumnElement, exists, or_, select

from server.api.answers import show
from server.api.gate import rule
from server.api.vendor_rows import mode_of_key
from server.customers.models import Customer
from server.kernel.clock import rfc3339
from server.kernel.cursors import make_cursor, read_cursor
from server.kernel.db import holds, session
from server.kernel.errors import NotFound
from server.licensing.models import License
from server.licensing.vendor_schemas import CustomerListQuery, CustomerListView, CustomerView

blueprint = Blueprint(
    "vendor_customers", __name__, url_prefix="/v1/vendor/customers", description="A vendor's customers"
)


@blueprint.get("")
@rule("vendor", scope="customers:read", limits=("vendor",))
@blueprint.arguments(CustomerListQuery, location="query")
@blueprint.response(200, CustomerListView)
def list_all(asked: dict[str, Any]) -> Response:
    """Customers, newest first. A test key sees those with test licenses."""
    filters = {"list": "customers", "mode": mode_of_key(), "email": asked.get("email"), "q": asked.get("q")}
    found = select(Customer).where(_in_mode()).order_by(Customer.id.desc()).limit(asked["limit"] + 1)
    if email := asked.get("email", "").strip().lower():
        found = found.where(Customer.email == email)
    if text := asked.get("q", "").strip():
        found = found.where(or_(holds(Customer.email, text), holds(Customer.name, text)))
    if "after" in asked:
        found = found.where(Customer.id < read_cursor(asked["after"], filters)[0])
    rows = list(session.scalars(found))
    page = rows[: asked["limit"]]
    behind = make_cursor([page[-1].id], filters) if len(rows) > len(page) else None
    return show({"data": [_view(row) for row in page], "next": behind})


@blueprint.get("/<customer_id>")
@rule("vendor", scope="customers:read", limits=("vendor",))
@blueprint.response(200, CustomerView)
def read(customer_id: str) -> Response:
    """One customer."""
    found = select(Customer).where(Customer.id == customer_id, _in_mode())
    customer = session.scalars(found).one_or_none()
    if customer is None:
        raise NotFound
    return show(_view(customer))


def _in_mode() -> ColumnElement[bool]:
    """Who only ever tried something in the test shop is nobody's live customer, and the other way round."""
    mode = mode_of_key()
    holds = exists().where(License.customer_id == Customer.id)
    holds_here = holds.where(License.mode == mode)
    return or_(holds_here, ~holds) if mode == "live" else holds_here


def _view(customer: Customer) -> dict[str, Any]:
    return {
        "customer_id": customer.id,
        "email": customer.email,
        "name": customer.name,
        "locale": customer.locale,
        "created_at": rfc3339(customer.created_at),
    }
