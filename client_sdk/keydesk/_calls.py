"""One call to the server.

Headers, repetitions, the check of the signature, and refusals turned into errors.
"""

import base64
import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from keydesk._answers import signing_keys
from keydesk._reading import Wire
from keydesk._retries import Retries, asked_wait, may_be_repeated
from keydesk._signatures import SigningKey, reply_is_genuine
from keydesk._signed_texts import MOST_KEYS
from keydesk._transport import Request, Response, Transport
from keydesk._version import VERSION
from keydesk.errors import BadInput, Unreachable, UnreadableAnswer, UntrustedAnswer, refusal_class

IDEMPOTENCY_SYMBOLS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-")
LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))


@dataclass(frozen=True, slots=True)
class Act:
    """What is asked of the server.

    `path` begins with /v1. `key` is the idempotency key; an act without one is repeated only if `repeatable`.
    `signed` marks the acts whose answers the server signs.
    """

    method: str
    path: str
    credential: str = field(repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    content: tuple[str, bytes] | None = field(default=None, repr=False)
    query: Mapping[str, str | int | None] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    key: str | None = None
    repeatable: bool = False
    signed: bool = False
    keep_none: bool = False  # None is sent as null (a change to "no limit") instead of left out
    timeout_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer, with the object it holds (empty for 204)."""

    status: int
    fields: Wire


@dataclass(frozen=True, slots=True)
class Caller:
    """Knows the server and how to be patient with it; knows nothing of licenses."""

    base_url: str
    transport: Transport
    retries: Retries
    trusted: tuple[SigningKey, ...]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    learned: list[SigningKey] = field(default_factory=list)

    def call(self, act: Act) -> Answer:
        """Do it, trying again where that is safe. Raises the errors of keydesk.errors."""
        nonce = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
        request = _request(self.base_url, act, nonce)
        response = self._patiently(act, request)
        self._refuse_untrusted(act, response, nonce)
        answer = _judged(response, self.clock())
        self._learn(act, answer)
        return answer

    def _patiently(self, act: Act, request: Request) -> Response:
        safe = act.repeatable or act.key is not None
        for tries in range(1, self.retries.total + 2):
            try:
                response = self.transport.send(request, timeout_s=act.timeout_s)
            except Unreachable as error:
                pause = self.retries.pause_before(tries) if safe or not error.sent else None
                if pause is None:
                    raise Unreachable(str(error), sent=error.sent, tries=tries) from error
            else:
                pause = self._pause_after(response, tries) if safe else None
                if pause is None:
                    return response
            self.sleep(pause)
        raise AssertionError("the last try always returns or raises")

    def _pause_after(self, response: Response, tries: int) -> float | None:
        if not may_be_repeated(response.status, _code_of(response)):
            return None
        return self.retries.pause_before(tries, asked_s=asked_wait(response.headers, self.clock()))

    def _refuse_untrusted(self, act: Act, response: Response, nonce: str) -> None:
        if not self.trusted or not act.signed or response.status >= 500 or response.status == 429:
            return
        genuine = reply_is_genuine(
            response.headers.get("keydesk-signature"), status=response.status, method=act.method,
            path=act.path, nonce=nonce, etag=response.headers.get("etag", ""), body=response.body,
            keys=self.keys(), now=int(self.clock()),
        )  # fmt: skip
        if not genuine:
            raise UntrustedAnswer(status=response.status)

    def keys(self) -> tuple[SigningKey, ...]:
        """The keys to believe now: those that a checked answer told of last, then those given."""
        told = {key.kid for key in self.learned}
        return (*self.learned, *(key for key in self.trusted if key.kid not in told))[:MOST_KEYS]

    def _learn(self, act: Act, answer: Answer) -> None:
        """A vendor changes keys from time to time; only an answer that was checked may say so."""
        if self.trusted and act.signed and answer.fields.has("signing_keys"):
            self.learned[:] = signing_keys(answer.fields)[:MOST_KEYS]


def checked_base(url: str, *, allow_http: bool) -> str:
    """The address without trailing slash.

    Tokens travel over https only; loopback and `allow_http` are exempt.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or parts.username or parts.query or parts.fragment:
        raise BadInput("the server is given as https://host[:port][/path]", field="base_url")
    if parts.scheme == "http" and not allow_http and host not in LOOPBACK:
        raise BadInput("keys would travel unprotected: use https", field="base_url", code="https_required")
    return url.rstrip("/")


def checked_key(key: str | None) -> str:
    """The idempotency key to send: the given one if it is well formed, else a new one."""
    if key is None:
        return str(uuid.uuid4())
    if not 16 <= len(key) <= 255 or not set(key) <= IDEMPOTENCY_SYMBOLS:
        raise BadInput(
            "an idempotency key has 16 to 255 of A-Z a-z 0-9 _ . : -",
            field="idempotency_key", code="idempotency_key_invalid",
        )  # fmt: skip
    return key


def _request(base_url: str, act: Act, nonce: str) -> Request:
    query = urlencode({name: value for name, value in act.query.items() if value is not None})
    headers = {
        "Authorization": f"Bearer {act.credential}",
        "Accept": "application/json",
        "User-Agent": f"keydesk-python/{VERSION}",
        "Keydesk-Client": f"sdk/{VERSION}",
        "Keydesk-Nonce": nonce,
    }
    headers.update(act.headers)
    if act.key is not None:
        headers["Idempotency-Key"] = act.key
    body = None
    if act.content is not None:
        headers["Content-Type"], body = act.content
    elif act.json is not None:
        headers["Content-Type"], body = "application/json", _encoded(act)
    return Request(act.method, f"{base_url}{act.path}{'?' * bool(query)}{query}", headers, body)


def _encoded(act: Act) -> bytes:
    fields = act.json or {}
    known = {name: value for name, value in fields.items() if act.keep_none or value is not None}
    try:
        return json.dumps(known, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BadInput("the request holds something that is no JSON text", field="body") from error


def _judged(response: Response, now: float) -> Answer:
    if response.status == 204:
        return Answer(204, Wire({}))
    fields = _object_of(response)
    if 200 <= response.status < 300:
        if fields is None:
            raise UnreadableAnswer("the answer is not JSON")
        return Answer(response.status, Wire(fields))
    if response.status < 400:
        raise UnreadableAnswer(f"the server sends us elsewhere ({response.status}); check its address")
    code, problem = _code_of(response), fields or {}
    raise refusal_class(response.status, code)(
        str(problem.get("detail") or problem.get("title") or f"the server answered {response.status}"),
        status=response.status, code=code, fields=problem,
        request_id=response.headers.get("keydesk-request-id"),
        retry_after=asked_wait(response.headers, now),
    )  # fmt: skip


def _code_of(response: Response) -> str:
    """The code of a refusal; a gateway's page has none, so it gets one of its status."""
    code = (_object_of(response) or {}).get("code")
    return code if isinstance(code, str) else f"http_{response.status}"


def _object_of(response: Response) -> dict[str, Any] | None:
    try:
        fields = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None
