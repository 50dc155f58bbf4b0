"""Stripe's REST API under /v1, as far as sales, subscriptions, refunds and disputes need it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from tests.fake_stripe import creating, creating_more
from tests.fake_stripe.errors import StripeFailure, missing
from tests.fake_stripe.faults import meet_failures
from tests.fake_stripe.form import nested, refuse_unknown
from tests.fake_stripe.objects import Thing, fresh_id
from tests.fake_stripe.shop import Shop
from tests.fake_stripe.showing import listed, shown

blueprint = Blueprint("api", __name__, url_prefix="/v1")

KINDS = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "checkout/sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "events": "event",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "disputes": "dispute",
    "coupons": "coupon",
    "promotion_codes": "promotion_code",
}
CREATE: dict[str, Callable[[Shop, str, Thing], Thing]] = {
    "customers": creating.customer,
    "products": creating.product,
    "prices": creating.price,
    "checkout/sessions": creating.session,
    "refunds": creating.refund,
    "subscriptions": creating_more.subscription,
    "coupons": creating_more.coupon,
    "promotion_codes": creating_more.promotion_code,
}


def the_shop() -> Shop:
    shop: Shop = current_app.extensions["shop"]
    return shop


@blueprint.before_request
def remember_the_call() -> None:
    the_shop().store.calls.append(
        {
            "method": request.method,
            "path": request.path,
            "idempotency_key": request.headers.get("Idempotency-Key"),
            "api_version": request.headers.get("Stripe-Version"),
        }
    )
    meet_failures(the_shop())


def create(noun: str) -> Response:
    return _once(lambda account, given: CREATE[noun](the_shop(), account, given))


def list_some(noun: str) -> Response:
    things = the_shop().store.newest_first(_account(), KINDS[noun])
    return jsonify(listed(the_shop().store, _account(), f"/v1/{noun}", things, _query()))


def retrieve(noun: str, id: str) -> Response:
    query = _query()
    refuse_unknown(query, set())
    found = the_shop().store.load(id, account=_account(), kind=KINDS[noun])
    if found is None:
        raise missing(KINDS[noun], id)
    return jsonify(shown(the_shop().store, _account(), found, query.get("expand", [])))


@blueprint.get("/checkout/sessions/<id>/line_items")
def list_line_items(id: str) -> Response:
    found = the_shop().store.load(id, account=_account(), kind="checkout.session")
    if found is None:
        raise missing("checkout.session", id)
    url = f"/v1/checkout/sessions/{id}/line_items"
    return jsonify(listed(the_shop().store, _account(), url, found["_items"], _query()))


@blueprint.post("/checkout/sessions/<id>/expire")
def expire(id: str) -> Response:
    return _once(lambda account, _given: the_shop().expire(id, account=account))


@blueprint.post("/subscriptions/<id>")
def update_subscription(id: str) -> Response:
    return _once(lambda account, given: creating_more.update(the_shop(), account, id, given))


@blueprint.delete("/subscriptions/<id>")
def cancel_subscription(id: str) -> Response:
    return _once(lambda account, _given: creating_more.cancel(the_shop(), account, id))


@blueprint.post("/invoices/create_preview")
def preview_invoice() -> Response:
    return _once(lambda account, given: creating_more.preview(the_shop(), account, given))


@blueprint.post("/billing_portal/sessions")
def open_portal() -> Response:
    return _once(lambda account, given: creating_more.portal(the_shop(), account, given))


@blueprint.after_request
def echo_version(answer: Response) -> Response:
    answer.headers["Request-Id"] = fresh_id("req")
    if version := request.headers.get("Stripe-Version"):
        answer.headers["Stripe-Version"] = version
    return answer


for _noun in KINDS:
    _fixed = {"noun": _noun}
    blueprint.add_url_rule(f"/{_noun}", view_func=list_some, methods=["GET"], defaults=_fixed)
    blueprint.add_url_rule(f"/{_noun}/<id>", view_func=retrieve, methods=["GET"], defaults=_fixed)
    if _noun in CREATE:
        blueprint.add_url_rule(f"/{_noun}", view_func=create, methods=["POST"], defaults=_fixed)


def _account() -> str:
    """The secret key names the account; nothing of another account is ever found."""
    given = re.fullmatch(r"Bearer ([sr]k_test_[A-Za-z0-9_]+)", request.headers.get("Authorization", ""))
    if given is None or the_shop().store.account(given[1]) is None:
        raise StripeFailure(401, "Invalid API Key provided.")
    return given[1]


def _query() -> Thing:
    return nested(request.args.items(multi=True))


def _once(act: Callable[[str, Thing], Thing]) -> Response:
    """The effect happens once per Idempotency-Key; the same key with other parameters is refused."""
    account, store, key = _account(), the_shop().store, request.headers.get("Idempotency-Key")
    # The raw bytes first: reading the form empties the stream.
    print_of_call = hashlib.sha256(request.path.encode() + b"\n" + request.get_data()).hexdigest()
    given = nested(request.form.items(multi=True))
    with store.together():
        if key and (known := store.remembered_answer(account, key)):
            return _again(known, print_of_call, key)
        answer = shown(store, account, act(account, given), given.get("expand", []))
        if key:
            store.remember_answer(account, key, print_of_call, 200, answer)
    return jsonify(answer)


def _again(known: tuple[str, int, Thing], print_of_call: str, key: str) -> Response:
    fingerprint, status, body = known
    if fingerprint != print_of_call:
        raise StripeFailure(
            400,
            "Keys for idempotent requests can only be used with the same parameters "
            f"they were first used with. ('{key}')",
            type="idempotency_error",
        )
    answer = jsonify(body)
    answer.status_code = status
    answer.headers["Idempotent-Replayed"] = "true"
    return answer


@blueprint.route("/<path:_rest>", methods=["GET", "POST", "DELETE"])
def unknown(_rest: str) -> Any:
    raise StripeFailure(404, f"Unrecognized request URL ({request.method}: {request.path}).")
