"""The door for Stripe's events: what is signed is kept once, everything else leaves no trace."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from server.billing.models import InboxEvent
from server.billing.services import connect_stripe
from server.jobs.models import JobRow
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from tests.conftest import NOON, Cast
from tests.fake_stripe.deliveries import signature
from tests.server.billing.conftest import API_KEY, SECRET, Till

EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "livemode": False,
    "data": {"object": {"object": "checkout.session", "id": "cs_test_1"}},
}


def signed(body: bytes, *secrets: str, age_s: int = 0) -> dict[str, str]:
    at = int(clock.now().timestamp()) - age_s
    return {"Stripe-Signature": signature(body, list(secrets or (SECRET,)), at=at)}


def kept() -> tuple[int, int]:
    """Events and jobs in the database."""
    session.rollback()
    jobs = select(JobRow).where(JobRow.kind == "stripe.process")
    return len(session.scalars(select(InboxEvent)).all()), len(session.scalars(jobs).all())


def replace_secret(ago: timedelta) -> None:
    with writing():
        connect_stripe(api_key=API_KEY, webhook_secret="whsec_new", mode="test", now=clock.now() - ago)


@pytest.fixture
def hook(till: Till) -> str:
    return f"/hooks/stripe/{till.connection_id}"


def test_a_signed_event_is_kept_with_its_job(client: FlaskClient, hook: str) -> None:
    body = json.dumps(EVENT).encode()
    answer = client.post(hook, data=body, headers=signed(body))

    assert (answer.status_code, answer.json) == (200, {"received": True})
    assert kept() == (1, 1)


def test_an_event_that_comes_again_is_fine_and_kept_once(client: FlaskClient, hook: str) -> None:
    body = json.dumps(EVENT).encode()
    for age_s in (0, 5, 299, -290):
        assert client.post(hook, data=body, headers=signed(body, age_s=age_s)).status_code == 200

    assert kept() == (1, 1)


BODY = json.dumps(EVENT).encode()
CUT = signature(BODY, [SECRET], at=0).partition(",")[0]


def test_what_is_not_signed_writes_nothing(client: FlaskClient, hook: str) -> None:
    forgeries: dict[str, tuple[bytes, dict[str, str]]] = {
        "unsigned": (BODY, {}),
        "another secret": (BODY, signed(BODY, "whsec_wrong")),
        "changed after signing": (BODY + b" ", signed(BODY)),
        "older than 300 s": (BODY, signed(BODY, age_s=301)),
        "from the future": (BODY, signed(BODY, age_s=-330)),
        "of next year": (BODY, signed(BODY, age_s=-365 * 86_400)),
        "no mark": (BODY, {"Stripe-Signature": CUT}),
        "no time": (BODY, {"Stripe-Signature": "t=now,v1=zz"}),
        "mark outside ASCII": (BODY, {"Stripe-Signature": "t=1,v1=\xe9"}),
        "nonsense": (BODY, {"Stripe-Signature": "=" * 5000}),
    }
    forgeries["no text"] = (b"\xff\xfe", signed(b"\xff\xfe"))

    for name, (body, headers) in forgeries.items():
        answer = client.post(hook, data=body, headers=headers)
        assert answer.status_code == 400, name
        assert answer.json is not None
        assert answer.json["code"] == "signature_invalid", name
    assert kept() == (0, 0)


NO_JSON = (
    b"{",
    b"[]",
    b"null",
    b"",
    b"[" * 100_000,
    b"\xef\xbb\xbf{}",
    BODY.replace(b"evt_1", b"evt_\\u0000"),
)
NO_EVENTS: tuple[dict[str, Any], ...] = (
    {"id": 1},
    {"id": None},
    {"id": "evt_"},
    {"id": "evt_" + "x" * 5_000},
    {"id": "cs_1"},
    {"id": "evt_1\n"},
    {"type": ["x"]},
    {"type": "x" * 101},
    {"type": "\ud800"},
    {"data": None},
    {"data": {}},
    {"data": []},
    {"data": {"object": "cs_test_1"}},
    {"data": {"object": {"id": 7}}},
    {"data": {"object": {"id": None}}},
    {"data": {"object": {"id": "x" * 256}}},
)


def test_what_is_signed_and_no_event_writes_nothing(client: FlaskClient, hook: str) -> None:
    bodies = [(body, (400, "json_invalid")) for body in NO_JSON]
    bodies += [(json.dumps(EVENT | part).encode(), (422, "validation_failed")) for part in NO_EVENTS]

    for body, refusal in bodies:
        answer = client.post(hook, data=body, headers=signed(body))
        assert (answer.status_code, answer.json and answer.json["code"]) == refusal, body[:80]
    assert kept() == (0, 0)


def test_an_object_without_an_id_and_a_text_about_nul_are_fine(client: FlaskClient, hook: str) -> None:
    body = json.dumps({**EVENT, "data": {"object": {"object": "balance", "text": r"\u0000"}}}).encode()

    assert client.post(hook, data=body, headers=signed(body)).status_code == 200
    assert kept() == (1, 1)


def test_an_unknown_hook_answers_like_a_wrong_signature(client: FlaskClient, hook: str) -> None:
    answer = client.post("/hooks/stripe/scn_none", data=BODY, headers=signed(BODY))
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "signature_invalid")


def test_another_vendors_secret_opens_nothing(client: FlaskClient, hook: str, stranger: Cast) -> None:
    with tenant(stranger.vendor.id), writing():
        connect_stripe(api_key="sk_test_stranger", webhook_secret="whsec_stranger", mode="test", now=NOON)

    assert client.post(hook, data=BODY, headers=signed(BODY, "whsec_stranger")).status_code == 400
    assert kept() == (0, 0)


def test_both_secrets_are_good_while_one_is_replaced(client: FlaskClient, hook: str) -> None:
    replace_secret(timedelta(hours=24) - timedelta(minutes=5))

    for number, secret in enumerate(("whsec_new", SECRET)):
        body = json.dumps({**EVENT, "id": f"evt_{number}"}).encode()
        assert client.post(hook, data=body, headers=signed(body, secret)).status_code == 200
    assert kept() == (2, 2)


def test_a_replaced_secret_ends_a_day_later(client: FlaskClient, hook: str) -> None:
    replace_secret(timedelta(hours=24))
    replace_secret(timedelta(0))  # the same one is entered again, with another key: no day more

    assert client.post(hook, data=BODY, headers=signed(BODY, SECRET)).status_code == 400
    assert kept() == (0, 0)
    assert client.post(hook, data=BODY, headers=signed(BODY, "whsec_new")).status_code == 200


def test_an_event_of_the_other_mode_is_ignored(client: FlaskClient, hook: str) -> None:
    body = json.dumps({**EVENT, "livemode": True}).encode()
    assert client.post(hook, data=body, headers=signed(body)).status_code == 200
    assert kept() == (0, 0)


def test_an_address_that_can_be_nobodys_is_not_looked_for(client: FlaskClient, hook: str) -> None:
    answer = client.post("/hooks/stripe/%00", data=BODY, headers=signed(BODY))

    assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not_found")


def test_a_body_over_256_kib_is_refused(client: FlaskClient, hook: str) -> None:
    whole = json.dumps({**EVENT, "pad": "x" * 200_000}).encode()
    assert client.post(hook, data=whole, headers=signed(whole)).status_code == 200
    huge = json.dumps({**EVENT, "id": "evt_2", "pad": "x" * 262_144}).encode()
    answer = client.post(hook, data=huge, headers=signed(huge))

    assert (answer.status_code, answer.json and answer.json["code"]) == (413, "body_too_large")
    assert kept() == (1, 1)


def test_events_sent_many_times_shuffled_and_at_once_bring_one_license(till: Till, on_air: str) -> None:
    till.shop.hold_deliveries()
    till.shop.introduce(API_KEY, f"{on_air}/hooks/stripe/{till.connection_id}", SECRET)
    kept_one, given_back = till.sell(), till.sell("ben@buyer.example.com")
    till.shop.refund(given_back)
    ids = [event["id"] for event in till.shop.events(API_KEY)]
    statuses = till.shop.deliver(*ids, times=6, parallel=6, seed=11)
    till.work(parallel=6)

    assert statuses == [200] * 30  # two sales with their bills, and a refund
    assert kept() == (5, 5)
    sold = {license.customer.email: license.revoked_for for license in till.licenses()}
    assert sold == {"ana@buyer.example.com": [], "ben@buyer.example.com": ["refunded"]}
    assert [mail.to_address for mail in till.mails()].count("ana@buyer.example.com") == 1
    assert kept_one != given_back
