"""What a vendor's scripts may send about the catalog, and what they get back."""

from marshmallow import Schema, fields, validate

from server.catalog.models import DOORS, INTERVALS
from server.kernel.json_fields import Flag

CODE = validate.Length(max=64)
NAME = validate.Length(max=200)
URL = validate.Length(max=500)
UNLIMITED = "null: as many as they like"
ID = validate.Length(max=40)


class ProductListQuery(Schema):
    """A page of a vendor's products, newest first."""

    limit = fields.Integer(load_default=25, validate=validate.Range(min=1, max=100))
    after = fields.String(validate=validate.Length(max=500))


class ProductChange(Schema):
    """What is left out stays. The short name cannot be changed: plugins and addresses hold it."""

    name = fields.String(validate=NAME)
    description = fields.String(validate=validate.Length(max=500))
    docs_url = fields.String(validate=URL)
    homepage = fields.String(validate=URL)
    author = fields.String(validate=NAME)
    addon_of_id = fields.String(
        allow_none=True, validate=ID, metadata={"description": "its licenses need one of that product"}
    )
    after_expiry = fields.String(metadata={"description": "premium features then: keep or limit"})
    network_policy = fields.String(metadata={"description": "a multisite network: one_seat or per_site"})
    doors = fields.List(fields.String(), metadata={"description": f"of {', '.join(DOORS)}"})
    puc_auto_activate = Flag()
    edd_item_id = fields.Integer(strict=True)


class ProductRequest(ProductChange):
    """A new product, with a live and a test product key."""

    name = fields.String(required=True, validate=NAME)
    slug = fields.String(required=True, validate=CODE)
    edition = fields.String(load_default="premium", validate=validate.OneOf(("free", "premium")))


class PlanChange(Schema):
    """What is left out stays. Licenses that were sold keep their sites and their end."""

    name = fields.String(validate=NAME)
    seats = fields.Integer(strict=True, allow_none=True, metadata={"description": UNLIMITED})
    interval = fields.String(validate=validate.OneOf(INTERVALS))
    features = fields.List(fields.String())
    renews = Flag(metadata={"description": "paid again each term by itself"})
    trial_days = fields.Integer(strict=True, metadata={"description": "0: no trial"})
    trial_needs_card = Flag()
    bundled_plan_ids = fields.List(
        fields.String(validate=ID), metadata={"description": "plans of other products; each brings a license"}
    )
    max_version = fields.String(metadata={"description": "2 covers 2.9.1; empty: every version"})
    edd_price_id = fields.Integer(strict=True, allow_none=True)
    on_sale = Flag()


class PlanRequest(PlanChange):
    """A new plan; it is offered once it has a price, unless `on_sale` is false."""

    code = fields.String(required=True, validate=CODE)
    name = fields.String(required=True, validate=NAME)
    seats = fields.Integer(required=True, strict=True, allow_none=True, metadata={"description": UNLIMITED})
    interval = fields.String(required=True, validate=validate.OneOf(INTERVALS))


class PriceRequest(Schema):
    """A price in one currency; the one before it in this currency is retired."""

    amount = fields.Integer(
        required=True, strict=True, metadata={"description": "in the smallest unit of the currency"}
    )
    currency = fields.String(required=True, metadata={"description": "ISO 4217 in small letters"})


class PriceView(Schema):
    """What a plan costs today, in the smallest unit of the currency."""

    price_id = fields.String(required=True)
    amount = fields.Integer(required=True)
    currency = fields.String(required=True, metadata={"description": "ISO 4217 in small letters"})


class OfferView(Schema):
    """A plan of a product. `prices` holds one in each currency; buyers see them while it is `on_sale`."""

    plan_id = fields.String(required=True)
    product_id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    seats = fields.Integer(required=True, allow_none=True, metadata={"description": UNLIMITED})
    interval = fields.String(required=True, validate=validate.OneOf(INTERVALS))
    features = fields.List(fields.String(), required=True)
    renews = fields.Boolean(required=True)
    trial_days = fields.Integer(required=True)
    trial_needs_card = fields.Boolean(required=True)
    bundled_plan_ids = fields.List(fields.String(), required=True)
    max_version = fields.String(required=True)
    edd_price_id = fields.Integer(required=True, allow_none=True)
    on_sale = fields.Boolean(required=True)
    prices = fields.List(fields.Nested(PriceView), required=True)
    price = fields.Nested(
        PriceView, required=True, allow_none=True, metadata={"description": "the first of prices"}
    )


class ProductView(Schema):
    """A product with what it is sold as."""

    product_id = fields.String(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    edition = fields.String(required=True, validate=validate.OneOf(("free", "premium")))
    description = fields.String(required=True)
    docs_url = fields.String(required=True)
    homepage = fields.String(required=True)
    author = fields.String(required=True)
    addon_of_id = fields.String(required=True, allow_none=True)
    after_expiry = fields.String(required=True)
    network_policy = fields.String(required=True)
    doors = fields.List(fields.String(), required=True)
    puc_auto_activate = fields.Boolean(required=True)
    edd_item_id = fields.Integer(required=True)
    product_key = fields.String(required=True, metadata={"description": "of the mode of the API key"})
    plans = fields.List(fields.Nested(OfferView), required=True)


class ProductListView(Schema):
    """One page; `next` asks for the one behind it."""

    data = fields.List(fields.Nested(ProductView), required=True)
    next = fields.String(required=True, allow_none=True)
