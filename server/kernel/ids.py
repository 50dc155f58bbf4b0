"""Ids of rows: a prefix that names the kind, and a UUIDv7 in Crockford base32 (sorts by time of making).

The twelve bits behind the version count parts of a millisecond (RFC 9562, section 6.2, method 3): a quarter
of a microsecond each, less than making an id takes. What one act makes also sorts in the order of its making.
"""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """`new_id("lic")` → `lic_` and 26 lower-case symbols. An id is a name, never an authority."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    part = rest * 4096 // 1_000_000
    number = (milliseconds << 80) | (0x7 << 76) | (part << 64) | (0x2 << 62) | secrets.randbits(62)
    return f"{prefix}_{_base32(number, 26)}"


def _base32(number: int, length: int) -> str:
    symbols = []
    for _ in range(length):
        number, symbol = divmod(number, 32)
        symbols.append(ALPHABET[symbol])
    return "".join(reversed(symbols))
