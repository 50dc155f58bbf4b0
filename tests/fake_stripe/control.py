"""The test's own door `/_test/`: buy, settle, refund, break things, and read what happened."""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tests.fake_stripe import clock, paying
from tests.fake_stripe.api import the_shop
from tests.fake_stripe.deliveries import post, signature
from tests.fake_stripe.errors import StripeFailure, invalid, missing, required
from tests.fake_stripe.faults import KINDS
from tests.fake_stripe.shop import Failure, without_private
from tests.fake_stripe.store import Account

blueprint = Blueprint("control", __name__, url_prefix="/_test")


@blueprint.get("/ready")
def ready() -> Response:
    return jsonify(ready=True)


@blueprint.post("/accounts")
def put_account() -> Response:
    """`{"api_key", "secrets": [newest, previous?], "hook_url"}`: where this key's events go from now on."""
    wanted = _body("api_key", "secrets", "hook_url")
    the_shop().store.put_account(Account(wanted["api_key"], list(wanted["secrets"]), wanted["hook_url"]))
    return jsonify(known=True)


@blueprint.post("/checkout/sessions/<id>/complete")
def complete(id: str) -> Response:
    """`{"email"?, "name"?, "later"?: true}`: the buyer pays, or starts a bank transfer."""
    wanted = _body()
    paid = paying.pay(
        the_shop(),
        id,
        email=wanted.get("email", "buyer@example.com"),
        name=wanted.get("name", "Anna Buyer"),
        later=bool(wanted.get("later")),
        code=wanted.get("code", ""),
    )
    return jsonify(without_private(paid))


@blueprint.post("/checkout/sessions/<id>/settle")
def settle(id: str) -> Response:
    settled = the_shop().settle(id, succeeded=bool(_body("succeeded")["succeeded"]))
    return jsonify(without_private(settled))


@blueprint.post("/checkout/sessions/<id>/expire")
def expire(id: str) -> Response:
    return jsonify(without_private(the_shop().expire(id)))


@blueprint.post("/charges/<id>/refund")
def refund(id: str) -> Response:
    """Gives back what is left (or `{"amount"}`); a payment intent or a session names its charge too."""
    account, charge_id = the_shop().charge_of(id)
    made = the_shop().refund(
        account, charge_id, amount=_body().get("amount"), reason="requested_by_customer", metadata={}
    )
    return jsonify(made)


@blueprint.post("/events")
def make_event() -> Response:
    """`{"type", "about": object id}`: an event of any type about an object as it is now."""
    wanted = _body("type", "about")
    owned = the_shop().store.owned(wanted["about"])
    if owned is None:
        raise missing("object", wanted["about"])
    return jsonify(the_shop().announce(owned[0], wanted["type"], owned[1]))


@blueprint.get("/events")
def all_events() -> Response:
    return jsonify(data=the_shop().store.newest_first(request.args.get("account"), "event"))


@blueprint.post("/deliver")
def deliver() -> Response:
    """Sends events now, `times` each, shuffled by `seed`, `parallel` at once; answers the statuses.

    Forgeries: `secret` signs with another secret, `age_s` dates the signature back, `changed_byte` alters
    the body after signing, `unsigned` leaves the header empty, `merge` changes the event before signing.
    """
    wanted = _body("events")
    jobs = [_letter(id, wanted) for id in wanted["events"] for _ in range(int(wanted.get("times", 1)))]
    random.Random(wanted.get("seed", 0)).shuffle(jobs)
    with ThreadPoolExecutor(int(wanted.get("parallel", 1))) as senders:
        statuses = list(senders.map(lambda letter: post(*letter), jobs))
    return jsonify(statuses=statuses)


def _letter(event_id: str, wanted: dict[str, Any]) -> tuple[str, bytes, str]:
    owned = the_shop().store.owned(event_id)
    account = the_shop().store.account(owned[0]) if owned else None
    if owned is None or account is None:
        raise missing("event", event_id)
    body = json.dumps({**owned[1], **wanted.get("merge", {})}, indent=2).encode()
    secrets = [wanted["secret"]] if "secret" in wanted else account.secrets
    signed = signature(body, secrets, at=int(time.time()) - int(wanted.get("age_s", 0)))
    if wanted.get("changed_byte"):
        body = body.replace(b'"evt_', b'"evt-', 1)
    return account.hook_url, body, "" if wanted.get("unsigned") else signed


@blueprint.put("/sender")
def pause_sender() -> Response:
    """`{"paused": true}` keeps deliveries back; nothing is lost."""
    the_shop().sender.pause(bool(_body("paused")["paused"]))
    return jsonify(paused=request.get_json()["paused"])


@blueprint.put("/failures")
def set_failures() -> Response:
    """A list of `{"kind": one of KINDS, "path"?, "times"?, "seconds"?}`; an empty one heals."""
    wanted = request.get_json(force=True)
    if not isinstance(wanted, list) or any(failure.get("kind") not in KINDS for failure in wanted):
        raise invalid("kind", f"Send a list of failures of the kinds {', '.join(KINDS)}.")
    with the_shop().store.lock:
        the_shop().failures[:] = [Failure(**failure) for failure in wanted]
    return jsonify(failures=len(wanted))


@blueprint.get("/log")
def log() -> Response:
    store = the_shop().store
    return jsonify(calls=list(store.calls), deliveries=store.deliveries())


@blueprint.post("/reset")
def reset() -> Response:
    """Forgets objects, answers, deliveries and faults; accounts stay."""
    clock.reset()
    the_shop().failures.clear()
    the_shop().sender.pause(False)
    the_shop().store.forget_everything()
    return jsonify(empty=True)


def _body(*needed: str) -> dict[str, Any]:
    given = request.get_json(force=True, silent=True) or {}
    if not isinstance(given, dict):
        raise StripeFailure(400, "Send a JSON object.")
    for name in needed:
        if name not in given:
            raise required(name)
    return given
