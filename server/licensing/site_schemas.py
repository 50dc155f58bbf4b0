"""What sites may send when they move, and when their owner has no key at hand; and what they get back."""

from marshmallow import Schema, fields, validate

from server.kernel.json_fields import Flag
from server.licensing.schemas import UID, SiteFacts


class ResolutionRequest(SiteFacts):
    """What the owner chose for a site whose address changed. `site_uid_new`: for all but `moved`."""

    site_uid = fields.String(validate=UID, metadata={"description": "the present one; the token names it"})
    site_uid_new = fields.String(validate=UID)
    resolution = fields.String(required=True, validate=validate.OneOf(("moved", "copy", "separate")))
    confirm = Flag(load_default=False)


class TransferView(Schema):
    """A code for the site that takes this one's place."""

    transfer_code = fields.String(required=True)


class LinkRequest(Schema):
    """A site without a key names the mailbox of its owner."""

    email = fields.String(required=True, validate=validate.Length(min=3, max=254))
    site_url = fields.String(required=True, validate=validate.Length(min=1, max=2_048))
    site_uid = fields.String(required=True, validate=UID)


class LinkView(Schema):
    """The same answer whether or not anybody has this address."""

    activation_link_id = fields.String(required=True)
    poll_secret = fields.String(required=True)
    poll_after_s = fields.Integer(required=True)


class LinkStateView(Schema):
    """`ready` holds the code, once; `expired`: ask anew."""

    state = fields.String(required=True, validate=validate.OneOf(("pending", "ready", "expired")))
    transfer_code = fields.String(required=True, allow_none=True)
