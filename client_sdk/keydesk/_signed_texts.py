"""The text form that leases and revocation lists share: `v1.<payload>.<signature>` (wire contract 4.1)."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from keydesk._signatures import SigningKey, b64u_decode

DOMAIN = b"keydesk-lease-v1\n"
MOST_KEYS = 4
DEEPEST = 32
UNSAFE = 2**53


def signed_parts(text: object, *, longest: int) -> tuple[bytes, bytes] | None:
    """Payload and signature, still unchecked; None when the text is not of this form."""
    if not isinstance(text, str) or len(text) > longest or not text.isascii():
        return None
    parts = text.split(".")
    if len(parts) != 3 or parts[0] != "v1":
        return None
    payload, signature = b64u_decode(parts[1]), b64u_decode(parts[2])
    if payload is None or signature is None or len(signature) != 64 or len(payload) < 2:
        return None
    return payload, signature


def key_of(payload: bytes, signature: bytes, keys: Sequence[SigningKey]) -> SigningKey | None:
    """The trusted key that signed it; at most four are tried."""
    return next((each for each in keys[:MOST_KEYS] if each.verifies(DOMAIN + payload, signature)), None)


def strict_object(payload: bytes) -> dict[str, Any] | None:
    """A JSON object without a key twice, constants, half characters or depth beyond reason; else None."""
    try:
        claims = json.loads(payload.decode(), object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
        json.dumps(claims, ensure_ascii=False).encode()  # refuses half characters (lone surrogates)
        depth = _depth(claims)
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) and depth <= DEEPEST else None


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < UNSAFE


def is_number_or_null(value: object) -> bool:
    return value is None or is_number(value)


def is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def is_flag(value: object) -> bool:
    return isinstance(value, bool)


def is_one_of(*words: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


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
