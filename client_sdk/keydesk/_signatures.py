"""Ed25519, strict base64url, and the check of a signed reply (wire contract 4.1, 4.5 and 4.7)."""

import base64
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass

from keydesk.errors import BadInput, MissingExtra

HEADER = re.compile(r"v1 kid=(k[0-9a-f]{16}), ts=([0-9]{1,15}), sig=([A-Za-z0-9_-]{86})", re.ASCII)
CLOCK_SKEW_S = 86_400


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key under which leases and replies are signed.

    `public_key`: 32 bytes as base64url without padding, as shown in the console and sent in `signing_keys`.
    `not_before`, `not_after`: Unix seconds between which it signs; None = open. `kid` follows from the key.
    """

    public_key: str
    not_before: int | None = None
    not_after: int | None = None

    def __post_init__(self) -> None:
        if self.raw is None:
            raise BadInput("a public key is 32 bytes in base64url without padding", field="public_key")

    @property
    def raw(self) -> bytes | None:
        decoded = b64u_decode(self.public_key)
        return decoded if decoded is not None and len(decoded) == 32 else None

    @property
    def kid(self) -> str:
        """`k` and the first 16 hex digits of SHA-256 of the key."""
        return "k" + hashlib.sha256(self.raw or b"").hexdigest()[:16]

    def covers(self, moment: int) -> bool:
        """Whether the key was in use at this moment (Unix seconds)."""
        return (self.not_before or 0) <= moment and (self.not_after is None or moment <= self.not_after)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is good. Raises MissingExtra without PyNaCl."""
        crypto_error, verify_key = _nacl()
        try:
            verify_key(self.raw).verify(message, signature)
        except (crypto_error, ValueError):
            return False
        return True


def reply_is_genuine(
    header: str | None, *, status: int, method: str, path: str, nonce: str, etag: str, body: bytes,
    keys: Collection[SigningKey], now: int, clock_doubtful: bool = False,
) -> bool:  # fmt: skip
    """Whether the `Keydesk-Signature` of an answer is good for exactly this request.

    `path` without query; `nonce` as sent in `Keydesk-Nonce` (empty if none); `etag` the header of the
    answer or empty; `body` after content decoding; `now` in Unix seconds. The signed time may be a day off,
    because clocks of sites are; with `clock_doubtful` it is not looked at.
    """
    shape = HEADER.fullmatch(header or "")
    if shape is None:
        return False
    key = next((each for each in keys if each.kid == shape[1]), None)
    ts, signature = int(shape[2]), b64u_decode(shape[3])
    if key is None or signature is None or not key.covers(ts):
        return False
    if not clock_doubtful and abs(now - ts) > CLOCK_SKEW_S:
        return False
    bare_etag = etag.removeprefix("W/").strip('"')
    head = ("keydesk-reply-v1", f"{status:03d}", method, path, nonce, shape[2], bare_etag, "")
    return key.verifies("\n".join(head).encode() + body, signature)


def b64u_decode(text: str) -> bytes | None:
    """Strict: None for padding, symbols outside the alphabet, and non-zero trailing bits."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == text else None


def refuse_without_nacl() -> None:
    """Raise MissingExtra now rather than with the first answer."""
    _nacl()


def _nacl() -> tuple[type[Exception], type]:
    try:
        from nacl.exceptions import CryptoError
        from nacl.signing import VerifyKey
    except ImportError:
        raise MissingExtra from None
    return CryptoError, VerifyKey
