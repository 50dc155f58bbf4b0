"""The payload of a lease: strict JSON in, a typed record out (wire contract 4.2)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DEEPEST = 32
UNSAFE = 2**53


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
    try:
        claims = json.loads(payload.decode(), object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
        json.dumps(claims, ensure_ascii=False).encode()  # refuses half characters (lone surrogates)
        depth = _depth(claims)
    except (ValueError, RecursionError):
        return None
    if not isinstance(claims, dict) or depth > DEEPEST:
        return None
    return claims if all(fits(claims.get(name, _ABSENT)) for name, fits in FIELDS.items()) else None


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key stands twice")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


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


def _text(value: object) -> bool:
    return isinstance(value, str)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < UNSAFE


def _number_or_null(value: object) -> bool:
    return value is None or _number(value)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


def _if_present(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is _ABSENT or fits(value)


FIELDS: dict[str, Callable[[object], bool]] = {
    "typ": _text, "kid": _text, "ten": _text, "prod": _text, "lid": _text, "act": _text, "site": _text,
    "env": _one_of("production", "staging", "development", "local"), "mode": _one_of("live", "test"),
    "st": _one_of("active", "expired"), "plan": _text, "feat": _texts, "lexp": _number_or_null,
    "upd": _if_present(_number_or_null), "sup": _if_present(_number_or_null),
    "after": _if_present(_one_of("keep", "limit")), "net": _if_present(_flag),
    "iat": _number, "nbf": _number, "exp": _number, "gexp": _number, "seq": _number,
}  # fmt: skip
