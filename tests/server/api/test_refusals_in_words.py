"""A refusal says what to do next, names the first wrong field, and gives each fault a constant code."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from marshmallow import Schema, fields, validate
from sqlalchemy import func, select

import server
from server.accounts.services import history
from server.kernel.db import session
from server.kernel.errors import TooMany
from server.kernel.json_fields import Flag, Moment
from server.licensing.models import License
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

MOMENT = "2001-01-01T00:00:00Z"
LICENSES = "/v1/vendor/licenses"
Script = Callable[..., str]


def said(answer: Any) -> str:
    assert answer.json["detail"] != answer.json["title"]
    return str(answer.json["detail"])


def test_a_missing_credential_is_named_with_its_header(ask: Ask, harbour: Cast) -> None:
    assert "Authorization: Bearer with an API key (kds_…)" in said(ask("GET", LICENSES))
    body = {"license_key": "x", "site_uid": "0" * 32, "site_url": "https://a.example.com"}
    assert "a product key (kdp_…)" in said(ask("POST", "/v1/activations", body=body))
    assert "copy an API key (kds_…) again" in said(ask("GET", LICENSES, "kds_live_short"))
    unknown = ask("GET", LICENSES, "kds_live_" + "0" * 48)
    assert code_of(unknown) == (401, "credentials_invalid")
    said(unknown)


def test_a_released_site_is_told_to_activate_again(ask: Ask, activated: dict[str, Any]) -> None:
    path, token = f"/v1/activations/{activated['activation_id']}", activated["site_token"]
    ask("DELETE", path, token)

    refused = ask("GET", path, token)

    assert code_of(refused) == (401, "token_revoked")
    assert "Activate the license on this site again" in said(refused)


def test_a_revoked_license_sends_to_the_vendor(
    ask: Ask, harbour: Cast, script: Script, sold: tuple[str, str], site_facts: Any
) -> None:
    ask("POST", f"{LICENSES}/{sold[0]}/revocations", script("licenses:write"), {})

    refused = ask("POST", "/v1/activations", harbour.product_key, site_facts(license_key=sold[1]))

    assert code_of(refused) == (403, "license_revoked")
    assert said(refused).endswith("because the vendor took it back. Please ask the vendor.")


def test_a_cursor_and_a_used_key_say_how_to_go_on(ask: Ask, script: Script, sold: tuple[str, str]) -> None:
    token, path = script("licenses:read", "licenses:write"), f"{LICENSES}/{sold[0]}/suspensions"
    assert "Begin again without `after`" in said(ask("GET", f"{LICENSES}?after=x", token))
    ask("POST", path, token, {}, key="one-key-for-one-act")
    other = ask("POST", path, token, {"note": "another"}, key="one-key-for-one-act")
    assert code_of(other) == (422, "idempotency_mismatch")
    assert "Make a new key" in said(other)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (45, "45 seconds"), (61, "2 minutes"), (3_600, "1 hour"), (40_000, "12 hours")],
)
def test_a_limit_says_how_long_to_wait(seconds: int, words: str) -> None:
    assert TooMany(retry_after=seconds).detail == f"Please wait {words} and try again."


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"email": ...}, "required", "This field is needed."),
        ({"email": None}, "null", "This field cannot be null."),
        ({"colour": "red"}, "unknown", "There is no such field here."),
        ({"email": 5}, "type", "Send a text."),
        ({"is_trial": "yes"}, "type", "Send true or false, without quotes."),
        ({"send_mail": 1}, "type", "Send true or false, without quotes."),
        ({"note": "x" * 501}, "invalid", "Longer than maximum length 500."),
        ({"valid_until": "2031-01-01"}, "invalid", "for example 2027-05-01T00:00:00Z."),
        ({"valid_until": "2031-01-01T00:00:00"}, "invalid", "Send a moment with its zone"),
        ({"valid_until": "2031-02-30T00:00:00Z"}, "invalid", "Send a moment with its zone"),
    ],
)
def test_each_fault_has_its_code_and_the_first_is_in_the_detail(
    ask: Ask, script: Script, harbour: Cast, change: dict[str, Any], code: str, message: str
) -> None:
    wish = {"product_id": harbour.product.id, "plan": "studio", "email": "bo@buyer.example.com"} | change
    refused = ask(
        "POST", LICENSES, script("licenses:write"), {name: it for name, it in wish.items() if it is not ...}
    )

    assert code_of(refused) == (422, "validation_failed")
    assert refused.json is not None
    [fault] = refused.json["errors"]
    assert (fault["pointer"], fault["code"]) == (f"/{next(iter(change))}", code)
    assert message in fault["message"]
    assert said(refused) == f"{next(iter(change))}: {fault['message']}"


def test_further_faults_are_counted_in_the_detail(ask: Ask, script: Script) -> None:
    assert said(ask("POST", LICENSES, script("licenses:write"), {"note": 1})).endswith("(And 2 more.)")


def test_a_fault_that_the_domain_finds_names_its_field_in_the_detail(
    ask: Ask, script: Script, harbour: Cast
) -> None:
    token = script("licenses:write", "licenses:read", "catalog:write")
    wish = {"product_id": harbour.product.id, "plan": "studio", "email": "bo"}
    product = f"/v1/vendor/products/{harbour.product.id}"

    assert said(ask("POST", LICENSES, token, wish)) == "email: This is not an e-mail address."
    assert said(ask("PATCH", product, token, {"doors": ["woo"]})).startswith("doors: Of ")
    assert said(ask("PATCH", product, token, {"homepage": "x"})) == "homepage: Begin with https://."
    assert said(ask("PATCH", product, token, {"homepage": "x", "name": ""})).startswith("name: ")
    assert said(ask("GET", f"{LICENSES}?status=", token)).startswith("status: Send one or more of active, ")
    assert said(ask("GET", f"{LICENSES}?status=runs,,", token)).startswith("status: Not a status: runs. ")


def test_a_batch_names_every_wrong_row(ask: Ask, script: Script, harbour: Cast) -> None:
    good = {"product_id": harbour.product.id, "plan": "studio", "email": "bo@buyer.example.com"}
    rows = [good, good | {"email": "bo"}, good | {"plan": "none"}, good | {"valid_until": MOMENT}]

    refused = ask("POST", "/v1/vendor/license-batches", script("licenses:write"), {"licenses": rows})

    assert code_of(refused) == (422, "validation_failed")
    assert refused.json is not None
    assert [fault["pointer"] for fault in refused.json["errors"]] == [
        "/licenses/1/email",
        "/licenses/2/plan",
        "/licenses/3/valid_until",
    ]
    assert said(refused) == "licenses/1/email: This is not an e-mail address. (And 2 more.)"
    assert session.scalar(select(func.count()).select_from(License)) == 0


def test_a_field_of_a_shape_says_which(ask: Ask, harbour: Cast, script: Script) -> None:
    body = {"license_key": "x", "site_uid": "F" * 32, "site_url": "https://a.example.com"}
    refused = ask("POST", "/v1/activations", harbour.product_key, body)
    assert said(refused) == "site_uid: 32 hexadecimal digits with small letters."
    plan = {"code": "f", "name": "F", "seats": 1, "interval": "year"}
    path = f"/v1/vendor/products/{harbour.product.id}/plans"
    assert "From 2 to 64 small letters" in said(ask("POST", path, script("catalog:write"), plan))
    again = ask("POST", path, script("catalog:write"), plan | {"code": "studio"})
    assert again.json is not None
    assert again.json["title"] == "This short name is already in use"


def test_a_nul_in_the_address_is_refused(ask: Ask, script: Script, sold: tuple[str, str]) -> None:
    token = script("licenses:read", "licenses:write")

    for method, tail in (
        ("GET", "?q=%00"),
        ("GET", "/%00"),
        ("DELETE", f"/{sold[0]}/suspensions/a?note=%00"),
    ):
        assert code_of(ask(method, LICENSES + tail, token)) == (400, "json_invalid")
    assert [entry.action for entry in history(sold[0])] == ["license.issued"]


def test_whatever_is_sent_has_strict_booleans_moments_with_zones_and_shapes_in_words() -> None:
    asked = [kind for kind in sent_schemas() if not kind.__name__.endswith("View")]
    found = [(kind, name, field) for kind in asked for name, field in kind().fields.items()]

    assert len(found) > 100
    for kind, name, field in found:
        assert not isinstance(field, fields.Boolean) or isinstance(field, Flag), (kind, name)
        assert not isinstance(field, fields.DateTime) or isinstance(field, Moment), (kind, name)
        for rule in field.validators:
            silent = isinstance(rule, validate.Regexp) and rule.error == validate.Regexp.default_message
            assert not silent, (kind, name)


def sent_schemas() -> Iterator[type[Schema]]:
    for module in pkgutil.walk_packages(server.__path__, "server."):
        if module.name.endswith("schemas"):
            importlib.import_module(module.name)
    waiting = list(Schema.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("server.") and kind.__module__.endswith("schemas"):
            yield kind
