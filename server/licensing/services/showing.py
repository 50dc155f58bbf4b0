"""How a license, a site and a lease look outside (protocols 3.6 and 4)."""

from datetime import datetime
from typing import Any, Literal, cast

from server.accounts.services import published_signing_keys, signing_key_for_replies
from server.kernel.clock import rfc3339
from server.licensing.leases import lease_payload, sign_lease
from server.licensing.models import Activation, License

CHECK_IN_AFTER_S = 86_400


def license_view(license: License, now: datetime) -> dict[str, Any]:
    """What a site may know of its license: never a name, an address, an order."""
    until = rfc3339(license.valid_until)
    return {
        "license_id": license.id,
        "key_hint": license.key_hint,
        "status": license.status(now),
        "plan": {"code": license.plan.code, "name": license.plan.name},
        "features": list(license.plan.features),
        "valid_until": until,
        "updates_until": until,
        "support_until": until,
        "renews": False,
        "seats": seats_view(license),
        "mode": license.mode,
        "manage_url": None,
    }


def seats_view(license: License) -> dict[str, int | None]:
    """`limit` None: as many as they like."""
    return {"limit": license.seats, "used": license.seats_used}


def site_view(activation: Activation) -> dict[str, Any]:
    """The address as the server counts it; the bridge stores this one."""
    return {
        "site_key": activation.site_key,
        "environment": activation.environment,
        "counted": activation.counted,
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
        "customer": {"customer_id": customer.id, "email": customer.email, "name": customer.name},
        "created_at": rfc3339(license.created_at),
    }


def lease_for(activation: Activation, now: datetime) -> str | None:
    """A signed lease for this site, or None while its license gives none (revoked, paused, not started)."""
    license = activation.license
    state = license.status(now)
    if activation.ended_at is not None or state not in {"active", "expired"}:
        return None
    key = signing_key_for_replies()
    payload = lease_payload(
        kid=key.kid,
        tenant_id=license.tenant_id,
        product_id=license.product_id,
        license_id=license.id,
        activation_id=activation.id,
        site_key=activation.site_key,
        environment=activation.environment,
        mode=cast(Literal["live", "test"], license.mode),
        state=cast(Literal["active", "expired"], state),
        plan=license.plan.code,
        features=license.plan.features,
        license_ends=license.effective_until(),
        seq=license.lease_seq,
        now=now,
    )
    return sign_lease(payload, key.seed)
