"""Leases and revocation lists: signed statements a site can check alone (protocols 4.1, 4.2 and 4.8)."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from server.kernel.signing import LEASE_DOMAIN, kid_of, public_key_of, sign_text

LIFE_S = 14 * 86_400
GRACE_S = 14 * 86_400
LONGEST_TEXT = 4_096
LONGEST_PAYLOAD = 2_900
LIST_LIFE_S = 30 * 86_400
LONGEST_LIST_TEXT = 65_536
LONGEST_LIST = 1_400  # entries of 30 characters that fit into such a text; sites of older ones heard by now


def lease_payload(
    *,
    kid: str,
    tenant_id: str,
    product_id: str,
    license_id: str,
    activation_id: str,
    site_key: str,
    network: bool = False,
    environment: str,
    mode: Literal["live", "test"],
    state: Literal["active", "expired"],
    plan: str,
    features: Sequence[str],
    license_ends: datetime | None,
    updates_until: datetime | None = None,
    support_until: datetime | None = None,
    after: Literal["keep", "limit"] = "keep",
    ends: datetime | None = None,
    seq: int,
    now: datetime,
) -> dict[str, Any]:
    """The claims of one lease. `license_ends` is the effective end (with the 24 h buffer), None for lifetime.

    The lease itself always lives 14 days and 14 more of grace; it is not cut at the license's end,
    because `lexp` tells the site that moment even when it is offline then. `ends` cuts that of a temporary
    copy. `updates_until`, `support_until` None: as long as the license.
    """
    issued = int(now.timestamp())
    expires = issued + LIFE_S if ends is None else min(issued + LIFE_S, int(ends.timestamp()))
    optional = {"upd": _unix(updates_until), "sup": _unix(support_until), "net": network or None}
    return {
        "typ": "lease", "kid": kid, "ten": tenant_id, "lid": license_id, "act": activation_id,
        "prod": product_id, "site": site_key, "env": environment, "mode": mode, "st": state,
        "plan": plan, "feat": list(features),
        "lexp": _unix(license_ends), "after": after, "iat": issued, "nbf": issued, "exp": expires,
        "gexp": expires if ends is not None else expires + GRACE_S, "seq": seq,
        **{name: value for name, value in optional.items() if value is not None},
    }  # fmt: skip


def sign_lease(payload: dict[str, Any], seed: bytes) -> str:
    """The lease text. Refuses (ValueError) what no verifier would accept: another key's id, or too long."""
    if payload["kid"] != kid_of(public_key_of(seed)):
        raise ValueError("the payload names another key than the one that signs it")
    raw = _compact(payload)
    text = sign_text(LEASE_DOMAIN, raw, seed)
    if len(raw) > LONGEST_PAYLOAD or len(text) > LONGEST_TEXT:
        raise ValueError("a lease of this size is refused by every site")
    return text


def list_payload(
    *,
    kid: str,
    tenant_id: str,
    product_id: str,
    serial: int,
    leases: Sequence[str],
    full: bool,
    now: datetime,
) -> dict[str, Any]:
    """The claims of a revocation list: ids of licenses and activations. `full`: nothing was left out."""
    issued = int(now.timestamp())
    return {
        "typ": "revocations", "kid": kid, "ten": tenant_id, "prod": product_id, "serial": serial,
        "iat": issued, "exp": issued + LIST_LIFE_S, "leases": list(leases), "kids": [], "packages": [],
        "full": full,
    }  # fmt: skip


def sign_list(payload: dict[str, Any], seed: bytes) -> str:
    """The text of the list. Refuses (ValueError) one that no site would read to its end."""
    text = sign_text(LEASE_DOMAIN, _compact(payload), seed)
    if len(text) > LONGEST_LIST_TEXT:
        raise ValueError("a revocation list of this size is refused by every site")
    return text


def _unix(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _compact(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
