"""Lease vectors: one base lease, and what one change to it or to the site does to the verdict."""

import json
from typing import Any

from tests.vectors.making import (
    CURRENT,
    FOURTH,
    NEXT,
    OLD,
    STRANGER,
    Family,
    TestKey,
    b64u,
    case,
    key_table,
    trusted,
)

DOMAIN = b"keydesk-lease-v1\n"
DAY = 86_400
IAT = 1_798_761_600
EXP = IAT + 14 * DAY
GEXP = EXP + 14 * DAY
NOW = IAT + 3_600

PAYLOAD: dict[str, Any] = {
    "typ": "lease", "kid": CURRENT.kid, "ten": "ven_01", "lid": "lic_01", "act": "act_01", "prod": "prd_01",
    "site": "example.com", "env": "production", "mode": "live", "st": "active", "plan": "pro",
    "feat": ["export", "sync"], "lexp": 1_830_297_600, "after": "keep", "iat": IAT, "nbf": IAT, "exp": EXP,
    "gexp": GEXP, "seq": 7,
}  # fmt: skip

SITE: dict[str, Any] = {
    "now": NOW, "trusted": [trusted(CURRENT), trusted(NEXT)], "revoked_kids": [],
    "tenant": "ven_01", "product": "prd_01", "activation": "act_01", "site": "example.com",
    "network_main": None, "own_environment": "production", "revoked": [], "stored": None,
}  # fmt: skip


def text_of(payload: bytes, key: TestKey = CURRENT, domain: bytes = DOMAIN) -> str:
    return f"v1.{b64u(payload)}.{b64u(key.sign(domain + payload))}"


def compact(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def signed(key: TestKey = CURRENT, **changes: Any) -> str:
    return text_of(compact(PAYLOAD | {"kid": key.kid} | changes), key)


def without(field: str) -> str:
    return text_of(compact({name: value for name, value in PAYLOAD.items() if name != field}))


GOOD = signed()
RAW = compact(PAYLOAD)
PARTS = GOOD.split(".")
SIGNATURE = CURRENT.sign(DOMAIN + RAW)


def lease(id: str, title: str, verdict: str, text: Any = GOOD, **site: Any) -> dict[str, Any]:
    return case(f"lease-{id}", title, {"lease": text, **SITE, **site}, {"verdict": verdict})


def flipped(text: str, at: int) -> str:
    """The text with one symbol exchanged for its neighbour, which is still the alphabet's."""
    return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]


def flipped_bit(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def form() -> list[dict[str, Any]]:
    padded = f"{PARTS[0]}.{PARTS[1]}=.{PARTS[2]}"
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    trailing = PARTS[2][:-1] + last[last.index(PARTS[2][-1]) + 1]
    return [
        lease("good", "the test lease of protocols 4.2", "valid"),
        lease("not-text", "a number instead of a text", "malformed", 7),
        lease("empty", "an empty text", "malformed", ""),
        lease("newline", "a line end behind the text", "malformed", GOOD + "\n"),
        lease("two-parts", "two parts only", "malformed", f"{PARTS[0]}.{PARTS[1]}"),
        lease("four-parts", "a part too many", "malformed", GOOD + ".AA"),
        lease("version", "first part is not v1", "malformed", "v2" + GOOD[2:]),
        lease("not-ascii", "a Cyrillic letter that looks like an A", "malformed", GOOD[:9] + "А" + GOOD[10:]),
        lease("too-long", "4,097 characters", "malformed", "v1." + "A" * 4_007 + "." + PARTS[2]),
        lease("padding", "base64url with padding", "malformed", padded),
        lease("plain-base64", "a symbol of the standard alphabet", "malformed", GOOD[:9] + "+" + GOOD[10:]),
        lease("trailing-bits", "non-zero trailing bits", "malformed", f"v1.{PARTS[1]}.{trailing}"),
        lease("sig-63", "signature of 63 bytes", "malformed", f"v1.{PARTS[1]}.{b64u(SIGNATURE[:63])}"),
        lease("sig-65", "signature of 65 bytes", "malformed", f"v1.{PARTS[1]}.{b64u(SIGNATURE + b'0')}"),
        lease("payload-1", "payload of one byte", "malformed", text_of(b"1")),
        lease(
            "payload-2901", "payload of 2,901 bytes", "malformed", text_of(RAW + b" " * (2_901 - len(RAW)))
        ),
        lease("payload-2900", "payload of 2,900 bytes", "valid", text_of(RAW + b" " * (2_900 - len(RAW)))),
    ]


def signatures() -> list[dict[str, Any]]:
    changed_payload = f"v1.{b64u(flipped_bit(RAW, 40))}.{PARTS[2]}"
    changed_signature = f"v1.{PARTS[1]}.{b64u(flipped_bit(SIGNATURE, 10))}"
    four = [trusted(NEXT), trusted(OLD), trusted(FOURTH), trusted(CURRENT)]
    window = trusted(CURRENT, IAT - DAY, IAT + DAY)
    return [
        lease("flip-version", "one bit of the first part", "malformed", "w1" + GOOD[2:]),
        lease("flip-payload", "one bit of the payload", "bad_signature", changed_payload),
        lease("flip-signature", "one bit of the signature", "bad_signature", changed_signature),
        lease("flip-symbol", "one symbol of the payload", "bad_signature", flipped(GOOD, 30)),
        lease("stranger", "signed by a key nobody trusts", "bad_signature", signed(STRANGER)),
        lease("manifest-domain", "signed as a manifest", "bad_signature",
              text_of(RAW, domain=b"keydesk-manifest-v1\n")),
        lease("reply-domain", "signed as a reply", "bad_signature",
              text_of(RAW, domain=b"keydesk-reply-v1\n")),
        lease("no-domain", "signed without the domain line", "bad_signature", text_of(RAW, domain=b"")),
        lease("no-keys", "a site that trusts no key", "bad_signature", trusted=[]),
        lease("four-keys", "the fitting key is the last of four", "valid", trusted=four),
        lease("next-key", "signed by the next key", "valid", signed(NEXT)),
        lease("other-kid", "names another key than the one that signed", "wrong_key",
              text_of(compact(PAYLOAD | {"kid": NEXT.kid}))),
        lease("revoked-kid", "its key was revoked", "wrong_key", revoked_kids=[CURRENT.kid]),
        lease("inside-window", "issued inside its key's time", "valid", trusted=[window]),
        lease("before-window", "issued before its key's time", "wrong_key",
              trusted=[trusted(CURRENT, IAT + 1, None)]),
        lease("after-window", "issued after its key's time", "wrong_key",
              trusted=[trusted(CURRENT, None, IAT - 1)]),
        lease("bad-signature-first", "a bad signature outweighs bad JSON", "bad_signature",
              text_of(b"{not json", STRANGER)),
    ]  # fmt: skip


def payloads() -> list[dict[str, Any]]:
    nested = RAW[:-1] + b',"x":' + b"[" * 40 + b"]" * 40 + b"}"
    return [
        lease("json-broken", "payload is not JSON", "malformed_payload", text_of(b"{not json")),
        lease("json-list", "payload is a list", "malformed_payload", text_of(b"[1,2]")),
        lease("json-latin1", "payload is not UTF-8", "malformed_payload",
              text_of(RAW.replace(b'"pro"', b'"pr\xf6"'))),
        lease("json-duplicate", "a key stands twice", "malformed_payload",
              text_of(RAW[:-1] + b',"site":"example.com"}')),
        lease("json-duplicate-escaped", "a key stands twice, once escaped", "malformed_payload",
              text_of(RAW[:-1] + b',"s\\u0069te":"example.com"}')),
        lease("json-float", "1.0 where a whole number belongs", "malformed_payload",
              text_of(RAW.replace(b'"seq":7', b'"seq":7.0'))),
        lease("json-20-digits", "a number of 20 digits", "malformed_payload",
              text_of(RAW.replace(b'"seq":7', b'"seq":12345678901234567890'))),
        lease("json-2-53", "2^53 is too large", "malformed_payload", signed(seq=2**53)),
        lease("json-below-2-53", "2^53 - 1 is not", "valid", signed(seq=2**53 - 1)),
        lease("json-negative", "a negative number", "malformed_payload", signed(seq=-1)),
        lease("json-bool", "true where a number belongs", "malformed_payload", signed(seq=True)),
        lease("json-text-number", "a number in quotes", "malformed_payload", signed(seq="7")),
        lease("json-nan", "NaN is not JSON", "malformed_payload",
              text_of(RAW.replace(b'"lexp":1830297600', b'"lexp":NaN'))),
        lease("json-surrogate", "half a character", "malformed_payload",
              text_of(RAW.replace(b'"pro"', b'"\\ud800"'))),
        lease("json-deep", "40 lists inside each other", "malformed_payload", text_of(nested)),
        lease("json-escaped-slash", "an escaped slash is the same address", "valid",
              text_of(RAW.replace(b"example.com", b"example.com\\/blog")), site="example.com/blog"),
        lease("json-spaces", "spaces between the fields", "valid",
              text_of(json.dumps(PAYLOAD, indent=1).encode())),
        lease("unknown-field", "a field of a later version", "valid", signed(later={"a": [1.5, None]})),
        lease("missing-field", "no plan", "malformed_payload", without("plan")),
        lease("missing-lexp", "no lexp", "malformed_payload", without("lexp")),
        lease("missing-after", "after is keep unless said", "valid", without("after")),
        lease("lifetime", "lexp null is a lifetime license", "valid", signed(lexp=None)),
        lease("feat-object", "features are a list", "malformed_payload", signed(feat={"a": "b"})),
        lease("feat-numbers", "feature codes are texts", "malformed_payload", signed(feat=[1])),
        lease("unknown-state", "st is active or expired", "malformed_payload", signed(st="revoked")),
        lease("unknown-env", "env is one of four", "malformed_payload", signed(env="prod")),
        lease("wrong-type", "another kind of signed text", "wrong_type", signed(typ="revocations")),
    ]  # fmt: skip


def owners() -> list[dict[str, Any]]:
    staging = signed(env="staging", site="staging.example.com")
    network = signed(net=True)
    return [
        lease("other-tenant", "another vendor", "wrong_product", tenant="ven_02"),
        lease("other-product", "another product", "wrong_product", product="prd_02"),
        lease("other-activation", "another activation", "wrong_activation", activation="act_02"),
        lease("first-receipt", "no activation is stored yet", "valid", activation=None),
        lease("other-site", "another site", "wrong_site", site="shop.example.com"),
        lease("site-case", "the path's case counts", "wrong_site",
              signed(site="example.com/Blog"), site="example.com/blog"),
        lease("network-child", "a child site of the network", "valid", network,
              site="child.example.com", network_main="example.com"),
        lease("network-other", "a site of another network", "wrong_site", network,
              site="child.example.com", network_main="other.example.com"),
        lease("not-network", "a child site, but no network lease", "wrong_site",
              site="child.example.com", network_main="example.com"),
        lease("env-copied", "a staging lease on a live site", "wrong_environment", signed(env="staging")),
        lease("env-own", "a staging lease on a site that calls itself staging", "valid",
              signed(env="staging"), own_environment="staging"),
        lease("env-address", "a staging lease on a staging address", "valid", staging,
              site="staging.example.com"),
        lease("env-local", "a local lease on localhost", "valid",
              signed(env="local", site="localhost:8881"), site="localhost:8881"),
        lease("env-production", "a production lease on a site that calls itself staging", "valid",
              own_environment="staging"),
        lease("revoked-activation", "its activation is on the list", "revoked", revoked=["act_01"]),
        lease("revoked-license", "its license is on the list", "revoked", revoked=["lic_01"]),
        lease("revoked-other", "another license is on the list", "valid", revoked=["lic_02"]),
    ]  # fmt: skip


def times() -> list[dict[str, Any]]:
    return [
        lease("seq-lower", "an older state than the stored one", "replayed", stored={"seq": 8, "iat": IAT}),
        lease("seq-equal", "the stored lease again", "valid", stored={"seq": 7, "iat": IAT}),
        lease("seq-equal-older", "same state, issued earlier", "replayed", stored={"seq": 7, "iat": IAT + 1}),
        lease("seq-higher", "a newer state, even if issued earlier", "valid",
              stored={"seq": 6, "iat": IAT + 9}),
        lease("skew-300", "300 s before its time", "valid", now=IAT - 300),
        lease("skew-301", "301 s before its time", "not_yet_valid", now=IAT - 301),
        lease("exp-300", "300 s after its end", "valid", now=EXP + 300),
        lease("exp-301", "301 s after its end", "stale", now=EXP + 301),
        lease("gexp-300", "300 s after the end of grace", "stale", now=GEXP + 300),
        lease("gexp-301", "301 s after the end of grace", "lapsed", now=GEXP + 301),
        lease("license-ended", "an ended license still has a valid lease", "valid", signed(st="expired")),
        lease("replay-outweighs-time", "an older state outweighs a wrong clock", "replayed",
              stored={"seq": 8, "iat": IAT}, now=0),
    ]  # fmt: skip


def family() -> Family:
    cases = [*form(), *signatures(), *payloads(), *owners(), *times()]
    return Family("leases", 34, cases, key_table())
