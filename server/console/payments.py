"""Stripe: connected by two secrets, and what was bought last."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from server.billing import services as billing
from server.billing.models import Order, StripeConnection
from server.billing.services.connections import MOST_GRACE_DAYS
from server.billing.stripe_api import HANDLED, MAY_READ, MAY_WRITE, StripeAway, StripeRefused, try_key
from server.console.forms import Field, Form, read
from server.console.guard import actor
from server.console.words import gettext as _
from server.console.words import series
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.errors import Invalid
from server.kernel.settings import current
from server.kernel.tenancy import resolve

blueprint = Blueprint("payments", __name__, url_prefix="/payments")
ORDERS = 20


@blueprint.get("/")
def index() -> str:
    return _page(Form(_fields()))


@blueprint.post("/connection")
def connect() -> str | Response:
    """The webhook secret may come in a second step; a key that Stripe does not know is not stored."""
    form = read(_fields(), {name: text.strip() for name, text in request.form.items()})
    mode = "live" if form["api_key"][2:].startswith("_live_") else "test"
    if form and not form["webhook_secret"] and _is_connected(mode):
        form.refuse("webhook_secret", _("Please enter the secret of the endpoint."))
    if form:
        _try(form, mode)
    if form:
        with writing():
            billing.connect_stripe(**form.values, mode=mode, now=clock.now(), actor=actor())
        flash(_told(has_secret=bool(form["webhook_secret"])))
        return redirect(url_for("console.payments.index"))
    return _page(form)


@blueprint.post("/connection/<connection_id>/end")
def disconnect(connection_id: str) -> Response:
    with writing():
        billing.disconnect_stripe(resolve(StripeConnection, connection_id), actor=actor())
    flash(_("Stripe is disconnected. Its secrets are removed."))
    return redirect(url_for("console.payments.index"))


@blueprint.post("/connection/<connection_id>/policy")
def set_policy(connection_id: str) -> str | Response:
    form = read(_policy_fields(), request.form)
    if form:
        try:
            with writing():
                billing.set_policy(
                    resolve(StripeConnection, connection_id),
                    grace_days=form.whole("grace_days") or 0,
                    partial_refund=form["partial_refund"],
                    promotion_codes=bool(form["promotion_codes"]),
                    automatic_tax=bool(form["automatic_tax"]),
                    actor=actor(),
                )
            flash(_("Saved. It holds for what happens from now on."))
            return redirect(url_for("console.payments.index"))
        except Invalid as error:
            form.take(error, otherwise="grace_days")
    return _page(Form(_fields()), policies={connection_id: form})


def _try(form: Form, mode: str) -> None:
    """Ask Stripe before anything is stored; no transaction is open meanwhile."""
    try:
        billing.refuse_wrong_secrets(form["api_key"], form["webhook_secret"], mode)
        session.rollback()
        try_key(form["api_key"])
    except Invalid as error:
        form.take(error, otherwise="api_key")
    except StripeAway:
        form.refuse("api_key", _("Stripe did not answer, try again."))
    except StripeRefused:
        form.refuse("api_key", _("Stripe does not accept this key, or it may not read Checkout Sessions."))


def _is_connected(mode: str) -> bool:
    return any(one.mode == mode for one in billing.list_connections())


def _told(*, has_secret: bool) -> str:
    if has_secret:
        return _("Stripe is connected. Its first event shows that the hook works.")
    return _("The hook address is made. Enter it in Stripe, then enter both secrets here.")


def _page(form: Form, policies: dict[str, Form] | None = None) -> str:
    connections = billing.list_connections()
    orders = session.scalars(select(Order).order_by(Order.id.desc()).limit(ORDERS)).all()
    return render_template(
        "console/payments.html",
        connections=connections,
        hook_urls={one.id: billing.hook_url(one) for one in connections},
        complete={one.id for one in connections if billing.is_complete(one)},
        selling={one.id for one in connections if billing.sells_as(one) == "live"},
        is_test_shop=bool(current().stripe_api_base) and current().is_development,
        form=form,
        policies={one.id: Form(_policy_fields(), _policy_of(one)) for one in connections} | (policies or {}),
        handled=sorted(HANDLED),
        may_write=series(MAY_WRITE),
        may_read=series(MAY_READ),
        orders=orders,
        paid=billing.payments_of_each(orders),
    )


def _policy_of(connection: StripeConnection) -> dict[str, str]:
    return {
        "grace_days": str(connection.grace_days),
        "partial_refund": connection.partial_refund,
        "promotion_codes": "yes" if connection.promotion_codes else "",
        "automatic_tax": "yes" if connection.automatic_tax else "",
    }


def _policy_fields() -> list[Field]:
    return [
        Field(
            "grace_days",
            _("Days of grace"),
            "number",
            most=MOST_GRACE_DAYS,
            help=_("So long a license runs on when its renewal could not be charged."),
        ),
        Field(
            "partial_refund",
            _("When a part of the money goes back"),
            "choice",
            choices=[("keep", _("the license stays")), ("revoke", _("the license ends"))],
        ),
        Field(
            "promotion_codes",
            _("Buyers may enter promotion codes that you made at Stripe"),
            "check",
            required=False,
        ),
        Field(
            "automatic_tax",
            _("Stripe Tax adds the tax"),
            "check",
            required=False,
            help=_("Switch it on at Stripe first, else buyers cannot pay."),
        ),
    ]


def _fields() -> list[Field]:
    return [
        Field(
            "api_key",
            _("Restricted key"),
            "password",
            limit=300,
            autocomplete="off",
            help=_("Begins with rk_live_ or rk_test_; a secret key, sk_live_ or sk_test_, works too."),
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
