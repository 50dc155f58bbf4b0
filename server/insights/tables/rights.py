"""Tables of an export about licenses and the sites that use them."""

from typing import Any

from sqlalchemy import and_, func, select

from server.billing.models import OrderLicense
from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.insights.tables.shape import Table, every, made, same, whole, words
from server.kernel import secrets
from server.licensing import keys
from server.licensing.models import Activation, License, Revocation, SiteResolution


def licenses(*, with_keys: bool) -> Table:
    return Table(
        "licenses",
        License,
        lambda: (
            select(
                *every(License),
                OrderLicense.order_id,
                Product.slug.label("product"),
                Plan.code.label("plan"),
                Customer.email.label("email"),
                Customer.name.label("name"),
            )
            .join(Product, Product.id == License.product_id)
            .join(Plan, Plan.id == License.plan_id)
            .join(Customer, Customer.id == License.customer_id)
            .outerjoin(
                OrderLicense, and_(OrderLicense.license_id == License.id, OrderLicense.kind == "issued")
            )
        ),
        made(license_id="id", key=key_of if with_keys else lambda _row: "", status=stopped_or_not)
        | same("email", "name", "product", "plan", "seats", "seats_used", "starts_at", "valid_until")
        | same("grace_until", "updates_until", "support_until", "max_version", "renews", "is_trial", "mode")
        | words("suspended_for")
        | words("revoked_for")
        | same("parent_id", "customer_id", "product_id", "plan_id", "order_id", "key_hint", "source")
        | same("created_at", "stopped_at", "key_profile"),
    )


def key_of(row: Any) -> str:
    """The license key in the form people read."""
    return keys.display(secrets.unseal(row.key_sealed, aad=f"licenses:key_sealed:{row.id}"))


def stopped_or_not(row: Any) -> str:
    """What was decided about the license; the time axis stands in its own columns."""
    return "revoked" if row.revoked_for else "suspended" if row.suspended_for else "active"


def activations() -> Table:
    return whole(
        "activations",
        Activation,
        made(activation_id="id")
        | same("license_id", "site_url", "site_key", "environment", "counted", "network", "label")
        | same("locale", "plugin_version", "wp_version", "php_version", "created_at", "last_seen_at")
        | same("ended_at", "admin_url", "blog_count", "copy_of", "lease_until"),
    )


def site_resolutions() -> Table:
    return whole(
        "site_resolutions",
        SiteResolution,
        same("id", "license_id", "activation_id", "resolution", "old_site_key", "new_site_key", "created_at"),
    )


def revocations() -> Table:
    return Table(
        "revocations",
        Revocation,
        lambda: (
            select(*every(Revocation), License.mode)
            .outerjoin(Activation, Activation.id == Revocation.subject)
            .outerjoin(License, License.id == func.coalesce(Activation.license_id, Revocation.subject))
        ),
        same("id", "serial", "product_id", "subject", "created_at", "lifted_at", "mode"),
    )
