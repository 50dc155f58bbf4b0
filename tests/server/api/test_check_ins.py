"""The daily call over the wire: always an answer that a site may store, signed for its request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License
from server.licensing.services import revoke_license
from tests.conftest import NOON
from tests.server.api.conftest import Ask, code_of, is_genuine

PATH = "/v1/check-ins"


@pytest.fixture
def check_in(ask: Ask, activated: dict[str, Any], site_facts: Any) -> Any:
    """`check_in(site_url=…)`: the activated site makes its daily call."""

    def run(**more: Any) -> Any:
        told = site_facts(1, plugin_version="1.5.0", bridge_version="1.0.0", **more)
        return ask("POST", PATH, activated["site_token"], told, key=None)

    return run


def test_a_site_learns_all_it_needs_for_two_weeks(check_in: Any, activated: dict[str, Any]) -> None:
    answer = check_in(lease_seq=1, replies_after=None, edition="premium", consents={"support": True})

    assert answer.status_code == 200
    body = answer.json
    assert body["site"] == {"site_key": "shop-1.example.com", "status": "ok"}
    assert body["license"] == activated["license"]
    assert body["lease"].startswith("v1.")
    assert (body["validation"]["valid"], body["validation"]["code"]) == (True, "VALID")
    assert body["replies"] == {"unread": 0, "items": [], "next": None}
    assert (len(body["signing_keys"]), body["next_check_in_s"]) == (2, 86_400)
    assert is_genuine(answer)


def test_a_revoked_license_is_told_with_200_so_that_the_site_stores_it(
    check_in: Any, held: Callable[[], License]
) -> None:
    with writing():
        revoke_license(held(), "refunded", actor="system", now=NOON)

    answer = check_in()

    assert answer.status_code == 200
    assert (answer.json["license"]["status"], answer.json["lease"]) == ("revoked", None)


def test_a_clone_is_told_that_it_is_one(check_in: Any) -> None:
    answer = check_in(site_url="https://clone.example.com")

    assert answer.json["site"]["status"] == "changed"
    assert answer.json["lease"] is None


def test_the_call_is_remembered_once_an_hour(
    check_in: Any, activated: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + timedelta(hours=3)
    monkeypatch.setattr(clock, "now", lambda: later)

    check_in()

    seen = resolve(Activation, activated["activation_id"])
    assert (seen.last_seen_at, seen.plugin_version) == (later, "1.5.0")


def test_facts_of_the_wrong_kind_are_refused_and_named(check_in: Any) -> None:
    refused = check_in(lease_seq="1", colour="red")

    assert code_of(refused) == (422, "validation_failed")
    assert [error["pointer"] for error in refused.json["errors"]] == ["/lease_seq", "/colour"]


def test_only_a_site_may_check_in(ask: Ask, harbour: Any, site_facts: Any) -> None:
    told = site_facts(1, plugin_version="1", bridge_version="1")

    assert code_of(ask("POST", PATH, harbour.product_key, told)) == (401, "credentials_invalid")
    assert code_of(ask("POST", PATH, "", told)) == (401, "credentials_missing")
    assert code_of(ask("POST", PATH, "kdt_" + "A" * 48, told)) == (401, "credentials_invalid")
