"""A site at another address asks what becomes of it, and a code carries a seat to another site."""

from typing import Any

import pytest

from server.licensing.models import License
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of, is_genuine

NEW = {"site_url": "https://new-home.example.com", "environment": "production"}


def test_a_site_that_moved_goes_on_with_a_new_token(
    ask: Ask, activated: dict[str, Any], token: str, held: Any
) -> None:
    early = ask("POST", "/v1/site-resolutions", token, {**NEW, "resolution": "moved"})
    assert code_of(early) == (409, "site_still_active")

    answer = ask("POST", "/v1/site-resolutions", token, {**NEW, "resolution": "moved", "confirm": True})

    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert is_genuine(answer)
    assert answer.json["activation_id"] == activated["activation_id"]
    assert answer.json["site"]["site_key"] == "new-home.example.com"
    path = f"/v1/activations/{activated['activation_id']}"
    assert ask("GET", path, answer.json["site_token"]).status_code == 200
    license: License = held()
    assert license.seats_used == 1


@pytest.mark.parametrize(("resolution", "seats_used"), [("copy", 1), ("separate", 2)])
def test_a_copy_and_a_site_of_its_own_get_an_identity_of_their_own(
    ask: Ask, token: str, held: Any, resolution: str, seats_used: int
) -> None:
    body = {**NEW, "resolution": resolution}
    refused = ask("POST", "/v1/site-resolutions", token, body)
    assert code_of(refused) == (422, "validation_failed")

    answer = ask("POST", "/v1/site-resolutions", token, {**body, "site_uid_new": "e" * 32})

    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    assert answer.json["license"]["seats"]["used"] == seats_used
    assert held().seats_used == seats_used


def test_a_repeated_choice_is_made_once(ask: Ask, token: str, held: Any) -> None:
    body = {**NEW, "resolution": "separate", "site_uid_new": "e" * 32}
    first = ask("POST", "/v1/site-resolutions", token, body, key="same-key-of-one-choice")
    again = ask("POST", "/v1/site-resolutions", token, body, key="same-key-of-one-choice")

    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert held().seats_used == 2


def test_a_code_carries_the_seat_to_another_site(
    ask: Ask, harbour: Cast, activated: dict[str, Any], token: str, site_facts: Any, held: Any
) -> None:
    path = f"/v1/activations/{activated['activation_id']}"
    offered = ask("POST", f"{path}/transfers", token, {})
    assert offered.status_code == 201
    assert offered.json is not None
    code = offered.json["transfer_code"]

    arrived = ask("POST", "/v1/activations", harbour.product_key, site_facts(7, transfer_code=code))

    assert arrived.status_code == 201, arrived.text
    assert held().seats_used == 1
    assert code_of(ask("GET", path, token)) == (401, "token_revoked")
    third = ask("POST", "/v1/activations", harbour.product_key, site_facts(8, transfer_code=code))
    assert code_of(third) == (409, "transfer_code_used")


def test_nobody_transfers_the_seat_of_another_site(
    ask: Ask, activated: dict[str, Any], neighbour: str
) -> None:
    path = f"/v1/activations/{activated['activation_id']}/transfers"

    assert code_of(ask("POST", path, neighbour, {})) == (404, "not_found")


def test_a_network_is_one_seat_with_a_lease_for_all_its_sites(
    ask: Ask, harbour: Cast, sold: tuple[str, str], site_facts: Any
) -> None:
    wanted = site_facts(license_key=sold[1], network=True, blog_count=40)

    answer = ask("POST", "/v1/activations", harbour.product_key, wanted)

    assert answer.json is not None
    assert answer.json["site"]["network"] is True
    assert answer.json["license"]["seats"]["used"] == 1


def test_a_copy_learns_nothing_of_the_tickets(ask: Ask, token: str, site_facts: Any) -> None:
    opened = ask("POST", "/v1/tickets", token, {"type": "bug", "subject": "It stops", "body": "At step two."})
    assert opened.status_code == 201, opened.text

    told = ask(
        "POST", "/v1/check-ins", token,
        {**site_facts(), **NEW, "plugin_version": "1.0", "bridge_version": "1.0"}, key=None,
    )  # fmt: skip

    assert told.json is not None
    assert told.json["site"]["status"] == "changed"
    assert (told.json["lease"], told.json["replies"]) == (None, {"unread": 0, "items": [], "next": None})
