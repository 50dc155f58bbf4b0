"""Lemon Squeezy's license calls, as a form and as JSON."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import Site, activate_site
from tests.conftest import Cast
from tests.server.compat.conftest import alter, change, expire, sell

Ls = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(params=["form", "json"])
def ls(request: pytest.FixtureRequest, client: FlaskClient, open_doors: Cast) -> Ls:
    """`ls("activate", license_key=…, instance_name=…)`: status and answer."""

    def ask(call: str, **sent: str) -> tuple[int, dict[str, Any]]:
        response = post(client, call, **{"data" if request.param == "form" else "json": sent})
        answer: dict[str, Any] = response.get_json()
        return response.status_code, answer

    return ask


def post(client: FlaskClient, call: str, **sent: Any) -> TestResponse:
    return client.post(f"/compat/ls/v1/licenses/{call}", headers={"Accept": "application/json"}, **sent)


def moment(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"


def test_an_activation_is_answered_field_by_field(ls: Ls, sold: tuple[str, str]) -> None:
    status, answer = ls("activate", license_key=sold[1], instance_name="https://shop-1.example.com")

    license = resolve(License, sold[0])
    instance = answer["instance"]
    assert status == 200
    assert list(answer) == ["activated", "error", "license_key", "instance", "meta"]
    assert (answer["activated"], answer["error"]) == (True, None)
    assert answer["license_key"] == {
        "id": sold[0],
        "status": "active",
        "key": sold[1],
        "activation_limit": 5,
        "activation_usage": 1,
        "created_at": moment(license.created_at),
        "expires_at": moment(license.valid_until),
        "test_mode": False,
    }
    assert (instance["id"][:4], instance["name"]) == ("act_", "https://shop-1.example.com")
    assert answer["meta"] == {
        "store_id": 0,
        "store_name": "Harbour Plugins",
        "order_id": 0,
        "product_id": 1,
        "product_name": "Harbour Gallery",
        "variant_name": "Studio",
        "customer_id": 0,
        "customer_name": "",
        "customer_email": "",
    }


def test_a_life_from_activation_to_the_end(ls: Ls, sold: tuple[str, str]) -> None:
    assert ls("validate", license_key=sold[1])[1]["license_key"]["status"] == "inactive"
    instance = ls("activate", license_key=sold[1], instance_name="My laptop")[1]["instance"]["id"]

    valid = ls("validate", license_key=sold[1], instance_id=instance)[1]
    done = ls("deactivate", license_key=sold[1], instance_id=instance)
    again = ls("deactivate", license_key=sold[1], instance_id=instance)
    after = ls("validate", license_key=sold[1], instance_id=instance)

    assert (valid["valid"], valid["instance"]["id"], valid["instance"]["name"]) == (
        True,
        instance,
        "My laptop",
    )
    assert (done[0], done[1]["deactivated"], list(done[1])) == (
        200,
        True,
        ["deactivated", "error", "license_key", "meta"],
    )
    assert (again[0], again[1]["deactivated"]) == (404, False)
    assert (after[0], after[1]["valid"], after[1]["license_key"]["activation_usage"]) == (404, False, 0)


def test_each_name_is_one_seat(ls: Ls, sold: tuple[str, str]) -> None:
    alter(sold[0], seats=2)
    names = ("My laptop", "My laptop", "My  Laptop", "Mein Büro")

    answers = [ls("activate", license_key=sold[1], instance_name=name) for name in names]

    assert [status for status, _answer in answers] == [200, 200, 200, 400]
    assert answers[0][1]["instance"]["id"] == answers[1][1]["instance"]["id"]
    refused = answers[3][1]
    assert (refused["activated"], refused["license_key"]["activation_usage"]) == (False, 2)
    assert refused["error"] == "All sites of this license are in use."
    assert "instance" not in refused


@pytest.mark.parametrize(
    ("cause", "status"),
    [({"suspended_for": ["disputed"]}, "disabled"), ({"revoked_for": ["refunded"]}, "disabled")],
)
def test_a_stopped_license_is_disabled(
    ls: Ls, sold: tuple[str, str], cause: dict[str, Any], status: str
) -> None:
    alter(sold[0], **cause)

    checked, refused = (
        ls("validate", license_key=sold[1]),
        ls("activate", license_key=sold[1], instance_name="My laptop"),
    )

    assert (checked[0], checked[1]["valid"], checked[1]["license_key"]["status"]) == (200, False, status)
    assert (refused[0], refused[1]["activated"]) == (400, False)


def test_an_expired_license_takes_nobody_new_and_lets_go(ls: Ls, sold: tuple[str, str]) -> None:
    instance = ls("activate", license_key=sold[1], instance_name="My laptop")[1]["instance"]["id"]
    expire(sold[0])

    checked = ls("validate", license_key=sold[1], instance_id=instance)[1]

    assert (checked["valid"], checked["license_key"]["status"]) == (False, "expired")
    assert ls("activate", license_key=sold[1], instance_name="My laptop")[0] == 400
    assert ls("deactivate", license_key=sold[1], instance_id=instance)[0] == 200


def test_an_unknown_key_is_not_found(ls: Ls, sold: tuple[str, str], open_doors: Cast) -> None:
    _id, test_key = sell(open_doors, mode="test")

    for key in ("nobody-knows-this", test_key, "\x00"):
        status, answer = ls("validate", license_key=key)
        assert (status, answer["valid"]) == (404 if key != "\x00" else 422, False)
    change(open_doors, doors=["edd"])
    assert ls("validate", license_key=sold[1]) == (404, {"valid": False, "error": "license_key not found."})


@pytest.mark.parametrize(
    ("call", "word", "missing"),
    [
        ("activate", "activated", "instance_name"),
        ("deactivate", "deactivated", "instance_id"),
        ("validate", "valid", "license_key"),
    ],
)
def test_a_missing_field_is_named(ls: Ls, sold: tuple[str, str], call: str, word: str, missing: str) -> None:
    sent = {} if missing == "license_key" else {"license_key": sold[1]}

    assert ls(call, **sent) == (422, {word: False, "error": f"The {missing} field is required."})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x" * 201, "must not be greater than 200 characters"),
        ("My\tlaptop", "must contain printable characters only"),
        ("My\u200blaptop", "must contain printable characters only"),
    ],
)
def test_a_field_that_was_sent_is_never_called_missing(
    ls: Ls, sold: tuple[str, str], text: str, why: str
) -> None:
    key = sold[1]

    assert ls("activate", license_key=key, instance_name=text) == (
        422,
        {"activated": False, "error": f"The instance_name {why}."},
    )
    assert ls("validate", license_key=text)[1]["error"] == f"The license_key {why}."
    assert ls("validate", license_key=key, instance_id=text)[1] == {
        "valid": False,
        "error": f"The instance_id {why}.",
    }
    assert ls("validate", license_key=key, instance_name=text, unknown=text)[1]["valid"] is True


@pytest.mark.parametrize("value", [7, 0, [], {"name": "laptop"}, True])
def test_what_is_no_text_in_json_is_called_so(
    client: FlaskClient, sold: tuple[str, str], value: object
) -> None:
    sent = {"license_key": sold[1], "instance_name": value}

    response = post(client, "activate", json=sent)

    assert (response.status_code, response.get_json()["error"]) == (
        422,
        "The instance_name must be a string.",
    )


def test_a_site_that_holds_a_token_is_no_instance(ls: Ls, sold: tuple[str, str]) -> None:
    license = resolve(License, sold[0])
    with writing():
        site = Site("0" * 32, "https://shop-1.example.com")
        done = activate_site(license, site, product=license.product, mode="live", now=clock.now())
        held = done.activation.id

    assert ls("deactivate", license_key=sold[1], instance_id=held)[0] == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"license_key":7}', b'{"license_key":"\xff"}', b"\x00"])
def test_what_cannot_be_read_is_refused_in_the_dialect(
    client: FlaskClient, open_doors: Cast, body: bytes
) -> None:
    response = post(client, "activate", data=body, content_type="application/json")

    assert response.status_code == 422
    assert response.get_json()["activated"] is False
