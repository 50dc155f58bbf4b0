"""Mails that were sent, as they were written; in development only, where they go to a folder."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from sqlalchemy import select

from server.console.headers import MAIL, use_policy
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.kernel.settings import current
from server.kernel.tenancy import resolve
from server.mail.models import Mail

blueprint = Blueprint("mails", __name__, url_prefix="/mails")
SHOWN = 100


@blueprint.before_request
def only_in_development() -> None:
    """A sent mail carries keys and links: outside development nobody reads it again."""
    if not current().is_development:
        raise NotFound


@blueprint.get("/")
def index() -> str:
    mails = list(session.scalars(select(Mail).order_by(Mail.id.desc()).limit(SHOWN)))
    return render_template("console/mails.html", mails=mails)


@blueprint.get("/<mail_id>")
def show(mail_id: str) -> str:
    return render_template("console/mail.html", mail=resolve(Mail, mail_id))


@blueprint.get("/<mail_id>/html")
def html(mail_id: str) -> Response:
    """The mail itself, in a sandbox."""
    use_policy(MAIL)
    return Response(resolve(Mail, mail_id).html, mimetype="text/html")
