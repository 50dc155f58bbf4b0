"""Ids of rows: a prefix that names the kind, and a UUIDv7 in Crockford base32 (sorts by time of making)."""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """`new_id("lic")` → `lic_` and 26 lower-case symbols. An id is a name, never an authority."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | (0x7 << 76) | (secrets.randbits(76) & ~(0x3 << 62) | (0x2 << 62))
    return f"{prefix}_{_base32(number, 26)}"


def _base32(number: int, length: int) -> str:
    symbols = []
    for _ in range(length):
        number, symbol = divmod(number, 32)
        symbols.append(ALPHABET[symbol])
    return "".join(reversed(symbols))
