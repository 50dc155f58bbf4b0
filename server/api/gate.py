"""The gate of every /v1 route: size, credential, scope, rate, media type and JSON, in this order."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import current_app, g, request

from server.api import limits
from server.api.callers import identify
from server.kernel.errors import TooLarge, Unauthorized, UnsupportedType
from server.kernel.json_guard import MAX_NODES, check_text, parse_json
from server.kernel.tenancy import tenant

JSON_BYTES = 64 * 1024
TEXT_BYTES = 160 * 1024
FILE_BYTES = 10 * 1024 * 1024
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Rule:
    """What a route asks of its caller. It stands above the view, and the gate enforces it."""

    callers: tuple[str, ...]  # of "product", "site", "vendor"
    scope: str | None = None  # for API keys
    limits: tuple[str, ...] = ()  # groups of api.limits, counted per caller (or per address: "…/ip")
    once: str = ""  # "required" or "optional": the call takes an Idempotency-Key (answers.once)
    signed: bool = False  # the answer carries Keydesk-Signature
    body_bytes: int = JSON_BYTES
    body_parts: int = MAX_NODES  # values and lists in the JSON
    multipart: bool = False
    ended_token: bool = False  # a released site may repeat its DELETE


def rule(*callers: str, **options: Any) -> Callable[[View], View]:
    """`@rule("site", limits=("reads",))` above a view; a /v1 route without one does not start."""

    def mark(view: View) -> View:
        view.keydesk_rule = Rule(callers, **options)  # type: ignore[attr-defined]  # read by rule_of
        return view

    return mark


def rule_of(endpoint: str | None) -> Rule | None:
    """The rule of a route, None for routes that are not of this door."""
    found: Rule | None = getattr(current_app.view_functions.get(endpoint or ""), "keydesk_rule", None)
    return found


def judge() -> None:
    """Runs before each request of this door; refuses by raising."""
    asked = rule_of(request.endpoint)
    if asked is None:
        return
    request.max_content_length = asked.body_bytes + (64 * 1024 if asked.multipart else 0)
    if request.content_length is not None and request.content_length > request.max_content_length:
        raise TooLarge(f"The most this address takes is {asked.body_bytes // 1024} KiB")
    _let_in(asked)
    for group in asked.limits:
        limits.count(group, limits.address() if group.endswith("/ip") else g.caller.ref)
    for text in (request.path, *request.args.values()):
        check_text(text)
    if request.method in {"POST", "PATCH", "PUT"}:
        _read_body(asked)


def leave(_error: BaseException | None = None) -> None:
    """Runs after each request: the vendor's scope ends with it."""
    scope: ExitStack | None = g.pop("scope", None)
    if scope is not None:
        scope.close()


def _let_in(asked: Rule) -> None:
    limits.check("unknown/ip", limits.address())
    try:
        g.caller = identify(asked.callers, asked.scope, may_have_ended=asked.ended_token)
    except Unauthorized:
        limits.count("unknown/ip", limits.address())
        raise
    g.tenant_of_signature = g.caller.tenant_id
    g.scope = ExitStack()
    g.scope.enter_context(tenant(g.caller.tenant_id))


def _read_body(asked: Rule) -> None:
    """What is not strict JSON is refused here, before any library reads it."""
    if asked.multipart:
        if request.mimetype != "multipart/form-data":
            raise UnsupportedType("Files are sent as multipart/form-data")
        return
    if request.headers.get("Content-Encoding"):
        raise UnsupportedType("The body must not be compressed")
    raw = request.get_data(cache=True)
    if not raw and request.content_length in {None, 0}:
        return
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in {"utf-8", "utf8"}:
        raise UnsupportedType("The body must be application/json in UTF-8")
    parse_json(raw, parts=asked.body_parts)
