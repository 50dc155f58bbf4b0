"""Standard Webhooks, both ways: sign what we send, verify what we are sent."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

TOLERANCE_S = 300
PREFIX = "whsec_"


class SignatureError(Exception):
    """Not accepted. `reason` is for the health page, never for the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Verified:
    """A delivery whose signature is good."""

    delivery_id: str
    sent_at: int


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Whether the text is `whsec_` and at least 24 bytes in base64."""
    try:
        return text.startswith(PREFIX) and len(_key(text)) >= 24
    except binascii.Error:
        return False


def sign(secret: str, *, delivery_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a signed delivery."""
    timestamp = str(int(at.timestamp()))
    signature = base64.b64encode(_mac(secret, delivery_id, timestamp, body)).decode()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def verify(headers: Mapping[str, Sequence[str]], body: bytes, *, secret: str, now: datetime) -> Verified:
    """Check a delivery. `headers` maps lower-case names to all values received. Raises `SignatureError`."""
    delivery_id, timestamp, given = (
        _single(headers, name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    )
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12) or len(delivery_id) > 255:
        raise SignatureError("encoding")
    age = now.timestamp() - int(timestamp)
    if abs(age) > TOLERANCE_S:
        raise SignatureError("too_old" if age > 0 else "too_new")
    expected = b"v1," + base64.b64encode(_mac(secret, delivery_id, timestamp, body))
    if not any(hmac.compare_digest(expected, one.encode()) for one in given.split(" ")):
        raise SignatureError("mismatch")
    return Verified(delivery_id, int(timestamp))


def _single(headers: Mapping[str, Sequence[str]], name: str) -> str:
    values = headers.get(name, ())
    if not values or not values[0]:
        raise SignatureError("missing")
    if len(values) > 1:
        raise SignatureError("repeated")
    return values[0]


def _mac(secret: str, delivery_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(_key(secret), f"{delivery_id}.{timestamp}.".encode() + body, "sha256")


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
