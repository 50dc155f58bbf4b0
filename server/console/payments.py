"""Stripe: connected by two secrets, and what was bought last."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from server.billing.models import Order, StripeConnection
from server.billing.services import connect_stripe, hook_url
from server.console.forms import Field, Form, read
from server.console.guard import actor
from server.console.words import gettext as _
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.errors import Invalid
from server.kernel.secrets import new_link_token
from server.kernel.settings import current

blueprint = Blueprint("payments", __name__, url_prefix="/payments")
ORDERS = 20


@blueprint.get("/")
def index() -> str:
    return _page(Form(_fields()))


@blueprint.post("/connection")
def connect() -> str | Response:
    """The hook's address holds the connection's id, so the webhook secret may come in a second step."""
    form = read(_fields(), request.form)
    mode = "live" if form["api_key"][2:].startswith("_live_") else "test"
    if form and not form["webhook_secret"] and _is_connected(mode):
        form.refuse("webhook_secret", _("Please enter the secret of the endpoint."))
    if form:
        try:
            with writing():
                connect_stripe(
                    api_key=form["api_key"],
                    webhook_secret=form["webhook_secret"] or f"whsec_{new_link_token()}",
                    mode=mode,
                    now=clock.now(),
                    actor=actor(),
                )
            flash(_told(has_secret=bool(form["webhook_secret"])))
            return redirect(url_for("console.payments.index"))
        except Invalid as error:
            form.take(error, otherwise="api_key")
    return _page(form)


def _is_connected(mode: str) -> bool:
    return session.scalar(select(StripeConnection.id).where(StripeConnection.mode == mode)) is not None


def _told(*, has_secret: bool) -> str:
    if has_secret:
        return _("Stripe is connected. Its first event shows that the hook works.")
    return _("The hook address is made. Enter it in Stripe, then enter both secrets here.")


def _page(form: Form) -> str:
    connections = session.scalars(select(StripeConnection).order_by(StripeConnection.mode)).all()
    orders = session.scalars(select(Order).order_by(Order.id.desc()).limit(ORDERS)).all()
    return render_template(
        "console/payments.html",
        connections=connections,
        hook_urls={one.id: hook_url(one) for one in connections},
        is_test_shop=bool(current().stripe_api_base) and current().is_development,
        form=form,
        orders=orders,
    )


def _fields() -> list[Field]:
    return [
        Field(
            "api_key",
            _("Restricted key"),
            "password",
            limit=300,
            autocomplete="off",
            help=_("Begins with rk_live_ or rk_test_."),
        ),
        Field(
            "webhook_secret",
            _("Webhook secret"),
            "password",
            limit=300,
            required=False,
            autocomplete="off",
            help=_("Begins with whsec_. Leave it empty once to get the hook address first."),
        ),
    ]
