"""License keys: how they are made, how typed text becomes one, how one is found (protocols 1)."""

import hashlib
import hmac
import re
import secrets
from typing import Literal

from server.kernel.errors import Invalid

KeyProfile = Literal["kd1", "legacy"]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "KD1"
BODY_BITS = 125
BODY_SYMBOLS = 25
CHECK_SYMBOLS = 5
LONGEST_INPUT = 200
LOOKUP_DOMAIN = b"keydesk-key-lookup-v1\n"

COMPACT = re.compile(r"KD1[0-9A-HJKMNP-TV-Z]{30}", re.ASCII)
LEGACY = re.compile(r"[!-~]{8,128}", re.ASCII)

# Closed tables instead of a Unicode library, because PHP hosts often have none and both sides must agree.
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
IGNORED_RANGES = (
    (0x09, 0x0D), (0x20, 0x20), (0x2D, 0x2D), (0xA0, 0xA0), (0xAD, 0xAD), (0x1680, 0x1680),
    (0x2000, 0x2015), (0x2028, 0x202F), (0x205F, 0x2060), (0x2066, 0x2069), (0x2212, 0x2212),
    (0x3000, 0x3000), (0xFE58, 0xFE58), (0xFE63, 0xFE63), (0xFEFF, 0xFEFF),
)  # fmt: skip
IGNORED = "".join(chr(code) for first, last in IGNORED_RANGES for code in range(first, last + 1))
WITHOUT_IGNORED = dict.fromkeys(map(ord, IGNORED))
ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
LOOK_ALIKES = str.maketrans("OIL", "011")

OTHER_SECRETS = {
    "kds_": "This is a vendor API key, not a license key.",
    "kdt_": "This is the token of a site, not a license key.",
    "kdp_": "This is a product key, not a license key.",
    "kdx_": "This is an activation code, not a license key.",
    "whsec_": "This is a webhook secret, not a license key.",
}
INCOMPLETE = "This is not a complete license key."
WHAT_NEXT = "Please copy the whole key from your purchase e-mail or the page of your licenses."


class KeyMalformed(Invalid):
    """The text cannot be a license key; known before any database is asked."""

    code = "key_malformed"
    title = "Not a license key"

    def __init__(self, wrong: str) -> None:
        super().__init__(f"{wrong} {WHAT_NEXT}")


def generate_key() -> str:
    """A new key in its display form, `KD1-XXXXXX-XXXXXX-XXXXXX-XXXXXX-XXXXXX`."""
    return display(compact_of(secrets.randbits(BODY_BITS)))


def compact_of(body: int) -> str:
    """The compact form of a body number below 2^125: prefix, 25 body symbols, 5 check symbols."""
    symbols = _symbols(body, BODY_SYMBOLS)
    return PREFIX + symbols + _check_symbols(symbols)


def display(compact: str) -> str:
    """The form people read. Keys of other systems (legacy) are shown as they are."""
    if profile_of(compact) == "legacy":
        return compact
    symbols = compact.removeprefix(PREFIX)
    return "-".join([PREFIX, *(symbols[at : at + 6] for at in range(0, len(symbols), 6))])


def hint(compact: str) -> str:
    """Enough to recognise a key in a list, too little to use it."""
    return ("KD1-…" if profile_of(compact) == "kd1" else "…") + compact[-4:]


def lookup_hash(compact: str, pepper: bytes) -> bytes:
    """The 32 bytes under which a key is found. The compact form (or the normalised legacy text) goes in."""
    return hmac.digest(pepper, LOOKUP_DOMAIN + compact.encode(), "sha256")


def normalise_any(text: str) -> tuple[KeyProfile, str]:
    """The profile and the text to look up. Raises KeyMalformed."""
    profile = profile_of(text)
    return profile, normalise(text) if profile == "kd1" else normalise_legacy(text)


def profile_of(text: str) -> KeyProfile:
    """What begins with KD1 is always judged as ours, so that a typing error in it is never called unknown."""
    readable = _readable(text)
    return "kd1" if readable.startswith(PREFIX) or _is_whole(readable.translate(LOOK_ALIKES)) else "legacy"


def normalise(text: str) -> str:
    """The compact form of a typed key: forgives case, spaces, dashes and look-alikes. Raises KeyMalformed."""
    _refuse_undecodable(text)
    compact = _readable(text).translate(LOOK_ALIKES)
    if not COMPACT.fullmatch(compact):
        raise KeyMalformed(_explanation(text))
    if not _is_whole(compact):
        raise KeyMalformed("This license key has a typing error.")
    return compact


def normalise_legacy(text: str) -> str:
    """A key imported from another system: only its ends are trimmed, its case counts. Raises KeyMalformed."""
    _refuse_undecodable(text)
    trimmed = text.strip(IGNORED)
    if trimmed.startswith(tuple(OTHER_SECRETS)) or not LEGACY.fullmatch(trimmed):
        raise KeyMalformed(_explanation(text))
    return trimmed


def _refuse_undecodable(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise KeyMalformed(INCOMPLETE) from None
    if size > LONGEST_INPUT:
        raise KeyMalformed("This text is too long for a license key.")


def _readable(text: str) -> str:
    return text.translate(FULL_WIDTH).translate(WITHOUT_IGNORED).translate(ASCII_UPPER)


def _explanation(text: str) -> str:
    trimmed = text.strip(IGNORED)
    return next((why for prefix, why in OTHER_SECRETS.items() if trimmed.startswith(prefix)), INCOMPLETE)


def _is_whole(compact: str) -> bool:
    if not COMPACT.fullmatch(compact):
        return False
    return compact.endswith(_check_symbols(compact[len(PREFIX) : -CHECK_SYMBOLS]))


def _check_symbols(body: str) -> str:
    digest = hashlib.sha256((PREFIX + body).encode()).digest()
    return _symbols(int.from_bytes(digest[:4], "big") >> 7, CHECK_SYMBOLS)


def _symbols(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> (5 * at) & 31] for at in reversed(range(count)))
