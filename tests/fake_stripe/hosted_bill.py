"""The page behind a bill: the buyer pays it with another card."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tests.fake_stripe import billing
from tests.fake_stripe.api import the_shop
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.page import money

blueprint = Blueprint("hosted_bill", __name__, url_prefix="/i")


@blueprint.get("/<id>")
def show(id: str) -> tuple[str, int]:
    bill = _bill(id)
    if bill is None:
        return render_template("closed.html", title="We do not know this page", back=None), 404
    owed = money(bill["amount_due"], bill["currency"])
    return render_template("bill.html", bill=bill, owed=owed), 200


@blueprint.post("/<id>")
def pay(id: str) -> Response:
    billing.settle_bill(the_shop(), id)
    return redirect(url_for("hosted_bill.show", id=id), code=303)


def _bill(id: str) -> Thing | None:
    owned = the_shop().store.owned(id)
    return owned[1] if owned is not None and owned[1]["object"] == "invoice" else None
