"""Secrets: tokens with a check, keyed look-up hashes, and columns sealed at rest."""

import hmac
import json
import secrets
import zlib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_SYMBOLS = {"kds_live_": 42, "kds_test_": 42, "kdt_": 42, "kdx_": 42, "kdp_": 24}


class KeyFileWrong(Exception):
    """The key file cannot be used; the sentence says why."""


class CannotUnseal(Exception):
    """A sealed value does not open: another key, another row, or damage."""


@dataclass(frozen=True)
class KeyRing:
    """The keys of this installation. They live in a file of their own, never in the database."""

    sealing_key: bytes  # 32 bytes, AES-256-GCM
    pepper: bytes  # 32 bytes, HMAC-SHA-256 of look-ups
    pepper_version: int = 1


_ring: KeyRing | None = None


def load_keys(path: Path, *, create: bool) -> KeyRing:
    """Read the key file (mode 0600); `create` makes a new one where none is."""
    global _ring
    if not path.exists():
        if not create:
            raise KeyFileWrong(f"{path} is missing: without it sealed columns cannot be read")
        _write_new(path)
    if path.stat().st_mode & 0o077:
        raise KeyFileWrong(f"{path} may be read by others: set its mode to 0600")
    try:
        stored = json.loads(path.read_text(encoding="ascii"))
        _ring = KeyRing(bytes.fromhex(stored["sealing_key"]), bytes.fromhex(stored["pepper"]))
    except (ValueError, KeyError) as error:
        raise KeyFileWrong(f"{path} is not a key file of Keydesk") from error
    return _ring


def use_keys(ring: KeyRing) -> None:
    """Take these keys (tests)."""
    global _ring
    _ring = ring


def keys() -> KeyRing:
    """The keys of this process."""
    if _ring is None:
        raise KeyFileWrong("the keys were asked for before they were loaded")
    return _ring


def new_token(prefix: str) -> str:
    """An opaque token: prefix, random base62, six symbols of CRC32 (lets scanners drop false hits)."""
    random_part = "".join(secrets.choice(BASE62) for _ in range(RANDOM_SYMBOLS[prefix]))
    return prefix + random_part + token_check(prefix + random_part)


def token_check(text: str) -> str:
    """The six check symbols behind a token's random part."""
    number, symbols = zlib.crc32(text.encode("ascii")), []
    for _ in range(6):
        number, symbol = divmod(number, 62)
        symbols.append(BASE62[symbol])
    return "".join(reversed(symbols))


def token_is_whole(token: str, prefix: str) -> bool:
    """Whether length, alphabet and check fit; says nothing about whether we know the token."""
    if not token.startswith(prefix) or len(token) != len(prefix) + RANDOM_SYMBOLS[prefix] + 6:
        return False
    if any(symbol not in BASE62 for symbol in token[len(prefix) :]):
        return False
    return hmac.compare_digest(token_check(token[:-6]), token[-6:])


def new_link_token() -> str:
    """43 symbols of a row-backed link (256 random bits)."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token: found by this hash, never compared as text."""
    mac = _token_mac(keys().pepper).copy()
    mac.update(token.encode("utf-8"))
    return mac.digest()


@lru_cache(maxsize=2)
def _token_mac(pepper: bytes) -> hmac.HMAC:
    """Begun once: every call of a site hashes its token."""
    return hmac.new(pepper, b"keydesk-token-v1\n", sha256)


def seal(text: str, *, aad: str) -> bytes:
    """Encrypt a column. `aad` is `table:column:row id`, so a value moved to another row does not open."""
    nonce = secrets.token_bytes(12)
    return b"\x01" + nonce + AESGCM(keys().sealing_key).encrypt(nonce, text.encode("utf-8"), aad.encode())


def unseal(blob: bytes, *, aad: str) -> str:
    """Open a sealed column."""
    if blob[:1] != b"\x01":
        raise CannotUnseal("unknown key version")
    try:
        return AESGCM(keys().sealing_key).decrypt(blob[1:13], blob[13:], aad.encode()).decode("utf-8")
    except InvalidTag as error:
        raise CannotUnseal(f"the key file does not fit the column {aad.rsplit(':', 1)[0]}") from error


def _write_new(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {"sealing_key": secrets.token_hex(32), "pepper": secrets.token_hex(32), "version": 1}
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(json.dumps(content), encoding="ascii")


def package_mac(said: bytes | str) -> bytes:
    """Proves that a package address was made here: 32 bytes under a key used for nothing else."""
    raw = said.encode() if isinstance(said, str) else said
    link_key = hmac.digest(keys().sealing_key, b"keydesk-link-key-v1\n", sha256)
    return hmac.digest(link_key, raw, sha256)
