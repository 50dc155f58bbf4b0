"""The OpenAPI document says of each call what its rule asks: callers, scopes and headers."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import Cast
from tests.server.api.conftest import code_of

REQUIRED = {
    ("/v1/activations", "post"),
    ("/v1/activations/{activation_id}", "delete"),
    ("/v1/attachments", "post"),
    ("/v1/activations/{activation_id}/transfers", "post"),
    ("/v1/activation-links", "post"),
    ("/v1/site-resolutions", "post"),
    ("/v1/tickets", "post"),
    ("/v1/tickets/{ticket_id}/messages", "post"),
    ("/v1/vendor/orders", "post"),
    ("/v1/vendor/orders/{order_id}/refunds", "post"),
}
OPTIONAL = {
    ("/v1/vendor/licenses", "post"),
    ("/v1/vendor/license-batches", "post"),
    ("/v1/vendor/licenses/{license_id}", "patch"),
    ("/v1/vendor/licenses/{license_id}/keys", "post"),
    ("/v1/vendor/licenses/{license_id}/revocations", "post"),
    ("/v1/vendor/licenses/{license_id}/suspensions", "post"),
    ("/v1/vendor/licenses/{license_id}/transfers", "post"),
    ("/v1/vendor/plans/{plan_id}", "patch"),
    ("/v1/vendor/plans/{plan_id}/prices", "post"),
    ("/v1/vendor/products", "post"),
    ("/v1/vendor/products/{product_id}", "patch"),
    ("/v1/vendor/products/{product_id}/plans", "post"),
    ("/v1/vendor/tickets/{ticket_id}/messages", "post"),
}
METHODS = {"get", "post", "patch", "delete"}


@pytest.fixture
def calls(client: FlaskClient, harbour: Cast) -> dict[tuple[str, str], dict[str, Any]]:
    """Each call of the document by path and method."""
    document: Any = client.get("/openapi.json").json
    return {
        (path, method): call
        for path, methods in document["paths"].items()
        for method, call in methods.items()
        if method in METHODS
    }


def header(call: dict[str, Any], name: str) -> dict[str, Any] | None:
    sent = [one for one in call.get("parameters", []) if (one["in"], one["name"]) == ("header", name)]
    return sent[0] if sent else None


def test_the_document_names_the_idempotency_key_where_it_is_read(calls: Any) -> None:
    named = {place: header(call, "Idempotency-Key") for place, call in calls.items()}

    assert {place for place, found in named.items() if found and found["required"]} == REQUIRED
    assert {place for place, found in named.items() if found and not found["required"]} == OPTIONAL


def test_a_call_that_requires_the_key_refuses_without_it(client: FlaskClient, harbour: Cast) -> None:
    body = {"license_key": "x", "site_uid": "0" * 32, "site_url": "https://shop-1.example.com"}

    answer = client.post(
        "/v1/activations", json=body, headers={"Authorization": f"Bearer {harbour.product_key}"}
    )

    assert code_of(answer) == (400, "idempotency_key_required")


def test_signed_answers_take_a_nonce(calls: Any) -> None:
    signed = {place for place, call in calls.items() if header(call, "Keydesk-Nonce")}

    assert signed == {
        ("/v1/activations", "post"),
        ("/v1/activations/{activation_id}", "get"),
        ("/v1/activations/{activation_id}", "delete"),
        ("/v1/activations/{activation_id}/transfers", "post"),
        ("/v1/site-resolutions", "post"),
        ("/v1/check-ins", "post"),
        ("/v1/license-validations", "post"),
    }


def test_an_api_keys_scope_stands_beside_its_credential(calls: Any) -> None:
    assert calls["/v1/vendor/products", "get"]["security"] == [{"vendor": ["catalog:read"]}]
    assert calls["/v1/tickets", "post"]["security"] == [{"site": []}, {"product": []}]
    assert all(call["security"] for call in calls.values())
    unscoped = [place for place, call in calls.items() if call["security"] == [{"vendor": []}]]
    assert unscoped == []


@pytest.fixture
def document(client: FlaskClient, harbour: Cast) -> dict[str, Any]:
    """The whole document."""
    return dict(client.get("/openapi.json").json or {})


def test_patterns_hold_for_the_whole_text_as_javascript_reads_them(document: Any) -> None:
    schemas = {name: schema["properties"] for name, schema in document["components"]["schemas"].items()}
    shapes = [
        str(field.get("items", field)["pattern"])
        for properties in schemas.values()
        for field in properties.values()
        if "pattern" in field.get("items", field)
    ]

    assert len(shapes) > 8
    for shape in shapes:
        assert shape.startswith("^(?:"), shape
        assert shape.endswith(")$"), shape
        assert "\\Z" not in shape


def test_what_is_sent_fits_exactly_and_answers_may_grow(document: Any) -> None:
    schemas = document["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}

    assert {"ActivationRequest", "OrderRequest", "LicenseChange", "Consents"} <= closed
    assert not [name for name in closed if name.endswith("View")]


def test_a_call_that_may_answer_200_or_201_says_so(calls: Any) -> None:
    for path in ("/v1/activations", "/v1/site-resolutions", "/v1/vendor/orders"):
        answers = calls[path, "post"]["responses"]
        assert answers["200"]["content"] == answers["201"]["content"]


def test_states_and_the_secret_of_a_link_are_described(calls: Any, document: Any) -> None:
    schemas = document["components"]["schemas"]
    secret = header(calls["/v1/activation-links/{activation_link_id}", "get"], "Keydesk-Link-Secret")

    assert secret is not None
    assert schemas["LicenseView"]["properties"]["status"]["enum"][0] == "active"
    assert schemas["OrderView"]["properties"]["state"]["enum"][-1] == "refunded"
    assert schemas["OrderRefundRequest"]["properties"]["revoke"]["description"]
