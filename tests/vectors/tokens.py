"""Token vectors: which tokens are whole, and which secrets must vanish from running text."""

import zlib
from typing import Any

from tests.vectors.making import Family, case

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTHS = {"kds_live_": 42, "kds_test_": 42, "kdt_": 42, "kdx_": 42, "kdp_": 24}
KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"


def token(prefix: str, symbol: str = "A") -> str:
    text = prefix + symbol * LENGTHS[prefix]
    number, check = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        check = BASE62[rest] + check
    return text + check


def whole(id: str, title: str, text: str, prefix: str, *, good: bool) -> dict[str, Any]:
    return case(f"token-{id}", title, {"op": "whole", "token": text, "prefix": prefix}, {"whole": good})


def scrub(id: str, secret: str, around: str) -> dict[str, Any]:
    return case(
        f"token-scrub-{id}", f"{id} in running text", {"op": "scrub", "text": around.replace("@", secret)},
        {"without": secret, "keeps": around.split("@")},
    )  # fmt: skip


def family() -> Family:
    cases: list[dict[str, Any]] = []
    for prefix in LENGTHS:
        name, good = prefix.strip("_").replace("_", "-"), token(prefix)
        wrong = good[:-1] + BASE62[(BASE62.index(good[-1]) + 1) % 62]
        cases += [
            whole(f"{name}-good", f"a whole {prefix} token", good, prefix, good=True),
            whole(f"{name}-other", "another whole one", token(prefix, "z"), prefix, good=True),
            whole(f"{name}-crc", "a wrong check symbol", wrong, prefix, good=False),
            whole(f"{name}-short", "one symbol short", good[:-1], prefix, good=False),
            whole(f"{name}-long", "one symbol long", good + "0", prefix, good=False),
            scrub(name, good, f"a call with @, then more ({name})"),
        ]
    cases += [
        whole("wrong-prefix", "a site token is no product key", token("kdt_"), "kdp_", good=False),
        whole("not-base62", "a dash inside", token("kdt_").replace("A", "-", 1), "kdt_", good=False),
        whole("line-end", "a line end behind it", token("kdt_") + "\n", "kdt_", good=False),
        whole("empty", "nothing", "", "kdt_", good=False),
        scrub("license-key", KEY, "key=@&site=example.com"),
        scrub("webhook-secret", "whsec_" + "A" * 43 + "=", 'secret: "@" (rotated)'),
        case("token-scrub-nothing", "text without a secret stays as it is",
             {"op": "scrub", "text": "kdt_short and KD1-000000 are no secrets"},
             {"without": None, "keeps": ["kdt_short and KD1-000000 are no secrets"]}),
    ]  # fmt: skip
    return Family("tokens", 14, cases)
