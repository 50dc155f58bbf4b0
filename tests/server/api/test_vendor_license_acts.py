"""A vendor's script changes a license, and each time the audit log says who and why."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from server.accounts.services import history
from server.catalog.services import create_plan
from server.customers.services import customer_for
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import find_license_by_key, issue_license
from tests.conftest import NOON, Cast
from tests.server.api.conftest import Ask, code_of

PATH = "/v1/vendor/licenses"
Script = Callable[..., str]


@pytest.fixture
def act(ask: Ask, script: Script, sold: tuple[str, str]) -> Any:
    """`act("POST", "/suspensions", {…})`: something is done with the sold license."""
    token = script("licenses:read", "licenses:write", "licenses:reveal")

    def run(method: str, tail: str = "", wish: Any = None) -> Any:
        return ask(method, f"{PATH}/{sold[0]}{tail}", token, wish)

    return run


def test_a_license_is_paused_and_runs_on(act: Any, sold: tuple[str, str]) -> None:
    paused = act("POST", "/suspensions", {"reason": "abuse", "note": "shared in a forum"}).json
    assert (paused["status"], paused["suspended_for"]) == ("suspended", ["abuse"])
    assert paused["stopped_at"]
    entry = history(sold[0])[0]
    assert (entry.action, entry.facts) == (
        "license.suspended",
        {"reason": "abuse", "note": "shared in a forum"},
    )

    again = act("DELETE", "/suspensions/abuse?note=it%20was%20a%20friend")
    assert history(sold[0])[0].facts == {"reason": "abuse", "note": "it was a friend"}
    assert (again.status_code, again.json["status"], again.json["stopped_at"]) == (200, "active", None)
    assert code_of(act("DELETE", "/suspensions/abuse")) == (404, "reason_unknown")


def test_a_revocation_is_taken_back_by_its_reason(act: Any, sold: tuple[str, str]) -> None:
    act("POST", "/revocations", {"reason": "refunded"})
    unknown = act("DELETE", "/revocations/disputed")
    assert code_of(unknown) == (404, "reason_unknown")
    assert unknown.json["detail"] == "It is stopped for: refunded."
    assert act("DELETE", "/revocations/refunded?note=paid%20again").json["status"] == "active"
    assert history(sold[0])[0].facts == {"reason": "refunded", "note": "paid again"}


@pytest.mark.parametrize("what", ["suspensions/abuse", "revocations/refunded", "activations/act_none"])
def test_undoing_takes_a_note_and_nothing_else(act: Any, what: str) -> None:
    assert code_of(act("DELETE", f"/{what}?why=mood")) == (422, "validation_failed")
    assert code_of(act("DELETE", f"/{what}?note={'x' * 501}")) == (422, "validation_failed")


def test_plan_sites_and_end_are_changed_and_the_rest_stays(act: Any, harbour: Cast) -> None:
    with writing():
        bigger = create_plan(
            harbour.product, code="agency", name="Agency", seats=50, interval="year", actor="member:mem_1"
        )
        plan_id = bigger.id

    changed = act("PATCH", "", {"plan_id": plan_id, "note": "upgrade"}).json
    assert (changed["plan"]["code"], changed["seats"]["limit"]) == ("agency", 50)
    changed = act("PATCH", "", {"seats": None, "valid_until": "2031-01-01T00:00:00Z"}).json
    assert (changed["seats"]["limit"], changed["valid_until"]) == (None, "2031-01-01T00:00:00Z")
    assert act("PATCH", "", {"valid_until": None}).json["valid_until"] is None


def test_a_note_that_comes_with_no_change_stands_in_the_audit_log(
    act: Any, sold: tuple[str, str], harbour: Cast
) -> None:
    for wish in ({}, {"plan_id": harbour.plan.id}, {"seats": 5}):
        told = f"called us about {sorted(wish)}"
        assert act("PATCH", "", {**wish, "note": told}).status_code == 200
        entry = history(sold[0])[0]
        assert (entry.action, entry.facts, entry.actor[:4]) == ("license.noted", {"note": told}, "key:")

    assert act("PATCH", "", {"seats": 6, "note": "a sixth shop"}).status_code == 200
    assert act("PATCH", "", {}).status_code == 200
    assert [one.action for one in history(sold[0])][:2] == ["license.seats_set", "license.noted"]


def test_what_a_license_cannot_become_is_refused(act: Any, stranger: Cast) -> None:
    assert code_of(act("PATCH", "", {"seats": 0})) == (422, "seats_out_of_range")
    assert code_of(act("PATCH", "", {"valid_until": "2020-01-01T00:00:00Z"})) == (422, "end_before_start")
    assert code_of(act("PATCH", "", {"valid_until": "next year"})) == (422, "validation_failed")
    assert code_of(act("PATCH", "", {"plan_id": stranger.plan.id})) == (422, "validation_failed")
    assert code_of(act("PATCH", "", {"status": "active"})) == (422, "validation_failed")


def test_a_day_that_nobody_means_is_refused_and_a_row_that_holds_it_is_shown(
    act: Any, sold: tuple[str, str]
) -> None:
    for day in ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"):
        refused = act("PATCH", "", {"valid_until": day})
        assert code_of(refused) == (422, "date_out_of_range")
        assert refused.json["errors"][0]["pointer"] == "/valid_until"
    with writing():
        resolve(License, sold[0]).valid_until = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert act("GET").json["status"] == "active"
    assert act("PATCH", "", {"valid_until": "2031-01-01T00:00:00Z"}).status_code == 200


def test_a_license_goes_to_another_customer_with_a_new_key(act: Any, sold: tuple[str, str]) -> None:
    wish = {"email": "New@Buyer.example.com", "name": "Neu", "new_key": True, "note": "shop was sold"}

    moved = act("POST", "/transfers", wish).json

    assert moved["customer"]["email"] == "new@buyer.example.com"
    assert find_license_by_key(moved["license_key"]).id == sold[0]
    assert [entry.action for entry in history(sold[0])][:2] == [
        "license.key_regenerated",
        "license.transferred",
    ]


def test_who_has_a_part_of_a_bundle_keeps_its_key_when_the_bundle_goes(
    act: Any, sold: tuple[str, str], harbour: Cast
) -> None:
    with writing():
        bundle, somebody = resolve(License, sold[0]), customer_for("bo@buyer.example.com", now=NOON)
        part, key = issue_license(
            product=harbour.product, plan=harbour.plan, customer=somebody, now=NOON, parent=bundle
        )
        part_id = part.id

    act("POST", "/transfers", {"email": "new@buyer.example.com", "new_key": True})

    assert find_license_by_key(key).id == part_id


def test_the_key_is_shown_to_who_may_see_it_and_that_is_remembered(act: Any, sold: tuple[str, str]) -> None:
    assert act("GET", "/key").json == {"license_id": sold[0], "license_key": sold[1]}
    assert history(sold[0])[0].action == "license.key_shown"


def test_a_new_key_replaces_the_old_one(act: Any, sold: tuple[str, str]) -> None:
    new = act("POST", "/keys", {"note": "leaked"}).json["license_key"]

    assert new != sold[1]
    assert find_license_by_key(new).id == sold[0]


def test_sites_are_listed_and_released(act: Any, activated: dict[str, Any], sold: tuple[str, str]) -> None:
    [site] = act("GET", "/activations").json["data"]
    assert site["activation_id"] == activated["activation_id"]
    assert site["site_url"].startswith("https://")

    tail = f"/activations/{site['activation_id']}"
    for note in ("its owner asked", "again"):
        assert act("DELETE", f"{tail}?note={note.replace(' ', '+')}").json == {
            "released": True,
            "seats": {"limit": 5, "used": 0},
        }
    assert act("GET", "/activations").json == {"data": []}
    assert history(sold[0])[0].facts == {"site": activated["site"]["site_key"], "note": "its owner asked"}
    assert code_of(act("DELETE", "/activations/act_none")) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "tail", "wish", "scope"),
    [
        ("PATCH", "", {}, "licenses:read"),
        ("POST", "/suspensions", {}, "licenses:read"),
        ("POST", "/transfers", {"email": "a@b.example.com"}, "licenses:read"),
        ("POST", "/keys", {}, "licenses:reveal"),
        ("GET", "/key", None, "licenses:write"),
        ("GET", "/activations", None, "licenses:write"),
    ],
)
def test_each_act_asks_for_its_own_scope(
    ask: Ask, script: Script, sold: tuple[str, str], method: str, tail: str, wish: Any, scope: str
) -> None:
    assert code_of(ask(method, f"{PATH}/{sold[0]}{tail}", script(scope), wish)) == (403, "scope_missing")


def test_a_live_license_is_not_there_for_a_test_key(ask: Ask, script: Script, sold: tuple[str, str]) -> None:
    key = script("licenses:read", "licenses:write", "licenses:reveal", mode="test")

    for method, tail, wish in (
        ("GET", "", None),
        ("PATCH", "", {"seats": 1}),
        ("POST", "/revocations", {}),
        ("GET", "/key", None),
    ):
        assert code_of(ask(method, f"{PATH}/{sold[0]}{tail}", key, wish)) == (404, "not_found")
