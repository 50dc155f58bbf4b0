"""What is not a well-formed request gets a 4xx with a code, and nothing is written."""

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select

from server.kernel.db import session
from server.licensing.models import Activation, Seat
from tests.conftest import Cast
from tests.server.api.conftest import code_of, new_nonce

PATH = "/v1/activations"
GOOD = b'"site_uid":"00000000000000000000000000000001","site_url":"https://shop-1.example.com"'
JSON = "application/json"

BODIES: dict[str, tuple[bytes, str, tuple[int, str]]] = {
    "nothing": (b"", JSON, (422, "validation_failed")),
    "half an object": (b'{"license_key":', JSON, (400, "json_invalid")),
    "a list": (b"[]", JSON, (400, "json_invalid")),
    "a text": (b'"KD1"', JSON, (400, "json_invalid")),
    "null": (b"null", JSON, (400, "json_invalid")),
    "NaN": (b'{"license_key":NaN}', JSON, (400, "json_invalid")),
    "a huge number": (b'{"license_key":' + b"9" * 5_000 + b"}", JSON, (400, "json_invalid")),
    "a number too large for a float": (b'{"license_key":1e999}', JSON, (400, "json_invalid")),
    "deep nesting": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, JSON, (400, "json_invalid")),
    "one key twice": (b'{"site_uid":"a","site_uid":"b"}', JSON, (400, "json_invalid")),
    "a lone surrogate": (b'{"license_key":"\\ud800"}', JSON, (400, "json_invalid")),
    "a NUL": (b'{"license_key":"\\u0000"}', JSON, (400, "json_invalid")),
    "a control character": (b'{"license_key":"\\u0007"}', JSON, (422, "validation_failed")),
    "broken UTF-8": (b'{"license_key":"\xff\xfe"}', JSON, (400, "json_invalid")),
    "a byte order mark": (b"\xef\xbb\xbf{}", JSON, (400, "json_invalid")),
    "an unknown field": (b"{" + GOOD + b',"license_key":"x","colour":1}', JSON, (422, "validation_failed")),
    "no secret": (b"{" + GOOD + b"}", JSON, (422, "validation_failed")),
    "two secrets": (
        b"{" + GOOD + b',"license_key":"x","transfer_code":"y"}',
        JSON,
        (422, "validation_failed"),
    ),
    "a number for a key": (b"{" + GOOD + b',"license_key":7}', JSON, (422, "validation_failed")),
    "an object for a key": (b"{" + GOOD + b',"license_key":{"a":1}}', JSON, (422, "validation_failed")),
    "null for a key": (b"{" + GOOD + b',"license_key":null}', JSON, (422, "validation_failed")),
    "an unknown environment": (
        b"{" + GOOD + b',"license_key":"x","environment":"moon"}',
        JSON,
        (422, "validation_failed"),
    ),
    "a script for an address": (
        b"{" + GOOD + b',"license_key":"x","admin_url":"javascript:alert(1)"}',
        JSON,
        (422, "validation_failed"),
    ),
    "a form": (b"license_key=x", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
    "another charset": (b"{}", "application/json; charset=latin-1", (415, "unsupported_media_type")),
    "too much": (b'{"license_key":"' + b"x" * 70_000 + b'"}', JSON, (413, "body_too_large")),
}

HEADERS = (
    ("Authorization", "Basic abc", (401, "credentials_missing")),
    ("Authorization", "Bearer kdp_short", (401, "credentials_invalid")),
    ("Authorization", "Bearer kds_live_" + "A" * 48, (401, "credentials_invalid")),
    ("Keydesk-Nonce", "short", (400, "nonce_invalid")),
    ("Content-Encoding", "gzip", (415, "unsupported_media_type")),
)


def test_a_body_that_is_no_request_is_refused(client: FlaskClient, harbour: Cast) -> None:
    """All in one test, because each would need a database of its own to be told nothing new."""
    headers = _headers(harbour.product_key)

    answers = {
        name: code_of(client.post(PATH, data=raw, headers=headers | {"Content-Type": kind}))
        for name, (raw, kind, _refusal) in BODIES.items()
    }

    assert answers == {name: refusal for name, (_raw, _kind, refusal) in BODIES.items()}
    _nothing_was_written()


def test_a_header_that_does_not_fit_is_refused(client: FlaskClient, harbour: Cast) -> None:
    for header, value, refusal in HEADERS:
        headers = _headers(harbour.product_key) | {"Content-Type": JSON, header: value}
        assert code_of(client.post(PATH, data=b"{}", headers=headers)) == refusal, (header, value)
    _nothing_was_written()


def test_another_method_is_refused(client: FlaskClient, harbour: Cast) -> None:
    answer = client.put(PATH, data=b"{}", headers=_headers(harbour.product_key) | {"Content-Type": JSON})

    assert code_of(answer) == (405, "method_not_allowed")


def _headers(credential: str) -> dict[str, Any]:
    return {
        "Authorization": f"Bearer {credential}",
        "Idempotency-Key": "a-click-of-a-person",
        "Keydesk-Nonce": new_nonce(),
    }


def _nothing_was_written() -> None:
    for table in (Seat, Activation):
        assert session.scalar(select(func.count()).select_from(table)) == 0
