"""The hosted checkout page behind `session.url`: plainly a test shop, works without a script."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from tests.fake_stripe import till
from tests.fake_stripe.api import the_shop
from tests.fake_stripe.errors import StripeFailure
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.paying import pay as pay_session

blueprint = Blueprint("page", __name__, url_prefix="/c/pay")


@blueprint.get("/<session_id>")
def show(session_id: str) -> tuple[str, int]:
    return _page(session_id)


@blueprint.post("/<session_id>")
def pay(session_id: str) -> Response | tuple[str, int]:
    """The buyer pays, or only wants to see what a promotion code brings (`apply`)."""
    with the_shop().store.lock:
        session = _session(session_id)
        if session is None or session["status"] == "expired":
            return _page(session_id)
        if session["status"] == "open":
            typed = {name: _typed(name) for name in ("email", "name", "code")}
            problems = {} if "apply" in request.form else _problems(typed["email"], typed["name"])
            problems |= _rebate(session_id, typed["code"]) if typed["code"] else {}
            if problems or "apply" in request.form:
                return _page(session_id, problems=problems, status=422 if problems else 200, **typed)
            session = pay_session(the_shop(), session_id, email=typed["email"], name=typed["name"])
    return redirect(_after_payment(session), code=303)


def _rebate(session_id: str, code: str) -> dict[str, str]:
    account, session = the_shop().session(session_id, status="open")
    try:
        till.rebate(the_shop(), account, session, code)
    except StripeFailure:
        return {"code": "This code is not valid."}
    the_shop().store.save(account, session)
    return {}


def _page(session_id: str, *, status: int = 200, **typed: Any) -> tuple[str, int]:
    session = _session(session_id)
    if session is None:
        return render_template("closed.html", title="We do not know this purchase", back=None), 404
    if session["status"] == "expired":
        return render_template(
            "closed.html", title="This purchase has expired", back=session["cancel_url"]
        ), 410
    if session["status"] == "complete":
        return render_template(
            "closed.html", title="This purchase is paid", back=_after_payment(session)
        ), 200
    till.reckon(session)
    return render_template("checkout.html", session=session, **_sums(session), **typed), status


def _sums(session: Thing) -> Thing:
    """Everything that the page says about money, in words."""
    currency, details = session["currency"], session["total_details"]
    rhythm = session["_items"][0]["price"]["recurring"]
    lines = [{**line, "shown": money(line["amount_total"], currency)} for line in session["_items"]]
    return {
        "lines": lines,
        "discount": money(details["amount_discount"], currency) if details["amount_discount"] else "",
        "tax": money(details["amount_tax"], currency) if session["automatic_tax"]["enabled"] else "",
        "tax_percent": till.TAX_PERCENT,
        "total": money(session["amount_total"], currency),
        "nothing": money(0, currency),
        "each": f" a {rhythm['interval']}" if rhythm else "",
        "trial_days": till.trial_days(session),
        "takes_codes": session["allow_promotion_codes"] and not till.trial_days(session),
        "test_code": till.CODE,
        "code_percent": till.CODE_PERCENT,
    }


def _session(session_id: str) -> Thing | None:
    return the_shop().store.load(session_id, kind="checkout.session")


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:200]


def _problems(email: str, name: str) -> dict[str, str]:
    problems = {}
    left, _, right = email.partition("@")
    if not left or "." not in right:
        problems["email"] = "Enter an e-mail address such as anna@example.com."
    if not name:
        problems["name"] = "Enter your name."
    return problems


def _after_payment(session: Thing) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def money(amount: int, currency: str) -> str:
    """`4900, eur` is `49.00 EUR`; yen and won have no cents."""
    if currency in ("jpy", "krw", "vnd", "clp"):
        return f"{amount:,} {currency.upper()}"
    return f"{amount / 100:,.2f} {currency.upper()}"
