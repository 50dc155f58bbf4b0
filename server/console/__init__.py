"""The vendor's web console: one blueprint per page, all behind the same guard and headers."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Blueprint, Flask, redirect, render_template, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from server.console import frame, guard, headers, order_words, words
from server.kernel.db import session
from server.kernel.errors import BadRequest, KeydeskError, NotFound, TooLarge, Unauthorized
from server.kernel.settings import current


def register(app: Flask) -> None:
    """Mount the console on the app."""
    secure = not current().is_development
    app.config.update(
        SESSION_COOKIE_NAME="__Host-keydesk-form" if secure else "keydesk_form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard asks; other doors have no cookies
        WTF_CSRF_TIME_LIMIT=None,
    )
    guard.csrf.init_app(app)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        words.gettext, words.ngettext, newstyle=True
    )
    app.jinja_env.filters.update(words.FILTERS | order_words.FILTERS)
    app.register_blueprint(_console())
    app.add_url_rule("/", "home", _home)


def _console() -> Blueprint:
    console = Blueprint(
        "console", __name__, url_prefix="/console", static_folder="static", template_folder="templates"
    )
    console.before_request(guard.before_page)
    console.after_request(headers.add_headers)
    console.teardown_request(guard.after_page)
    console.context_processor(frame.around)
    console.register_error_handler(KeydeskError, _refused)
    console.register_error_handler(HTTPException, _http_error)
    for page in _pages():
        console.register_blueprint(page)
    console.add_url_rule("/", "home", _to_inbox)
    console.add_url_rule("/<path:_wanted>", "nowhere", _nowhere)
    return console


def _pages() -> list[Blueprint]:
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return [
        module.blueprint for module in modules if isinstance(getattr(module, "blueprint", None), Blueprint)
    ]


def _to_inbox() -> Response:
    return redirect(url_for("console.inbox.all_open"))


def _home() -> Response:
    """Whoever types the bare address wants the console."""
    return redirect(url_for("console.home"))


def _nowhere(_wanted: str) -> str:
    raise NotFound


def _refused(error: KeydeskError) -> tuple[str, int, dict[str, str]]:
    """A page about a refusal. It names no row, so a foreign one and a missing one look the same."""
    session.rollback()
    wait = {"Retry-After": str(error.fields["retry_after"])} if "retry_after" in error.fields else {}
    page = render_template("console/error.html", title=error.title, detail=error.detail, code=error.code)
    return page, error.status, wait


def _http_error(error: HTTPException) -> tuple[str, int, dict[str, str]] | Response:
    """What Flask itself refuses, in our words."""
    ours: dict[int | None, KeydeskError] = {
        401: Unauthorized("Please sign in again; the form was not sent."),
        404: NotFound(),
        413: TooLarge(),
    }
    if error.code is None or not 400 <= error.code < 500:
        raise error
    page, status, more = _refused(ours.get(error.code) or BadRequest(error.description))
    allow = ", ".join(getattr(error, "valid_methods", None) or ())
    return page, error.code or status, more | ({"Allow": allow} if allow else {})
