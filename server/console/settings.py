"""The vendor's own facts, the member's password, and keys for programs."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from server.accounts import services as accounts
from server.accounts import sessions
from server.accounts.models import SCOPES, ApiKey
from server.accounts.passwords import LONGEST, SHORTEST, hash_password
from server.console.forms import Field, Form, Group, read
from server.console.guard import actor, keep_cookie, seat
from server.console.words import gettext as _
from server.kernel import clock
from server.kernel.db import session as rows
from server.kernel.db import writing
from server.kernel.errors import Invalid

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("/")
def index() -> str:
    return _page()


@blueprint.post("/vendor")
def vendor() -> str | Response:
    form = read(_vendor_fields(), request.form)
    if not form:
        return _page(vendor_form=form)
    with writing():
        accounts.change_vendor(actor=actor(), **form.values)
    flash(_("Saved."))
    return redirect(url_for("console.settings.index"))


@blueprint.post("/password")
def password() -> str | Response:
    """Checks the present one, then signs every browser out except this one."""
    form = read(_password_fields(), request.form)
    if form:
        try:
            member = sessions.recognise(seat().member.email, form["present"])
            new_hash = hash_password(form["password"])
        except sessions.WrongPassword:
            form.refuse("present", _("This is not your present password."))
        except Invalid as error:
            form.take(error, otherwise="password")
    if not form:
        return _page(password_form=form)
    with writing():
        sessions.change_password(member, new_hash)
        token = sessions.open_session(member, now=clock.now())
    session.clear()
    flash(_("The password is changed. Other browsers were signed out."))
    return keep_cookie(redirect(url_for("console.settings.index")), token)


@blueprint.post("/keys")
def new_key() -> str:
    """The key stands on this one answer and nowhere else."""
    form = read(_key_fields(), request.form)
    if not form:
        return _page(key_form=form)
    scopes = [scope for scope in SCOPES if request.form.get(_field_of(scope))]
    if not scopes:
        form.refuse("scopes", _("Please choose what the key may do."))
        return _page(key_form=form)
    with writing():
        key, text = accounts.create_api_key(
            name=form["key_name"], scopes=scopes, now=clock.now(), mode=form["key_mode"]
        )
        accounts.audit(actor(), "key.created", key.id, name=key.name)
    return _page(new_key=text)


@blueprint.post("/keys/<key_id>/revocation")
def revoke_key(key_id: str) -> Response:
    with writing():
        accounts.revoke_api_key(key_id, now=clock.now())
        accounts.audit(actor(), "key.revoked", key_id)
    flash(_("The key is revoked."))
    return redirect(url_for("console.settings.index"))


def _page(
    *,
    vendor_form: Form | None = None,
    password_form: Form | None = None,
    key_form: Form | None = None,
    new_key: str = "",
) -> str:
    return render_template(
        "console/settings.html",
        vendor_form=_vendor_form() if vendor_form is None else vendor_form,
        password_form=Form(_password_fields()) if password_form is None else password_form,
        key_form=Form(_key_fields()) if key_form is None else key_form,
        keys=list(rows.scalars(select(ApiKey).order_by(ApiKey.id.desc()))),
        scopes=_scopes(),
        new_key=new_key,
    )


def _vendor_form() -> Form:
    shop, asked = accounts.vendor(), _vendor_fields()
    return Form(asked, {field.name: getattr(shop, field.name) for field in asked})


def _vendor_fields() -> list[Field]:
    return [
        Field("name", _("Vendor name"), limit=80, help=_("Mails and the buy page show it.")),
        Field(
            "support_email",
            _("Support address"),
            "email",
            limit=254,
            help=_("Answers to our mails go there, so a person should read it."),
        ),
        Field("terms_url", _("Terms of sale"), "url", required=False, limit=500),
        Field("privacy_url", _("Privacy notice"), "url", required=False, limit=500),
    ]


def _password_fields() -> list[Field]:
    return [
        Field("present", _("Present password"), "password", limit=LONGEST, autocomplete="current-password"),
        Field(
            "password",
            _("New password"),
            "password",
            limit=LONGEST,
            autocomplete="new-password",
            help=_("At least %(count)d characters; a few words in a row are good.") % {"count": SHORTEST},
        ),
    ]


def _key_fields() -> list[Field]:
    what = Group("scopes", _("What it may do"))
    return [
        Field("key_name", _("What the key is for"), limit=80),
        Field(
            "key_mode",
            _("Kind"),
            "choice",
            choices=[("live", _("Live")), ("test", _("Test: sees and makes test licenses only"))],
        ),
        *(
            Field(_field_of(scope), word, "check", required=False, group=what)
            for scope, word in _scopes().items()
        ),
    ]


def _scopes() -> dict[str, str]:
    """What each scope of a key allows, in words."""
    return {
        "catalog:read": _("Read products and plans"),
        "catalog:write": _("Change products, plans and prices"),
        "customers:read": _("Read customers"),
        "licenses:read": _("Read licenses"),
        "licenses:write": _("Issue, change and revoke licenses"),
        "licenses:reveal": _("See whole license keys"),
        "orders:read": _("Read orders"),
        "orders:write": _("Report purchases of another shop"),
        "tickets:read": _("Read tickets"),
        "tickets:write": _("Answer tickets"),
    }


def _field_of(scope: str) -> str:
    return "may_" + scope.replace(":", "_")
