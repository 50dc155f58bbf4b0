"""Ed25519 as Keydesk uses it: key ids, signed texts and signed replies (protocols 4.1, 4.5 and 4.7)."""

import base64
import hashlib
import secrets
from functools import lru_cache

from nacl.bindings import crypto_sign, crypto_sign_seed_keypair
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

LEASE_DOMAIN = b"keydesk-lease-v1\n"
REPLY_DOMAIN = "keydesk-reply-v1"
SEED_BYTES = 32
SIGNATURE_BYTES = 64


def new_seed() -> bytes:
    """The private half of a new key pair; seal it before it is stored."""
    return secrets.token_bytes(SEED_BYTES)


def public_key_of(seed: bytes) -> bytes:
    return bytes(SigningKey(seed).verify_key)


def kid_of(public_key: bytes) -> str:
    """The name of a public key: 17 characters, the same on every side without asking anybody."""
    return "k" + hashlib.sha256(public_key).hexdigest()[:16]


def sign_text(domain: bytes, payload: bytes, seed: bytes) -> str:
    """`v1.<payload>.<signature>`: the payload travels exactly as it was signed and is never encoded again."""
    signature = sign(domain + payload, seed)
    return f"v1.{b64u(payload)}.{b64u(signature)}"


def sign_reply(
    seed: bytes, *, status: int, method: str, path: str, nonce: str, ts: int, etag: str, body: bytes
) -> str:
    """The value of `Keydesk-Signature`. `path` has no query; nonce and etag may be empty."""
    signed = reply_bytes(status=status, method=method, path=path, nonce=nonce, ts=ts, etag=etag, body=body)
    return f"v1 kid={_kid_of_seed(seed)}, ts={ts}, sig={b64u(sign(signed, seed))}"


def reply_bytes(*, status: int, method: str, path: str, nonce: str, ts: int, etag: str, body: bytes) -> bytes:
    """What a reply's signature covers. Status, method, path and nonce bind it to this one request."""
    head = f"{REPLY_DOMAIN}\n{status:03d}\n{method.upper()}\n{path}\n{nonce}\n{ts}\n{bare_etag(etag)}\n"
    return head.encode() + (b"" if status == 204 else body)


def bare_etag(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


def sign(message: bytes, seed: bytes) -> bytes:
    return crypto_sign(message, _key_pair(seed))[:SIGNATURE_BYTES]


@lru_cache(maxsize=1_000)
def _key_pair(seed: bytes) -> bytes:
    """Seed and public key in one, as libsodium wants it; kept, because making it costs like a signature."""
    return crypto_sign_seed_keypair(seed)[1]


@lru_cache(maxsize=1_000)
def _kid_of_seed(seed: bytes) -> str:
    return kid_of(public_key_of(seed))


def verifies(message: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether the signature is good. Wrong lengths are simply not good; nothing is raised."""
    try:
        VerifyKey(public_key).verify(message, signature)
    except (CryptoError, ValueError):
        return False
    return True


def b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def b64u_decode(text: str) -> bytes:
    """Strict: padding, foreign characters and non-zero trailing bits raise ValueError."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64u(raw) != text:
        raise ValueError("not in the one allowed base64url form")
    return raw
