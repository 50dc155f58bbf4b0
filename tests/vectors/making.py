"""Small tools for making test vectors; written apart from server and SDK, so that they can disagree."""

import base64
import hashlib
from typing import Any, NamedTuple

from nacl.signing import SigningKey


class Family(NamedTuple):
    """One file: its name, the public test keys it uses, and its cases."""

    name: str
    minimum: int
    cases: list[dict[str, Any]]
    keys: dict[str, str] = {}  # noqa: RUF012 - never changed; a NamedTuple cannot hold a factory


def case(id: str, title: str, input: dict[str, Any], expect: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "title": title, "input": input, "expect": expect}


def b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class TestKey:
    """An Ed25519 pair whose seed is public and refused in production."""

    __test__ = False

    def __init__(self, first_byte: int) -> None:
        self.seed = bytes((first_byte + at) % 256 for at in range(32))
        self.pair = SigningKey(self.seed)
        self.public = bytes(self.pair.verify_key)
        self.kid = "k" + hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, message: bytes) -> bytes:
        return self.pair.sign(message).signature


CURRENT = TestKey(0)
NEXT = TestKey(32)
OLD = TestKey(64)
FOURTH = TestKey(96)
STRANGER = TestKey(128)


def key_table() -> dict[str, str]:
    named = {"current": CURRENT, "next": NEXT, "old": OLD, "fourth": FOURTH, "stranger": STRANGER}
    seeds = {f"{name}_seed": b64u(key.seed) for name, key in named.items()}
    return seeds | {f"{name}_public": b64u(key.public) for name, key in named.items()}


def trusted(key: TestKey, not_before: int | None = None, not_after: int | None = None) -> dict[str, Any]:
    return {
        "kid": key.kid, "public_key": b64u(key.public), "not_before": not_before, "not_after": not_after
    }  # fmt: skip
