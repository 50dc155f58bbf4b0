"""How a license, a site and a lease look outside (protocols 3.6 and 4)."""

from datetime import datetime
from typing import Any, Literal, cast

from server.accounts.services import published_signing_keys, signing_key_for_replies
from server.kernel.clock import rfc3339
from server.licensing.checks import facts_view
from server.licensing.leases import lease_payload, sign_lease
from server.licensing.models import Activation, License
from server.licensing.services.judging import facts_of

CHECK_IN_AFTER_S = 86_400


def license_view(license: License, now: datetime) -> dict[str, Any]:
    """What a site may know of its license: never a name, an address, an order."""
    return facts_view(facts_of(license), now)


def seats_view(license: License) -> dict[str, int | None]:
    """`limit` None: as many as they like."""
    return {"limit": license.seats, "used": license.seats_used}


def site_view(activation: Activation) -> dict[str, Any]:
    """The address as the server counts it; the bridge stores this one."""
    return {
        "site_key": activation.site_key,
        "environment": activation.environment,
        "counted": activation.counted,
        "network": activation.network,
    }


def activation_view(activation: Activation, now: datetime) -> dict[str, Any]:
    """An activation as its site reads it later."""
    return {
        "activation_id": activation.id,
        "site": site_view(activation),
        "license": license_view(activation.license, now),
        "created_at": rfc3339(activation.created_at),
        "last_seen_at": rfc3339(activation.last_seen_at),
    }


def new_activation_view(activation: Activation, token: str, now: datetime) -> dict[str, Any]:
    """The answer that gives a site its seat; the only one that holds the token."""
    return {
        "activation_id": activation.id,
        "site_token": token,
        "site": site_view(activation),
        "license": license_view(activation.license, now),
        "lease": lease_for(activation, now),
        "signing_keys": published_signing_keys(),
        "check_in_after_s": CHECK_IN_AFTER_S,
    }


def vendor_license_view(license: License, now: datetime) -> dict[str, Any]:
    """A license as its vendor sees it."""
    customer = license.customer
    return {
        **license_view(license, now),
        "product_id": license.product_id,
        "plan_id": license.plan_id,
        "customer": {"customer_id": customer.id, "email": customer.email, "name": customer.name},
        "parent_id": license.parent_id,
        "starts_at": rfc3339(license.starts_at),
        "grace_until": rfc3339(license.grace_until),
        "is_trial": license.is_trial,
        "max_version": license.max_version,
        "suspended_for": list(license.suspended_for),
        "revoked_for": list(license.revoked_for),
        "stopped_at": rfc3339(license.stopped_at),
        "created_at": rfc3339(license.created_at),
    }


def vendor_site_view(activation: Activation) -> dict[str, Any]:
    """A site that uses a license, in full."""
    told = ("site_url", "label", "plugin_version", "wp_version", "php_version")
    return {
        "activation_id": activation.id,
        "site": site_view(activation),
        **{name: getattr(activation, name) for name in told},
        "created_at": rfc3339(activation.created_at),
        "last_seen_at": rfc3339(activation.last_seen_at),
    }


def lease_for(activation: Activation, now: datetime) -> str | None:
    """A signed lease for this site, or None while there is none to give.

    So while its license is revoked, paused or has not started, and when a temporary copy's days are over.
    """
    license = activation.license
    state = license.status(now)
    gone = activation.ended_at is not None or activation.has_run_out(now)
    if gone or state not in {"active", "expired"}:
        return None
    key = signing_key_for_replies()
    payload = lease_payload(
        kid=key.kid,
        tenant_id=license.tenant_id,
        product_id=license.product_id,
        license_id=license.id,
        activation_id=activation.id,
        site_key=activation.site_key,
        network=activation.network,
        environment=activation.environment,
        mode=cast(Literal["live", "test"], license.mode),
        state=cast(Literal["active", "expired"], state),
        plan=license.plan.code,
        features=license.plan.features,
        license_ends=license.effective_until(),
        updates_until=license.updates_until,
        support_until=license.support_until,
        after=cast(Literal["keep", "limit"], license.product.after_expiry),
        ends=activation.lease_until,
        seq=license.lease_seq,
        now=now,
    )
    return sign_lease(payload, key.seed)
