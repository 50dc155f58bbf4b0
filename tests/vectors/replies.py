"""Signed replies: one good answer, and every change that must make it worthless."""

from typing import Any

from tests.vectors.making import CURRENT, NEXT, OLD, STRANGER, Family, TestKey, b64u, case, key_table, trusted

TS = 1_798_761_600
NONCE = "A" * 22
BODY = b'{"ok":true}'
PROBLEM = (
    b'{"type":"https://keydesk.example.com/problems/token_revoked","title":"Ended","status":401,'
    b'"detail":"This site was released.","code":"token_revoked"}'
)
RUSSIAN = '{"detail":"Лицензия истекла"}'.encode()


def header(
    key: TestKey = CURRENT, *, status: int = 200, method: str = "POST", path: str = "/v1/check-ins",
    nonce: str = NONCE, ts: int = TS, etag: str = "", body: bytes = BODY,
) -> str:  # fmt: skip
    head = "\n".join(["keydesk-reply-v1", str(status), method, path, nonce, str(ts), etag, ""])
    return f"v1 kid={key.kid}, ts={ts}, sig={b64u(key.sign(head.encode() + body))}"


GOOD = header()


def reply(id: str, title: str, *, good: bool, signature: str | None = GOOD, **changes: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {
        "status": 200, "method": "POST", "path": "/v1/check-ins", "nonce": NONCE, "etag": "", "body": BODY,
        "now": TS + 2, "clock_doubtful": False, "trusted": [trusted(CURRENT), trusted(NEXT)],
    } | changes  # fmt: skip
    seen["body"] = b64u(seen["body"])
    return case(f"reply-{id}", title, {"header": signature, **seen}, {"good": good})


def good_ones() -> list[dict[str, Any]]:
    return [
        reply("good", "the reply of protocols 4.7", good=True),
        reply("problem", "a signed refusal", good=True, status=401, body=PROBLEM,
              signature=header(status=401, body=PROBLEM)),
        reply("utf8", "a body in Russian", good=True, status=403, body=RUSSIAN,
              signature=header(status=403, body=RUSSIAN)),
        reply("next", "signed by the next key", good=True, signature=header(NEXT)),
        reply("etag", "with an ETag", good=True, etag='"act_01.7"', signature=header(etag="act_01.7")),
        reply("weak-etag", "with a weak ETag", good=True, etag='W/"act_01.7"',
              signature=header(etag="act_01.7")),
        reply("delete", "another method and path", good=True, method="DELETE", path="/v1/activations/act_01",
              signature=header(method="DELETE", path="/v1/activations/act_01")),
        reply("no-nonce", "a request without a nonce", good=True, nonce="", signature=header(nonce="")),
        reply("skew-86400", "a clock one day off", good=True, now=TS + 86_400),
        reply("doubtful", "a clock in doubt is not asked", good=True, now=0, clock_doubtful=True),
    ]  # fmt: skip


def wrong_requests() -> list[dict[str, Any]]:
    return [
        reply("other-nonce", "an answer to another request", good=False, nonce="B" * 22),
        reply("nonce-dropped", "signed without the nonce that was sent", good=False,
              signature=header(nonce="")),
        reply("other-status", "another status", good=False, status=201),
        reply("other-path", "another path", good=False, path="/v1/license-validations"),
        reply("other-method", "another method", good=False, method="GET"),
        reply("other-body", "one byte of the body", good=False, body=b'{"ok":trve}'),
        reply("longer-body", "a byte more", good=False, body=BODY + b"\n"),
        reply("other-etag", "another ETag", good=False, etag='"2"', signature=header(etag="1")),
        reply("skew-86401", "a clock more than a day off", good=False, now=TS + 86_401),
        reply("early-86401", "a clock more than a day early", good=False, now=TS - 86_401),
        reply("doubtful-bad", "a clock in doubt excuses no signature", good=False, now=0,
              clock_doubtful=True, nonce="B" * 22),
    ]  # fmt: skip


def wrong_headers() -> list[dict[str, Any]]:
    return [
        reply("missing", "no header", good=False, signature=None),
        reply("empty", "an empty header", good=False, signature=""),
        reply("old-kid", "signed by a key that is no longer trusted", good=False, signature=header(OLD)),
        reply("borrowed-kid", "a stranger's signature under a trusted name", good=False,
              signature=header(STRANGER).replace(STRANGER.kid, CURRENT.kid)),
        reply("version", "a version nobody knows", good=False, signature="v2" + GOOD[2:]),
        reply("short-signature", "a signature of 63 bytes", good=False, signature=GOOD[:-2]),
        reply("padding", "base64 with padding", good=False, signature=GOOD + "="),
        reply("other-ts", "another time than the one signed", good=False,
              signature=GOOD.replace(f"ts={TS}", f"ts={TS + 1}")),
        reply("ts-not-number", "a time that is no number", good=False,
              signature=GOOD.replace(f"ts={TS}", "ts=now")),
        reply("line-end", "a line end behind the header", good=False, signature=GOOD + "\n"),
    ]  # fmt: skip


def family() -> Family:
    return Family("replies", 12, [*good_ones(), *wrong_requests(), *wrong_headers()], key_table())
