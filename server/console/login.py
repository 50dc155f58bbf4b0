"""Signing in and out, and the first owner of an empty server; the only module that knows passwords."""

from __future__ import annotations

import re
import unicodedata

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from server.accounts import sessions
from server.accounts.passwords import LONGEST, SHORTEST, LoginBusy
from server.console.attempts import Attempts
from server.console.forms import Field, read
from server.console.guard import cookie_name, keep_cookie, next_page
from server.console.words import gettext as _
from server.console.words import ngettext
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import Conflict, Invalid
from server.kernel.settings import current
from server.kernel.tenancy import tenant

blueprint = Blueprint("login", __name__)
attempts = Attempts()


@blueprint.get("/sign-in")
def sign_in() -> str | Response:
    """The form; on an empty server the way to the first owner."""
    if not sessions.has_vendor():
        return redirect(url_for("console.login.first_owner"))
    return _form()


@blueprint.post("/sign-in")
def try_to_sign_in() -> Response:
    """Password against account; the same answer and the same work whether the account exists or not."""
    account, now = request.form.get("email", "").strip().lower()[:254], clock.now()
    caller = request.remote_addr or ""
    if current().rate_limits and (left := attempts.pause_left(caller, account, now)):
        minutes = -(-int(left.total_seconds()) // 60)
        wait = ngettext("Wait %(count)d minute.", "Wait %(count)d minutes.", minutes) % {"count": minutes}
        return make_response(_form(_("Too many tries."), wait), 429, {"Retry-After": str(minutes * 60)})
    try:
        member = sessions.recognise(account, request.form.get("password", ""))
    except sessions.WrongPassword:
        return make_response(_form(_("That did not match."), _after_failure(caller, account)), 401)
    except LoginBusy as busy:
        return make_response(_form(busy.title, _("Nothing was lost.")), 503, {"Retry-After": "2"})
    attempts.succeeded(caller, account)
    with tenant(member.tenant_id), writing():
        token = sessions.open_session(member, now=now)
    return _enter(token, next_page(request.form.get("next", "")))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    with writing():
        sessions.close_session(request.cookies.get(cookie_name(), ""))
    session.clear()
    flash(_("You are signed out."))
    response = redirect(url_for("console.login.sign_in"))
    response.delete_cookie(cookie_name(), path="/", secure=not current().is_development, httponly=True)
    return response


@blueprint.route("/first-owner", methods=["GET", "POST"])
def first_owner() -> str | Response:
    """Only while the server has no vendor; needs the token from the terminal."""
    if sessions.has_vendor():
        return redirect(url_for("console.login.sign_in"))
    form = read(_first_owner_fields(), request.form or request.args)
    if request.method == "POST" and form:
        try:
            with writing():
                member = sessions.claim_first_owner(
                    current().data_dir,
                    form["token"],
                    shop=form["shop"],
                    slug=slug_of(form["shop"]),
                    email=form["email"],
                    name=form["name"],
                    password=form["password"],
                    now=clock.now(),
                )
            with tenant(member.tenant_id), writing():
                token = sessions.open_session(member, now=clock.now())
            return _enter(token, url_for("console.settings.index"))
        except (sessions.FirstOwnerLinkEnded, Invalid, Conflict) as error:
            form.take(
                error, otherwise="token" if isinstance(error, sessions.FirstOwnerLinkEnded) else "email"
            )
    if request.method == "GET":
        form.errors.clear()
    return render_template("console/first_owner.html", form=form)


def slug_of(name: str) -> str:
    """A short name for addresses: Latin letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "shop"


def _form(cause: str = "", step: str = "") -> str:
    return render_template(
        "console/sign_in.html",
        cause=cause,
        step=step,
        email=request.form.get("email", ""),
        next=request.values.get("next", ""),
    )


def _after_failure(caller: str, account: str) -> str:
    left = attempts.failed(caller, account, clock.now())
    if left > 2:
        return _("Check the address and the password.")
    if not left:
        return _("Check the address and the password. The next try is possible after a pause.")
    return ngettext(
        "Check the address and the password. %(count)d more try, then a pause.",
        "Check the address and the password. %(count)d more tries, then a pause.",
        left,
    ) % {"count": left}


def _enter(token: str, page: str) -> Response:
    session.clear()  # form tokens from before the log-in end with it
    return keep_cookie(redirect(page), token)


def _first_owner_fields() -> list[Field]:
    return [
        Field("token", _("Token from the terminal"), autocomplete="off"),
        Field("shop", _("Name of your shop"), limit=80, autocomplete="organization"),
        Field("name", _("Your name"), limit=80, autocomplete="name"),
        Field("email", _("Your e-mail"), "email", limit=254, autocomplete="username"),
        Field(
            "password",
            _("Password"),
            "password",
            limit=LONGEST,
            autocomplete="new-password",
            help=_("At least %(count)d characters; a few words in a row are good.") % {"count": SHORTEST},
        ),
    ]
