"""Answers of the JSON door: written once, signed where sites must be able to trust them, kept for repeats."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import orjson
from flask import Response, g, request

from server.accounts.services import signing_key_for_replies
from server.api import limits
from server.api.callers import caller
from server.api.gate import rule_of
from server.kernel import clock, idempotency
from server.kernel.db import writing
from server.kernel.errors import BadRequest, KeydeskError
from server.kernel.problems import CONTENT_TYPE, problem_bytes
from server.kernel.signing import sign_reply
from server.kernel.tenancy import tenant

KEY = re.compile(r"[A-Za-z0-9_.:-]{16,255}")
NONCE = re.compile(r"[A-Za-z0-9_-]{22}")
CACHING = "no-store, no-transform"
KEPT_REFUSALS = {403, 404, 409, 410, 422}
Body = dict[str, Any] | list[Any]


class KeyRequired(BadRequest):
    """A writing call without Idempotency-Key."""

    code = "idempotency_key_required"
    title = "This call needs an Idempotency-Key header"


class KeyInvalid(BadRequest):
    """An Idempotency-Key of the wrong shape."""

    code = "idempotency_key_invalid"
    title = "An Idempotency-Key has 16 to 255 characters of A-Z a-z 0-9 _ . : -"


class NonceInvalid(BadRequest):
    """A Keydesk-Nonce of the wrong shape."""

    code = "nonce_invalid"
    title = "A Keydesk-Nonce is 16 random bytes in base64url (22 characters)"


def show(body: Body, status: int = 200, *, etag: bool = False) -> Response:
    """An answer. With `etag` an unchanged one becomes 304."""
    response = _response(status, orjson.dumps(body))
    if etag:
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        response.make_conditional(request)
    return response


def empty() -> Response:
    """204: done, nothing to say."""
    return Response(status=204)


def once(act: Callable[[], tuple[int, Body]]) -> Response:
    """Do the act one time for its Idempotency-Key, in one transaction with the keeping of its answer.

    Refusals from business state are kept too; what says "try again" is not. The route's rule says whether
    the key may be missing.
    """
    asked, key = rule_of(request.endpoint), request.headers.get("Idempotency-Key")
    if asked is None or not asked.once:
        raise RuntimeError(f"the rule of {request.endpoint} does not name its Idempotency-Key")
    if key is None and asked.once == "optional":
        with writing():
            status, body = act()
        return show(body, status)
    scope = _scope(key)
    with writing():
        stored = idempotency.claim(scope, _fingerprint(), clock.now())
    if stored is not None:
        response = _response(stored.status, stored.body)
        response.headers["Idempotency-Replayed"] = "true"
        return response
    return _first_time(scope, act)


def check_nonce() -> None:
    """Runs before each request: a nonce that cannot be echoed safely is refused."""
    nonce = request.headers.get("Keydesk-Nonce")
    if nonce is not None and not NONCE.fullmatch(nonce):
        raise NonceInvalid


def finish(response: Response) -> Response:
    """Runs after each request of this door: headers and signature."""
    asked = rule_of(request.endpoint)
    if asked is None:
        return response
    response.headers["Cache-Control"] = CACHING
    response.headers.extend(dict(limits.headers()))
    tenant_id = g.get("tenant_of_signature")
    unsigned = response.status_code >= 500 or response.status_code in {304, 429}
    if asked.signed and tenant_id and not unsigned:
        response.headers["Keydesk-Signature"] = _signature(response, tenant_id)
    return response


def _first_time(scope: str, act: Callable[[], tuple[int, Body]]) -> Response:
    try:
        with writing():
            status, body = act()
            raw = orjson.dumps(body)
            idempotency.keep(scope, status, raw)
    except KeydeskError as refusal:
        with writing():
            if refusal.status in KEPT_REFUSALS:
                idempotency.keep(scope, refusal.status, problem_bytes(refusal))
            else:
                idempotency.release(scope)
        raise
    except BaseException:
        with writing():
            idempotency.release(scope)
        raise
    return _response(status, raw)


def _response(status: int, raw: bytes) -> Response:
    kind = CONTENT_TYPE if status >= 400 else "application/json"
    return Response(raw, status=status, content_type=kind)


def _scope(key: str | None) -> str:
    if key is None:
        raise KeyRequired
    if not KEY.fullmatch(key):
        raise KeyInvalid
    return idempotency.scope_of(caller().ref, request.method, str(request.url_rule), key)


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    if request.mimetype == "multipart/form-data":
        for name in sorted(request.files):
            file = request.files[name]
            digest.update(f"{name}\n{file.filename}\n".encode() + hashlib.sha256(file.read()).digest())
            file.seek(0)
    else:
        digest.update(request.get_data(cache=True))
    return digest.hexdigest()


def _signature(response: Response, tenant_id: str) -> str:
    with tenant(tenant_id):
        key = signing_key_for_replies()
    return sign_reply(
        key.seed,
        status=response.status_code,
        method=request.method,
        path=request.path,
        nonce=request.headers.get("Keydesk-Nonce", ""),
        ts=int(clock.now().timestamp()),
        etag=response.headers.get("ETag", ""),
        body=response.get_data(),
    )
