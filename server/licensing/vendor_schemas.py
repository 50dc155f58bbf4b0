"""What vendors' scripts may send about licenses and customers, and what they get back."""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from server.kernel.json_fields import BUYER_LOCALE, LOCALE, Flag, Moment, shaped
from server.licensing.models import REVOKED_BECAUSE
from server.licensing.schemas import STATUSES, LicenseView, SiteView

BY_HAND = ("refunded", "disputed", "by_vendor")
MOST_AT_ONCE = 1_000
NOTE = validate.Length(max=500)
REASON = shaped(r"[a-z0-9_.:-]{1,80}", "Up to 80 small letters, digits and _ . : -, for example by_vendor.")


def _known_statuses(text: str) -> None:
    known, sent = ", ".join(STATUSES), set(text.split(","))
    if unknown := sorted(sent - {"", *STATUSES}):
        raise ValidationError(f"Not a status: {', '.join(unknown)}. Known are {known}.")
    if "" in sent:
        raise ValidationError(f"Send one or more of {known}, with commas between them.")


class IssueRequest(Schema):
    """A license that the vendor gives away or sold elsewhere."""

    product_id = fields.String(required=True, validate=validate.Length(max=40))
    plan = fields.String(validate=validate.Length(max=64), metadata={"description": "its code"})
    plan_id = fields.String(
        validate=validate.Length(max=40), metadata={"description": "in the place of plan"}
    )
    email = fields.String(required=True, validate=validate.Length(max=254))
    name = fields.String(load_default="", validate=validate.Length(max=200))
    locale = fields.String(load_default="en", validate=LOCALE, metadata=BUYER_LOCALE)
    mode = fields.String(
        validate=validate.OneOf(("live", "test")),
        metadata={"description": "as the API key says; anything else is refused"},
    )
    starts_at = Moment(metadata={"description": "may lie ahead; now when left out"})
    valid_until = Moment(
        allow_none=True, metadata={"description": "as the plan says when left out; null: for ever"}
    )
    is_trial = Flag(load_default=False)
    note = fields.String(load_default="", validate=NOTE)
    send_mail = Flag(
        load_default=False,
        metadata={
            "description": "whether the purchase mail with the key is sent; no when left out: nobody bought"
            " anything, and nobody waits for what a script makes"
        },
    )

    @validates_schema
    def _one_plan(self, data: dict[str, object], **_more: object) -> None:
        if ("plan" in data) == ("plan_id" in data):
            raise ValidationError("Send either plan (its code) or plan_id.", "plan")


class BatchRequest(Schema):
    """Many licenses in one transaction: all of them, or none and every fault by its place."""

    licenses = fields.List(
        fields.Nested(IssueRequest), required=True, validate=validate.Length(min=1, max=MOST_AT_ONCE)
    )


class LicenseChange(Schema):
    """What is left out stays. Sites that sit keep their seats, whatever the new number is."""

    plan_id = fields.String(validate=validate.Length(max=40))
    seats = fields.Integer(
        strict=True, allow_none=True, metadata={"description": "null: as many as they like"}
    )
    valid_until = Moment(allow_none=True, metadata={"description": "null: for ever"})
    note = fields.String(
        load_default="",
        validate=NOTE,
        metadata={"description": "for the audit log, also when nothing else is sent"},
    )


class RevocationRequest(Schema):
    """Why a license is taken back."""

    reason = fields.String(load_default="by_vendor", validate=validate.OneOf(BY_HAND))
    note = fields.String(load_default="", validate=NOTE)


class SuspensionRequest(Schema):
    """Why a license is paused. Each reason counts once and is taken back by its name."""

    reason = fields.String(
        load_default="by_vendor",
        validate=REASON,
        metadata={
            "description": "a word of your own stays with you: sites and the holder read by_vendor for it;"
            f" told as they are: {', '.join(REVOKED_BECAUSE)}"
        },
    )
    note = fields.String(load_default="", validate=NOTE)


class NoteRequest(Schema):
    """Why, for the audit log."""

    note = fields.String(load_default="", validate=NOTE)


class NoteQuery(Schema):
    """Why something is undone, for the audit log: a DELETE has no body."""

    note = fields.String(load_default="", validate=NOTE, metadata={"description": "why, for the audit log"})


class TransferRequest(Schema):
    """To whom a license goes. Its sites keep running."""

    email = fields.String(required=True, validate=validate.Length(max=254))
    name = fields.String(load_default="", validate=validate.Length(max=200))
    locale = fields.String(load_default="en", validate=LOCALE, metadata=BUYER_LOCALE)
    new_key = Flag(
        load_default=False, metadata={"description": "also end the key that the former customer knows"}
    )
    note = fields.String(load_default="", validate=NOTE)


class LicenseListQuery(Schema):
    """A page of a vendor's licenses, newest first."""

    limit = fields.Integer(load_default=25, validate=validate.Range(min=1, max=100))
    after = fields.String(validate=validate.Length(max=500))
    status = fields.String(validate=_known_statuses, metadata={"description": "one or more, with commas"})
    product_id = fields.String(validate=validate.Length(max=40))
    customer_id = fields.String(validate=validate.Length(max=40))
    email = fields.String(validate=validate.Length(max=254))
    q = fields.String(
        validate=validate.Length(max=200),
        metadata={"description": "a whole key, its last four symbols, part of a mail, a name or a site"},
    )


class BuyerView(Schema):
    """Who holds the license; for the vendor's eyes."""

    customer_id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)


class VendorLicenseView(LicenseView):
    """A license as its vendor sees it."""

    product_id = fields.String(required=True)
    plan_id = fields.String(required=True)
    customer = fields.Nested(BuyerView, required=True)
    parent_id = fields.String(
        required=True, allow_none=True, metadata={"description": "the bundle that brought it"}
    )
    starts_at = fields.String(required=True)
    grace_until = fields.String(required=True, allow_none=True)
    is_trial = fields.Boolean(required=True)
    max_version = fields.String(required=True)
    suspended_for = fields.List(fields.String(), required=True)
    revoked_for = fields.List(
        fields.String(),
        required=True,
        metadata={"description": f"of {', '.join(REVOKED_BECAUSE)}, or others"},
    )
    stopped_at = fields.String(required=True, allow_none=True)
    created_at = fields.String(required=True)
    license_key = fields.String(metadata={"description": "only in the answer that makes the key"})


class LicenseListView(Schema):
    """One page; `next` asks for the one behind it."""

    data = fields.List(fields.Nested(VendorLicenseView), required=True)
    next = fields.String(required=True, allow_none=True)


class BatchView(Schema):
    """The licenses in the order of the wishes, each with its key."""

    licenses = fields.List(fields.Nested(VendorLicenseView), required=True)


class KeyView(Schema):
    """The key itself; that it was shown is in the audit log."""

    license_id = fields.String(required=True)
    license_key = fields.String(required=True)


class VendorSiteView(Schema):
    """A site that uses a license, in full: for the vendor's eyes."""

    activation_id = fields.String(required=True)
    site = fields.Nested(SiteView, required=True)
    site_url = fields.String(required=True)
    label = fields.String(required=True)
    plugin_version = fields.String(required=True)
    wp_version = fields.String(required=True)
    php_version = fields.String(required=True)
    created_at = fields.String(required=True)
    last_seen_at = fields.String(required=True)


class VendorSitesView(Schema):
    """All sites that use a license now, the latest seen first."""

    data = fields.List(fields.Nested(VendorSiteView), required=True)


class CustomerListQuery(Schema):
    """A page of a vendor's customers, newest first."""

    limit = fields.Integer(load_default=25, validate=validate.Range(min=1, max=100))
    after = fields.String(validate=validate.Length(max=500))
    email = fields.String(validate=validate.Length(max=254))
    q = fields.String(validate=validate.Length(max=200), metadata={"description": "part of a mail or a name"})


class CustomerView(BuyerView):
    """Somebody who bought."""

    locale = fields.String(required=True)
    created_at = fields.String(required=True)


class CustomerListView(Schema):
    """One page; `next` asks for the one behind it."""

    data = fields.List(fields.Nested(CustomerView), required=True)
    next = fields.String(required=True, allow_none=True)
