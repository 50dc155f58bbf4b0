"""Guessing and floods at the doors: 503 and `Retry-After`, counted together with the API's guesses."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.kernel import rate_limits, settings
from server.kernel.db import writing
from server.kernel.errors import Unavailable
from tests.conftest import Cast
from tests.server.compat.conftest import AGENT, change, post

GUESSES_A_MINUTE = 20


@pytest.fixture(autouse=True)
def limited(client: FlaskClient) -> None:
    """The limits as they come, counted from nothing."""
    settings.remember(replace(settings.current(), rate_limits=True))
    rate_limits.forget_all()


def guess(client: FlaskClient, number: int, **sent: Any) -> TestResponse:
    fields = {"edd_action": "check_license", "license": f"guess-number-{number}", "item_id": "1", **sent}
    return post(client, fields)


def test_guesses_of_a_key_are_shed_with_503_and_a_time(client: FlaskClient, open_doors: Cast) -> None:
    answers = [guess(client, number) for number in range(GUESSES_A_MINUTE + 5)]

    assert [answer.status_code for answer in answers] == [200] * GUESSES_A_MINUTE + [503] * 5
    assert {answer.data for answer in answers[:GUESSES_A_MINUTE]} == {answers[0].data}
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_a_guesser_finds_the_api_and_every_door_shut(
    client: FlaskClient, open_doors: Cast, sold: tuple[str, str]
) -> None:
    change(open_doors, public_slug="harbour-gallery")
    for number in range(GUESSES_A_MINUTE):
        guess(client, number)

    asked = {"license_key": sold[1]}
    agent = {"User-Agent": AGENT}
    api = client.post(
        "/v1/license-validations",
        json=asked,
        headers={"Authorization": f"Bearer {open_doors.product_key}", "Keydesk-Nonce": "A" * 22},
    )
    puc = client.get("/compat/puc/harbour-gallery.json", query_string=asked, headers=agent)
    wpus = client.get(
        "/compat/wpus/harbour/",
        query_string={"action": "get_metadata", "slug": "harbour-gallery", **asked},
        headers=agent,
    )
    ls = client.post("/compat/ls/v1/licenses/validate", data=asked)

    assert [api.status_code, puc.status_code, wpus.status_code, ls.status_code] == [429, 503, 503, 429]
    assert all("Retry-After" in answer.headers for answer in (api, puc, wpus, ls))
    assert ls.get_json()["valid"] is False


def test_several_products_in_one_request_are_as_many_guesses(client: FlaskClient, open_doors: Cast) -> None:
    sent = {"edd_action": "get_version"}
    for number in range(GUESSES_A_MINUTE + 1):
        sent |= {f"products[p{number}][license]": f"guess-{number}-x", f"products[p{number}][item_id]": "1"}

    assert post(client, sent).status_code == 503


def test_one_key_from_one_address_is_asked_about_thirty_times_a_minute(
    client: FlaskClient, sold: tuple[str, str]
) -> None:
    statuses = [guess(client, 0, license=sold[1]).status_code for _ in range(32)]

    assert statuses == [200] * 30 + [503] * 2


def test_a_busy_database_is_503_too(
    client: FlaskClient, sold: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: Any, **_more: Any) -> None:
        raise Unavailable

    monkeypatch.setattr("server.compat.sites.activate_site", busy)

    answer = guess(client, 0, edd_action="activate_license", license=sold[1])

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    with writing():
        pass  # the door let the turn go


@pytest.mark.parametrize(
    ("asking", "same"),
    [
        ("2001:db8::1", "2001:db8::2"),
        ("2001:db8:1::5", "2001:db8:1:0:5:6:7:8"),
        ("2001:db8::1", "2001:DB8:0:0:ffff::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_one_network_is_one_guesser_however_its_address_is_written(asking: str, same: str) -> None:
    assert rate_limits.address_key(asking) == rate_limits.address_key(same)


def test_two_networks_are_two_guessers() -> None:
    found = ("203.0.113.7", "203.0.113.8", "2001:db8::1", "2001:db8:0:1::1", "no address: at all")
    assert len({rate_limits.address_key(address) for address in found}) == len(found)
