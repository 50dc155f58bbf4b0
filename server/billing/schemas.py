"""What a vendor's scripts may send about orders, and what they get back."""

from typing import Any

from marshmallow import Schema, fields, validate

from server.billing.models import REFUND_REASONS, Order
from server.kernel.clock import rfc3339
from server.kernel.json_fields import BUYER_LOCALE, LOCALE, Flag, shaped
from server.licensing.models import License
from server.licensing.schemas import MODES

STATES = ("open", "pending", "completed", "failed", "refunded")
SMALLEST = {"description": "in the smallest unit of the currency"}
ORDER_ID = validate.Length(max=40)
SOURCE = shaped(
    r"[a-z0-9_-]{1,40}:[!-~]{1,120}",
    "The shop in small letters, a colon and its number, for example woocommerce:123.",
)


class OrderRequest(Schema):
    """A purchase that another shop took the money for, or one made by hand."""

    email = fields.String(required=True, validate=validate.Length(max=254))
    name = fields.String(load_default="", validate=validate.Length(max=120))
    plan_id = fields.String(required=True, validate=ORDER_ID)
    source = fields.String(
        validate=SOURCE,
        metadata={"description": "the shop's own number of it, woocommerce:123: known ones make nothing new"},
    )
    amount = fields.Integer(
        strict=True, load_default=0, validate=validate.Range(min=0, max=10**9), metadata=SMALLEST
    )
    currency = fields.String(
        load_default="", validate=shaped(r"([A-Za-z]{3})?", "Three letters, for example eur.")
    )
    quantity = fields.Integer(strict=True, load_default=1, validate=validate.Range(min=1, max=100))
    renews_license_id = fields.String(
        validate=ORDER_ID,
        metadata={
            "description": "this license gets one more term of the plan, from its end or from now when that"
            " is later; nothing is issued and no mail sent"
        },
    )
    locale = fields.String(load_default="en", validate=LOCALE, metadata=BUYER_LOCALE)
    note = fields.String(load_default="", validate=validate.Length(max=200))
    send_mail = Flag(
        load_default=True,
        metadata={
            "description": "whether the purchase mail with the key is sent; yes when left out: an order is a"
            " sale, and the buyer waits for the key"
        },
    )


class OrderRefundRequest(Schema):
    """The other shop gave money back. A full refund revokes the licenses, one in part when told so."""

    source = fields.String(
        validate=SOURCE,
        metadata={
            "description": "the shop's own number of the refund, woocommerce:refund-7: one that the order"
            " knows is not counted again"
        },
    )
    amount = fields.Integer(strict=True, validate=validate.Range(min=1, max=10**9), metadata=SMALLEST)
    reason = fields.String(load_default="other", validate=validate.OneOf(REFUND_REASONS))
    note = fields.String(load_default="", validate=validate.Length(max=200))
    revoke = Flag(
        metadata={
            "description": "whether the licenses end; when left out they end with the last of the money"
        }
    )


class OrderListQuery(Schema):
    """A page of a vendor's orders, newest first."""

    limit = fields.Integer(load_default=25, validate=validate.Range(min=1, max=100))
    after = fields.String(validate=validate.Length(max=500))
    email = fields.String(validate=validate.Length(max=254))
    source = fields.String(validate=validate.Length(max=170))


class OrderLicenseView(Schema):
    """A license of an order."""

    license_id = fields.String(required=True)
    key_hint = fields.String(required=True)
    license_key = fields.String(metadata={"description": "only in the answer that made the order"})


class OrderView(Schema):
    """One purchase."""

    order_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    source = fields.String(required=True, allow_none=True)
    product_id = fields.String(required=True)
    plan_id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    amount = fields.Integer(
        required=True, metadata={"description": "what was paid first, in the smallest unit of the currency"}
    )
    discount_amount = fields.Integer(
        required=True, metadata={"description": "what a promotion code took off before `amount` was paid"}
    )
    tax_amount = fields.Integer(
        required=True, metadata={"description": "what of `amount` is tax, as Stripe told it; 0: not told"}
    )
    paid_amount = fields.Integer(
        required=True,
        metadata={
            "description": "all that was paid so far: the first payment, renewals and changes of plan;"
            " `refunded_amount` of it went back"
        },
    )
    currency = fields.String(required=True)
    refunded_amount = fields.Integer(required=True, metadata=SMALLEST)
    refund_reason = fields.String(required=True)
    disputed = fields.Boolean(required=True)
    subscription_status = fields.String(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    created_at = fields.String(required=True)
    paid_at = fields.String(required=True, allow_none=True)
    renews_at = fields.String(required=True, allow_none=True)
    licenses = fields.List(fields.Nested(OrderLicenseView), required=True)


class OrderListView(Schema):
    """A page of orders; `next` is the `after` of the following one."""

    data = fields.List(fields.Nested(OrderView), required=True)
    next = fields.String(required=True, allow_none=True)


def order_view(order: Order, licenses: list[License], paid: list[int]) -> dict[str, Any]:
    """An order as scripts read it; `paid`: the sums of its payments."""
    same = (
        "state", "source", "product_id", "plan_id", "email", "name", "amount", "discount_amount",
        "tax_amount", "currency", "refunded_amount", "refund_reason", "disputed", "subscription_status",
        "mode",
    )  # fmt: skip
    return {
        "order_id": order.id,
        **{name: getattr(order, name) for name in same},
        "paid_amount": sum(paid),
        **{name: rfc3339(getattr(order, name)) for name in ("created_at", "paid_at", "renews_at")},
        "licenses": [{"license_id": one.id, "key_hint": one.key_hint} for one in licenses],
    }
