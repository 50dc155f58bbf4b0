"""What sites may send about licenses, and what they get back."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from server.customers.site_address import SiteUrlInvalid, site_key
from server.kernel.json_fields import Flag, shaped
from server.licensing.models import REVOKED_BECAUSE

STATUSES = ("active", "expired", "pending", "suspended", "revoked")
MODES = ("live", "test")
ENVIRONMENTS = ("production", "staging", "development", "local")
SHORT = validate.Length(max=32)
FEATURE = shaped(r"[a-z0-9_.-]{1,40}", "Up to 40 small letters, digits, dots, hyphens and underscores.")
UID = shaped(r"[0-9a-f]{32}", "32 hexadecimal digits with small letters.")

BLOG_COUNT = fields.Integer(
    strict=True,
    allow_none=True,
    load_default=None,
    validate=validate.Range(min=1, max=10_000_000),
    metadata={"description": "sites of a multisite network"},
)


def _is_admin_address(text: str) -> None:
    """Only an http address may later become a link or a redirect."""
    try:
        known = text.lower().startswith(("http://", "https://")) and site_key(text)
    except SiteUrlInvalid:
        known = False
    if not known:
        raise ValidationError("This is not an http or https address.")


class SiteFacts(Schema):
    """What a site says about itself in each call."""

    site_uid = fields.String(required=True, validate=UID)
    site_url = fields.String(required=True, validate=validate.Length(min=1, max=2_048))
    environment = fields.String(load_default="production", validate=validate.OneOf(ENVIRONMENTS))
    plugin_version = fields.String(load_default="", validate=SHORT)
    wp_version = fields.String(load_default="", validate=SHORT)
    php_version = fields.String(load_default="", validate=SHORT)
    locale = fields.String(load_default="", validate=SHORT)


class ActivationRequest(SiteFacts):
    """A site that wants a seat: with a license key, or with the one-use code that stands for it."""

    license_key = fields.String(validate=validate.Length(max=1_000))
    transfer_code = fields.String(validate=validate.Length(max=100))
    label = fields.String(load_default="", validate=validate.Length(max=80))
    admin_url = fields.String(
        load_default="", validate=validate.And(validate.Length(max=2_048), _is_admin_address)
    )

    network = Flag(load_default=False)
    blog_count = BLOG_COUNT
    copy_of = fields.String(
        load_default="",
        validate=validate.Length(max=40),
        metadata={
            "description": "activation this site was copied from; one of another license counts as none"
        },
    )

    @validates_schema
    def _exactly_one(self, data: dict[str, Any], **_more: Any) -> None:
        if ("license_key" in data) == ("transfer_code" in data):
            raise ValidationError("Send either license_key or transfer_code.", "license_key")


class Consents(Schema):
    """What the site's owner allowed."""

    support = Flag(load_default=False)
    usage = Flag(load_default=False)


class CheckInRequest(SiteFacts):
    """The daily call."""

    plugin_version = fields.String(required=True, validate=SHORT)
    bridge_version = fields.String(required=True, validate=SHORT)
    edition = fields.String(load_default="premium", validate=validate.OneOf(("free", "premium")))
    lease_seq = fields.Integer(strict=True, allow_none=True, validate=validate.Range(min=0))
    revocations_serial = fields.Integer(strict=True, allow_none=True, validate=validate.Range(min=0))
    replies_after = fields.String(allow_none=True, validate=validate.Length(max=500))
    consents = fields.Nested(Consents)
    blog_count = BLOG_COUNT


class ValidationRequest(Schema):
    """A question about a license; nothing is written and no seat is taken."""

    license_key = fields.String(validate=validate.Length(max=1_000))
    site_url = fields.String(load_default="", validate=validate.Length(max=2_048))
    site_uid = fields.String(load_default="", validate=shaped(r"([0-9a-f]{32})?", UID.error))
    plugin_version = fields.String(load_default="", validate=SHORT)
    features = fields.List(
        fields.String(validate=FEATURE), load_default=list, validate=validate.Length(max=48)
    )


class SeatsView(Schema):
    """`limit` null: as many as they like."""

    limit = fields.Integer(required=True, allow_none=True)
    used = fields.Integer(required=True)


class PlanView(Schema):
    """A plan by its code and its name."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class StoppedView(Schema):
    """Why a license is revoked or suspended, and since when."""

    reason = fields.String(
        required=True,
        validate=validate.OneOf(tuple(REVOKED_BECAUSE)),
        metadata={
            "description": "by_vendor also for every word of the vendor's own, such as late_payer: sites are"
            " not told it"
        },
    )
    since = fields.String(required=True, allow_none=True)


class LicenseView(Schema):
    """What a site may know of its license."""

    license_id = fields.String(required=True)
    key_hint = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    plan = fields.Nested(PlanView, required=True)
    features = fields.List(fields.String(), required=True)
    valid_until = fields.String(required=True, allow_none=True)
    updates_until = fields.String(required=True, allow_none=True)
    support_until = fields.String(required=True, allow_none=True)
    renews = fields.Boolean(required=True)
    seats = fields.Nested(SeatsView, required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    stopped = fields.Nested(StoppedView, required=True, allow_none=True)
    manage_url = fields.String(required=True, allow_none=True)


class SiteView(Schema):
    """The address as the server counts it."""

    site_key = fields.String(required=True)
    environment = fields.String(required=True)
    counted = fields.Boolean(required=True)
    network = fields.Boolean(required=True)


class SigningKeyView(Schema):
    """A public key that may be trusted."""

    kid = fields.String(required=True)
    public_key = fields.String(required=True)
    not_before = fields.Integer(required=True)
    not_after = fields.Integer(required=True, allow_none=True)


class ActivationView(Schema):
    """An activation as the site reads it later."""

    activation_id = fields.String(required=True)
    site = fields.Nested(SiteView, required=True)
    license = fields.Nested(LicenseView, required=True)
    created_at = fields.String(required=True)
    last_seen_at = fields.String(required=True)


class NewActivationView(Schema):
    """A seat, taken. The token is shown this once."""

    activation_id = fields.String(required=True)
    site_token = fields.String(required=True)
    site = fields.Nested(SiteView, required=True)
    license = fields.Nested(LicenseView, required=True)
    lease = fields.String(required=True)
    signing_keys = fields.List(fields.Nested(SigningKeyView), required=True)
    check_in_after_s = fields.Integer(required=True)


class ReleaseView(Schema):
    """A seat, given back."""

    released = fields.Boolean(required=True)
    seats = fields.Nested(SeatsView, required=True)


class ValidationView(Schema):
    """A verdict; `code` is a constant, `detail` is for people."""

    valid = fields.Boolean(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    license = fields.Nested(LicenseView, required=True, allow_none=True)
    checked = fields.List(fields.String(), required=True)


class VerdictView(Schema):
    """The verdict inside a check-in."""

    valid = fields.Boolean(required=True)
    code = fields.String(required=True)
    checked = fields.List(fields.String(), required=True)


class SiteStatusView(Schema):
    """`status` is `changed` when the call came from another address or installation than we know."""

    site_key = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(("ok", "changed")))


class RepliesView(Schema):
    """Tickets of this site with an answer; no message text."""

    unread = fields.Integer(required=True)
    items = fields.List(fields.Dict(), required=True)
    next = fields.String(required=True, allow_none=True)


class CheckInView(Schema):
    """What a site needs until tomorrow, and for two weeks if we cannot be reached."""

    server_time = fields.Integer(required=True)
    site = fields.Nested(SiteStatusView, required=True)
    license = fields.Nested(LicenseView, required=True)
    lease = fields.String(required=True, allow_none=True)
    validation = fields.Nested(VerdictView, required=True)
    revocations = fields.String(required=True, allow_none=True)
    signing_keys = fields.List(fields.Nested(SigningKeyView), required=True)
    replies = fields.Nested(RepliesView, required=True)
    next_check_in_s = fields.Integer(required=True)
