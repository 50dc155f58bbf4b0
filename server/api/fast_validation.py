"""The short cut for the call that sites make most: "is my license good?", asked with a site token.

It stands in front of Flask and answers only what it can answer surely, with the bytes that the long way would
send: a token that lasts, a plain body, the site's own address. Everything else, every refusal included, goes
the long way. It is apart because sessions, models and per-request machinery cost forty times the answer
(docs/decisions/0026-validation-in-front-of-flask.md).
"""

import io
import itertools
import logging
import os
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from server.accounts.signers import signing_seed
from server.api.answers import NONCE
from server.api.limits import standing_headers
from server.kernel import clock, cores, rate_limits, settings
from server.kernel.errors import KeydeskError
from server.kernel.prepared import CannotRead
from server.kernel.secrets import token_hash
from server.kernel.signing import sign_reply
from server.licensing.checks import judge
from server.licensing.services.asking_sites import AskingSite, find_asking_site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("keydesk.web")
PATH = "/v1/license-validations"
LARGEST = 4_096
LENGTHS = {"site_url": 2_048, "plugin_version": 32}  # what a plain body may hold, see ValidationRequest
Headers = list[tuple[str, str]]
# Reading and signing each let go of the interpreter for a few microseconds, and sixteen threads that take it
# from each other there cost more than the answers: they queue up once instead, until the answer is handed
# over, so that the next one does not wake only to wait for the interpreter.
_turn = threading.Lock()
FAIR = 4  # one thread would answer for milliseconds before it lets another have the core
_process, _numbers = os.urandom(8).hex(), itertools.count()  # of request ids


class FastValidation:
    """Wraps the application; a fault in here costs time, never an answer."""

    def __init__(self, long_way: "WSGIApplication", headers: Headers) -> None:
        self.long_way = long_way
        self.headers = headers  # those that every answer of the door carries

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH and environ["REQUEST_METHOD"] == "POST":
            try:
                answer = self._answer(environ, start_response)
            except (KeydeskError, CannotRead):
                answer = None
            except Exception:
                log.exception("the short cut failed; the long way answers")
                answer = None
            if answer is not None:
                return answer
        cores.roam()
        return self.long_way(environ, start_response)

    def _answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes] | None:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme != "Bearer" or not token.startswith("kdt_") or not _is_plain(environ):
            return None
        cores.gather()
        raw, number = _read(environ), next(_numbers)
        with _turn:
            asking = find_asking_site(token_hash(token))
            asked = plain_body(raw) if asking else None
            if asking is None or asked is None or asked.get("site_url", "") not in {"", asking.site_url}:
                return None  # another address would be compared with all sites of the license
            now, version = clock.now(), asked.get("plugin_version", "")
            body = orjson.dumps(judge(asking.question(now, plugin_version=version)))
            headers = [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                *_count(environ),
                ("Keydesk-Signature", _signature(asking, environ, body, now)),
                ("Keydesk-Request-Id", f"{_process}{number:016x}"),
                *self.headers,
            ]
            start_response("200 OK", headers)
        if number % FAIR == 0:
            time.sleep(0)
        return [body]


def plain_body(raw: bytes) -> dict[str, str] | None:
    """The body if it holds nothing but an address and a version in plain letters, which need no schema.

    Whatever the whole guard would refuse is not that plain: four quotes a pair leave no room for a name that
    comes twice.
    """
    try:
        asked = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if type(asked) is not dict or raw.count(b'"') != 4 * len(asked):
        return None
    for name, value in asked.items():
        if name not in LENGTHS or type(value) is not str or len(value) > LENGTHS[name]:
            return None
        if not (value.isascii() and value.isprintable()):
            return None
    return asked


def _is_plain(environ: "WSGIEnvironment") -> bool:
    """Nothing in the head of the request that somebody would have to think about."""
    length, nonce = environ.get("CONTENT_LENGTH") or "", environ.get("HTTP_KEYDESK_NONCE")
    return (
        environ.get("CONTENT_TYPE") == "application/json"
        and length.isdecimal()
        and 0 < int(length) <= LARGEST
        and "HTTP_CONTENT_ENCODING" not in environ
        and not environ.get("QUERY_STRING")
        and environ.get("HTTP_HOST", "").lower() in settings.current().allowed_hosts
        and (nonce is None or NONCE.fullmatch(nonce) is not None)
    )


def _read(environ: "WSGIEnvironment") -> bytes:
    """The body, which stays there to be read again."""
    raw: bytes = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(raw)
    return raw


def _signature(asking: AskingSite, environ: "WSGIEnvironment", body: bytes, now: datetime) -> str:
    return sign_reply(
        signing_seed(asking.signing_key_id).seed,
        status=200,
        method="POST",
        path=PATH,
        nonce=environ.get("HTTP_KEYDESK_NONCE", ""),
        ts=int(now.timestamp()),
        etag="",
        body=body,
    )


def _count(environ: "WSGIEnvironment") -> Headers:
    """As the gate counts. A reached limit raises, and the long way refuses."""
    if not settings.current().rate_limits:
        return []
    address = rate_limits.address_key(environ.get("REMOTE_ADDR"))
    rate_limits.check("unknown/ip", address)
    return list(standing_headers(rate_limits.count("keys/ip", address)))
