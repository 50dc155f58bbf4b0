"""The test's own door for what takes months: time, renewals, cards that are declined, disputes."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from tests.fake_stripe import billing, billing_objects, bills, clock, disputes
from tests.fake_stripe.api import the_shop
from tests.fake_stripe.control import _body
from tests.fake_stripe.errors import missing
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import without_private

blueprint = Blueprint("control_lives", __name__, url_prefix="/_test")


@blueprint.post("/clock")
def move_clock() -> Response:
    """`{"seconds"}`: what became due meanwhile is billed; the answer says what time it is then."""
    return jsonify(now=billing.advance(the_shop(), int(_body("seconds")["seconds"])))


@blueprint.get("/clock")
def read_clock() -> Response:
    return jsonify(now=clock.now())


@blueprint.post("/forget")
def forget() -> Response:
    """`{"kind"}`: every object of a kind is gone, like events after 30 days."""
    the_shop().store.forget(_body("kind")["kind"])
    return jsonify(forgotten=True)


@blueprint.post("/subscriptions/<id>/card")
def card(id: str) -> Response:
    """`{"declined"?: true, "slow"?: true, "usual"?: true}`: the bank refuses the next bills, or takes days.

    `usual`: the subscription names no way to pay, so the customer's own holds.
    """
    account, sold = _owned(id)
    wanted = _body()
    sold["_declined"], sold["_slow"] = bool(wanted.get("declined")), bool(wanted.get("slow"))
    debit = the_shop().create(account, billing_objects.bank_debit()) if sold["_slow"] else None
    named = debit["id"] if debit else None
    usual = bool(wanted.get("usual"))
    sold["default_payment_method"] = None if usual else named
    customer = bills.must_load(the_shop(), sold["customer"])
    customer["invoice_settings"]["default_payment_method"] = named if usual else None
    the_shop().store.save(account, customer)
    the_shop().store.save(account, sold)
    return jsonify(without_private(sold))


@blueprint.post("/subscriptions/<id>/change")
def change(id: str) -> Response:
    """`{"quantity"?, "item"?, "cancel_at_period_end"?, "metadata"?}`: as buyer or vendor may."""
    account, sold = _owned(id)
    return jsonify(without_private(billing.change(the_shop(), account, sold, _body())))


@blueprint.post("/subscriptions/<id>/end")
def end(id: str) -> Response:
    account, sold = _owned(id)
    return jsonify(without_private(billing.end(the_shop(), account, sold)))


@blueprint.post("/invoices/<id>/pay")
def pay_invoice(id: str) -> Response:
    return jsonify(without_private(billing.settle_bill(the_shop(), id)))


@blueprint.post("/invoices/<id>/refuse")
def refuse_invoice(id: str) -> Response:
    """After days the bank says no to a debit."""
    shop = the_shop()
    with shop.store.together():
        account, bill = _owned(id)
        bills.refuse(shop, account, bills.must_load(shop, bill["_subscription"]), bill)
    return jsonify(without_private(bill))


@blueprint.post("/charges/<id>/dispute")
def dispute(id: str) -> Response:
    """`{"inquiry"?: true}`; a session or a payment intent names its charge too."""
    return jsonify(disputes.open_dispute(the_shop(), id, inquiry=bool(_body().get("inquiry"))))


@blueprint.post("/disputes/<id>/close")
def close(id: str) -> Response:
    return jsonify(disputes.close_dispute(the_shop(), id, _body("status")["status"]))


@blueprint.post("/refunds/<id>/fail")
def fail(id: str) -> Response:
    return jsonify(disputes.fail_refund(the_shop(), id))


def _owned(id: str) -> tuple[str, Thing]:
    owned = the_shop().store.owned(id)
    if owned is None:
        raise missing("subscription", id)
    return owned
