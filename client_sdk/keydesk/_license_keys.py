"""License keys as people type them (wire contract 1.2): a typing error is told without asking the server."""

import hashlib
import re

from keydesk.errors import KeyMalformed

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
COMPACT = re.compile(r"KD1[0-9A-HJKMNP-TV-Z]{30}", re.ASCII)
LEGACY = re.compile(r"[!-~]{8,128}", re.ASCII)
LONGEST_INPUT = 200

# Closed tables instead of a Unicode library: Python, PHP and the server must agree on every character.
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
IGNORED_RANGES = (
    (0x09, 0x0D), (0x20, 0x20), (0x2D, 0x2D), (0xA0, 0xA0), (0xAD, 0xAD), (0x1680, 0x1680),
    (0x2000, 0x2015), (0x2028, 0x202F), (0x205F, 0x2060), (0x2066, 0x2069), (0x2212, 0x2212),
    (0x3000, 0x3000), (0xFE58, 0xFE58), (0xFE63, 0xFE63), (0xFEFF, 0xFEFF),
)  # fmt: skip
IGNORED = "".join(chr(code) for first, last in IGNORED_RANGES for code in range(first, last + 1))
ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
READABLE = FULL_WIDTH | dict.fromkeys(map(ord, IGNORED)) | ASCII_UPPER
LOOK_ALIKES = str.maketrans("OIL", "011")

OTHER_SECRETS = {
    "kds_": "this is a vendor API key, not a license key",
    "kdt_": "this is the token of a site, not a license key",
    "kdp_": "this is a product key, not a license key",
    "kdx_": "this is an activation code, not a license key",
    "whsec_": "this is a webhook secret, not a license key",
}
INCOMPLETE = "this is not a complete license key"


def normalise_license_key(text: str) -> str:
    """The one form of a typed key: 33 symbols for `KD1-…` keys, the trimmed text for keys of other systems.

    Forgives case, spaces, dashes, full-width symbols, and O for 0 or I and L for 1. Raises `KeyMalformed`
    (code `key_malformed`), which never repeats what was typed.
    """
    _refuse_undecodable(text)
    readable = text.translate(FULL_WIDTH).translate(READABLE)
    compact = readable.translate(LOOK_ALIKES)
    if _is_whole(compact):
        return compact
    if readable.startswith("KD1"):
        raise KeyMalformed("this license key has a typing error")
    return _legacy(text.strip(IGNORED))


def _refuse_undecodable(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise KeyMalformed(INCOMPLETE) from None
    if size > LONGEST_INPUT:
        raise KeyMalformed("this text is too long for a license key")


def _is_whole(compact: str) -> bool:
    if not COMPACT.fullmatch(compact):
        return False
    check = int.from_bytes(hashlib.sha256(compact[:28].encode()).digest()[:4], "big") >> 7
    return compact[28:] == "".join(ALPHABET[check >> shift & 31] for shift in (20, 15, 10, 5, 0))


def _legacy(trimmed: str) -> str:
    for prefix, why in OTHER_SECRETS.items():
        if trimmed.startswith(prefix):
            raise KeyMalformed(why)
    if not LEGACY.fullmatch(trimmed):
        raise KeyMalformed(INCOMPLETE)
    return trimmed
