"""License key vectors: making, typing, look-alikes, foreign secrets and look-up hashes."""

import hashlib
import hmac
from typing import Any

from tests.vectors.making import Family, b64u, case

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
THIRD = 0x20406080A0C0E10121416181A1C1
KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"
COMPACT = KEY.replace("-", "")
DASHES = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
SPACES = "\t\n\x0b\x0c\r \u00a0\u1680\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000"
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u202e\u2060\u2066\u2069\ufeff"
PEPPER = bytes(range(32))
OTHER_PEPPER = bytes(range(32, 64))


def symbols(number: int, count: int) -> str:
    return "".join(ALPHABET[number >> 5 * at & 31] for at in range(count - 1, -1, -1))


def compact_of(body: int) -> str:
    text = "KD1" + symbols(body, 25)
    check = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) >> 7
    return text + symbols(check, 5)


def encode(id: str, body: int) -> dict[str, Any]:
    compact = compact_of(body)
    key = "-".join(["KD1", *(compact[at : at + 6] for at in range(3, 33, 6))])
    return case(
        f"key-encode-{id}", f"the key of body {id}", {"op": "encode", "body": f"{body:032x}"},
        {"key": key, "compact": compact, "hint": "KD1-…" + compact[-4:]},
    )  # fmt: skip


def typed_as(text: str, profile: str = "any") -> dict[str, Any]:
    return {"op": "normalise", "profile": profile, "text": text}


def good(id: str, title: str, text: str, key: str = COMPACT) -> dict[str, Any]:
    return case(f"key-{id}", title, typed_as(text), {"profile": "kd1", "key": key})


def legacy(id: str, title: str, text: str, key: str) -> dict[str, Any]:
    return case(f"key-{id}", title, typed_as(text), {"profile": "legacy", "key": key})


def bad(id: str, title: str, text: str, profile: str = "kd1", names: str | None = None) -> dict[str, Any]:
    return case(f"key-{id}", title, typed_as(text, profile), {"error": "key_malformed", "names": names})


def lookup(id: str, pepper: bytes, key: str) -> dict[str, Any]:
    found = hmac.new(pepper, b"keydesk-key-lookup-v1\n" + key.encode(), "sha256").digest()
    input = {"op": "lookup", "pepper": b64u(pepper), "key": key}
    return case(f"key-lookup-{id}", f"look-up hash: {id}", input, {"lookup": b64u(found)})


def made() -> list[dict[str, Any]]:
    return [
        encode("zero", 0),
        encode("max", 2**125 - 1),
        encode("third", THIRD),
        encode("random", 0x13F0C7A95B2E48D16077E9A1B3C4D5E6),
        encode("one", 1),
        good("decode-zero", "the key of zero", "KD1-000000-000000-000000-000000-087TJ8", compact_of(0)),
        good(
            "decode-max", "the highest key", "KD1-ZZZZZZ-ZZZZZZ-ZZZZZZ-ZZZZZZ-ZT25M7", compact_of(2**125 - 1)
        ),
        good("decode-third", "as it is printed", KEY),
        good("decode-compact", "without dashes", COMPACT),
    ]


def typed() -> list[dict[str, Any]]:
    full_width = "".join(chr(ord(symbol) + 0xFEE0) for symbol in KEY)
    spread = "".join(symbol + SPACES[at % len(SPACES)] for at, symbol in enumerate(KEY))
    return [
        good("lower", "lower case", KEY.lower()),
        good("spaces", "every space between the symbols", spread),
        good("dashes", "every dash", COMPACT[:9] + DASHES + COMPACT[9:]),
        good("invisible", "zero-width and direction marks", INVISIBLE + KEY + INVISIBLE),
        good("full-width", "full-width symbols of an Asian keyboard", full_width),
        good("no-groups", "grouped differently", "kd1 " + " ".join(COMPACT[3:])),
        good("letter-o", "O for zero", KEY.replace("0", "O")),
        good("letter-o-lower", "o for zero", KEY.replace("0", "o")),
        good("letter-i", "I for one", KEY[:4] + KEY[4:].replace("1", "I")),
        good("letter-l", "l for one", KEY[:4] + KEY[4:].replace("1", "l")),
        good("prefix-i", "I for one in the prefix too", "KDI" + KEY[3:].replace("1", "l")),
    ]


def mistyped() -> list[dict[str, Any]]:
    wrong = [
        bad(f"wrong-{at}", f"one wrong symbol in position {at}", KEY[:at] + changed(KEY[at]) + KEY[at + 1 :])
        for at in (5, 13, 20, 26, 34, 37)
    ]
    swapped = KEY[:8] + KEY[9] + KEY[8] + KEY[10:]
    return [
        *wrong,
        bad("swapped", "two neighbours exchanged", swapped),
        bad("letter-u", "U is no symbol", KEY[:-1] + "U"),
        bad("dotless-i", "the Turkish dotless i is not a one", KEY[:-6] + "ıPHBCV"),
        bad("cyrillic", "a Cyrillic letter that looks right", KEY.replace("B", "В")),
        bad("prefix", "another prefix", "KD2" + KEY[3:]),
        bad("no-prefix", "without its prefix", KEY[4:]),
        bad("short", "one symbol short", KEY[:-1]),
        bad("long", "one symbol long", KEY + "0"),
        bad("empty", "nothing", "", "any"),
        bad("only-dashes", "dashes only", "- - -", "any"),
        bad("201-bytes", "more than 200 bytes", KEY + " " * (201 - len(KEY))),
        good("200-bytes", "200 bytes", KEY + " " * (200 - len(KEY))),
        bad("line", "a line of text around it", f"Your key: {KEY}", "any"),
        case(
            "key-not-utf8",
            "not UTF-8",
            {"op": "normalise", "profile": "any", "raw": b64u(KEY.encode() + b"\xff")},
            {"error": "key_malformed", "names": None},
        ),
    ]  # fmt: skip


def changed(symbol: str) -> str:
    return ALPHABET[(ALPHABET.index(symbol) + 1) % 32]


def foreign() -> list[dict[str, Any]]:
    a = "A" * 48
    return [
        bad("vendor-key", "a vendor API key", f" kds_live_{a}", "any", "vendor API key"),
        bad("site-token", "a site token", f"kdt_{a}", "any", "token of a site"),
        bad("product-key", "a product key", f"kdp_{'A' * 30}", "any", "product key"),
        bad("webhook-secret", "a webhook secret", f"whsec_{'A' * 43}=", "any", "webhook secret"),
        legacy(
            "legacy-edd", "an EDD key", "d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"
        ),
        legacy("legacy-signs", "a key with signs and case", " \u200bsk_=!+~*aB9\n", "sk_=!+~*aB9"),
        legacy("legacy-8", "eight symbols", "abcd-123", "abcd-123"),
        bad("legacy-7", "seven symbols", "abcd-12", "any"),
        bad("legacy-space", "a space inside", "abcd 1234", "any"),
        bad("legacy-129", "129 symbols", "a" * 129, "any"),
        bad("legacy-not-ascii", "letters beyond ASCII", "ключ-ключ", "any"),
        bad("kd1-never-legacy", "what begins with KD1 is never legacy", "kd1-my-old-key", "any"),
        lookup("first pepper", PEPPER, COMPACT),
        lookup("second pepper", OTHER_PEPPER, COMPACT),
        lookup("legacy key", PEPPER, "sk_=!+~*aB9"),
    ]


def family() -> Family:
    return Family("keys", 32, [*made(), *typed(), *mistyped(), *foreign()])
