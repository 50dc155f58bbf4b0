"""What a vendor's scripts may ask about the catalog, and what they get back."""

from marshmallow import Schema, fields, validate

from server.catalog.models import INTERVALS


class ProductListQuery(Schema):
    """A page of a vendor's products, newest first."""

    limit = fields.Integer(load_default=25, validate=validate.Range(min=1, max=100))
    after = fields.String(validate=validate.Length(max=500))


class PriceView(Schema):
    """What a plan costs today, in the smallest unit of the currency."""

    amount = fields.Integer(required=True)
    currency = fields.String(required=True, metadata={"description": "ISO 4217 in small letters"})


class OfferView(Schema):
    """A plan of a product. `seats` null: as many as they like; `price` null: not offered now."""

    plan_id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    seats = fields.Integer(required=True, allow_none=True)
    interval = fields.String(required=True, validate=validate.OneOf(INTERVALS))
    features = fields.List(fields.String(), required=True)
    price = fields.Nested(PriceView, required=True, allow_none=True)


class ProductView(Schema):
    """A product with what it is sold as."""

    product_id = fields.String(required=True)
    slug = fields.String(required=True)
    name = fields.String(required=True)
    edition = fields.String(required=True, validate=validate.OneOf(("free", "premium")))
    product_key = fields.String(required=True)
    plans = fields.List(fields.Nested(OfferView), required=True)


class ProductListView(Schema):
    """One page; `next` asks for the one behind it."""

    data = fields.List(fields.Nested(ProductView), required=True)
    next = fields.String(required=True, allow_none=True)
