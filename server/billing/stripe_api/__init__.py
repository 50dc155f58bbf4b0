"""The one place that speaks with Stripe: their library over our guarded HTTP, their objects as facts."""

from server.billing.stripe_api.client import Access, StripeAway, StripeRefused, StripeUnknown
from server.billing.stripe_api.events import HANDLED, About, SignatureInvalid, about, verify
from server.billing.stripe_api.listing import told_since
from server.billing.stripe_api.needs import MAY_READ, MAY_WRITE
from server.billing.stripe_api.sales import (
    Wish,
    end_subscription,
    find_root,
    open_portal,
    open_session,
    refund_charge,
    try_key,
)
from server.billing.stripe_api.snapshot import fetch_snapshot
from server.billing.stripe_api.switching import Switch, preview_switch, switch_plan

__all__ = [
    "HANDLED",
    "MAY_READ",
    "MAY_WRITE",
    "About",
    "Access",
    "SignatureInvalid",
    "StripeAway",
    "StripeRefused",
    "StripeUnknown",
    "Switch",
    "Wish",
    "about",
    "end_subscription",
    "fetch_snapshot",
    "find_root",
    "open_portal",
    "open_session",
    "preview_switch",
    "refund_charge",
    "switch_plan",
    "told_since",
    "try_key",
    "verify",
]
