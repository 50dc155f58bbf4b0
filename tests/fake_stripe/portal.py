"""The customer's own page behind a portal session: bills, the card, the end of a subscription."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tests.fake_stripe import billing
from tests.fake_stripe.api import the_shop
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.page import money

blueprint = Blueprint("portal", __name__, url_prefix="/p/session")
STATES = {"trialing": "on trial", "active": "active", "past_due": "unpaid", "canceled": "ended"}
DONE = {
    "card": "The payment method is updated. What was owed is paid.",
    "end": "The subscription ends with the term that is paid.",
    "keep": "The subscription goes on.",
}


@blueprint.get("/<id>")
def show(id: str) -> tuple[str, int]:
    opened = the_shop().store.owned(id)
    if opened is None or opened[1]["object"] != "billing_portal.session":
        return render_template("closed.html", title="We do not know this page", back=None), 404
    account, session = opened
    return render_template(
        "portal.html",
        session=session,
        customer=the_shop().store.load(session["customer"]),
        subscriptions=[_subscription(one) for one in _of_customer(account, session, "subscription")],
        bills=[_bill(one) for one in _of_customer(account, session, "invoice")],
        done=DONE.get(request.args.get("done", "")),
    ), 200


@blueprint.post("/<id>/card")
def update_card(id: str) -> Response:
    """A card that works from now on: it pays what is owed."""
    account, session = _opened(id)
    for one in _of_customer(account, session, "subscription"):
        the_shop().store.save(account, one | {"_declined": False})
    for bill in _of_customer(account, session, "invoice"):
        if bill["status"] == "open":
            billing.settle_bill(the_shop(), bill["id"])
    return _back(id, "card")


@blueprint.post("/<id>/subscriptions/<subscription_id>/<act>")
def change(id: str, subscription_id: str, act: str) -> Response:
    """`end` with the paid term, or `keep` after all."""
    account, session = _opened(id)
    found = [one for one in _of_customer(account, session, "subscription") if one["id"] == subscription_id]
    for one in found:
        billing.change(the_shop(), account, one, {"cancel_at_period_end": act == "end"})
    return _back(id, act)


def _opened(id: str) -> tuple[str, Thing]:
    owned = the_shop().store.owned(id)
    assert owned is not None, "the page that sent this form was open"
    return owned


def _back(id: str, done: str) -> Response:
    return redirect(url_for("portal.show", id=id, done=done), code=303)


def _of_customer(account: str, session: Thing, kind: str) -> list[Thing]:
    made = the_shop().store.newest_first(account, kind)
    return [one for one in made if one["customer"] == session["customer"]]


def _subscription(sold: Thing) -> Thing:
    item = sold["items"]["data"][0]
    product = the_shop().store.load(item["price"]["product"])
    sum_ = money(item["price"]["unit_amount"] * item["quantity"], sold["currency"])
    return {
        "id": sold["id"],
        "name": product["name"] if product else "",
        "price": f"{sum_} a {item['price']['recurring']['interval']}",
        "state": STATES.get(sold["status"], sold["status"]),
        "runs": sold["status"] in billing.ALIVE,
        "ends": sold["cancel_at_period_end"],
        "until": _day(item["current_period_end"]),
    }


def _bill(bill: Thing) -> Thing:
    state = {"open": "not paid", "paid": "paid"}.get(bill["status"], bill["status"])
    shown = money(bill["total"], bill["currency"])
    return {"number": bill["number"], "day": _day(bill["created"]), "sum": shown, "state": state}


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
