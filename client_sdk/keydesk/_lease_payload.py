"""The payload of a lease: strict JSON in, a typed record out (wire contract 4.2)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keydesk._signed_texts import (
    is_flag,
    is_number,
    is_number_or_null,
    is_one_of,
    is_text,
    is_texts,
    strict_object,
)


@dataclass(frozen=True, slots=True)
class Lease:
    """What a lease says. All times are Unix seconds (UTC).

    `license_ends`: when the license itself ends (None = lifetime); compare it with the clock, also offline.
    `after`: what premium features do then: `keep` = stay on, `limit` = no new use. `expires_at`,
    `grace_until`: until when the lease is `valid` and then `stale` without contact to the server. `seq`
    rises with every change.
    """

    kid: str
    vendor_id: str
    product_id: str
    license_id: str
    activation_id: str
    site_key: str
    environment: str
    mode: str
    state: str
    plan: str
    features: tuple[str, ...]
    license_ends: int | None
    after: str
    issued_at: int
    valid_from: int
    expires_at: int
    grace_until: int
    seq: int
    network: bool = False
    updates_until: int | None = None
    support_until: int | None = None


def claims_of(payload: bytes) -> dict[str, Any] | None:
    claims = strict_object(payload)
    if claims is None:
        return None
    return claims if all(fits(claims.get(name, _ABSENT)) for name, fits in FIELDS.items()) else None


def lease_of(claims: dict[str, Any]) -> Lease:
    return Lease(
        kid=claims["kid"], vendor_id=claims["ten"], product_id=claims["prod"], license_id=claims["lid"],
        activation_id=claims["act"], site_key=claims["site"], environment=claims["env"], mode=claims["mode"],
        state=claims["st"], plan=claims["plan"], features=tuple(claims["feat"]), license_ends=claims["lexp"],
        after=claims.get("after", "keep"), issued_at=claims["iat"], valid_from=claims["nbf"],
        expires_at=claims["exp"], grace_until=claims["gexp"], seq=claims["seq"],
        network=claims.get("net", False), updates_until=claims.get("upd", claims["lexp"]),
        support_until=claims.get("sup", claims["lexp"]),
    )  # fmt: skip


_ABSENT = object()


def _if_present(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is _ABSENT or fits(value)


FIELDS: dict[str, Callable[[object], bool]] = {
    "typ": is_text, "kid": is_text, "ten": is_text, "prod": is_text, "lid": is_text, "act": is_text,
    "site": is_text, "env": is_one_of("production", "staging", "development", "local"),
    "mode": is_one_of("live", "test"), "st": is_one_of("active", "expired"), "plan": is_text,
    "feat": is_texts, "lexp": is_number_or_null,
    "upd": _if_present(is_number_or_null), "sup": _if_present(is_number_or_null),
    "after": _if_present(is_one_of("keep", "limit")), "net": _if_present(is_flag),
    "iat": is_number, "nbf": is_number, "exp": is_number, "gexp": is_number, "seq": is_number,
}  # fmt: skip
