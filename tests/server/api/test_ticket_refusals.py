"""Bad input about tickets is refused with a code, changes nothing, and never breaks the server."""

from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from server.kernel.db import session
from server.support.models import Ticket
from tests.conftest import Cast
from tests.server.api.conftest import Ask, code_of

NEW = {"type": "bug", "subject": "The calendar is empty", "body": "After the update it is empty."}

WRONG: list[tuple[str, Any]] = [
    ("type", "complaint"),
    ("type", None),
    ("type", ["bug"]),
    ("subject", ""),
    ("subject", "  "),
    ("subject", "ж" * 201),
    ("subject", 7),
    ("body", ""),
    ("body", "ж" * 20_001),
    ("body", {"text": "x"}),
    ("email", "no address"),
    ("email", "a@example.com\nBcc: b@example.com"),
    ("email", "a" * 250 + "@example.com"),
    ("name", "x" * 101),
    ("locale", "<script>"),
    ("screen_id", "x" * 121),
    ("diagnostics", []),
    ("diagnostics", {"passwords": {}}),
    ("diagnostics", {"site": "x" * 33_000}),
    ("attachment_ids", ["att_1"] * 6),
    ("attachment_ids", "att_1"),
    ("attachment_ids", ["att_00000000000000000000000000"]),
    ("client_created_at", "yesterday"),
    ("client_created_at", 5),
    ("follows", "tkt_00000000000000000000000000"),
    ("user_ref", "x" * 65),
    ("shared", "perhaps"),
    ("surprise", 1),
]
NOT_JSON = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b'{"type": "bug", "type": "bug"}',
    b'{"subject": NaN}',
    b'{"subject": "\\ud800"}',
    b'{"subject": "\\u0000"}',
    b'{"subject": "\xff"}',
    b'{"a":' * 100 + b"1" + b"}" * 100,
    b'{"number": 123456789012345678901234567890}',
    b'{"subject": 1e999}',
    b"<xml/>",
]


def count() -> int:
    return session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_a_wrong_field_is_named_and_nothing_is_written(ask: Ask, token: str) -> None:
    for field, value in WRONG:
        answer = ask("POST", "/v1/tickets", token, {**NEW, field: value})

        assert code_of(answer) == (422, "validation_failed"), (field, value)
        assert answer.json is not None
        assert answer.json["errors"][0]["pointer"].startswith(f"/{field}"), (field, value)
    assert count() == 0


def test_what_is_no_strict_json_is_refused(client: FlaskClient, token: str) -> None:
    for body in NOT_JSON:
        answer = client.post(
            "/v1/tickets",
            data=body,
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "the-same-key-0003"},
            content_type="application/json",
        )
        assert code_of(answer)[0] in {400, 422}, body
    assert count() == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=8), parts, max_size=3),
        max_leaves=8,
    ),
    field=st.sampled_from(["type", "subject", "diagnostics", "attachment_ids", "client_created_at", "x"]),
)
def test_no_value_of_any_field_breaks_the_server(body: Any, field: str, ask: Ask, token: str) -> None:
    assert ask("POST", "/v1/tickets", token, {**NEW, field: body}).status_code < 500


def test_the_largest_allowed_ticket_fits(ask: Ask, token: str) -> None:
    diagnostics = {"site": {"text": "x" * (32 * 1024 - 20)}}

    answer = ask("POST", "/v1/tickets", token, {**NEW, "body": "ж" * 20_000, "diagnostics": diagnostics})

    assert answer.status_code == 201, answer.text


def test_a_body_over_the_limit_is_refused(ask: Ask, token: str) -> None:
    answer = ask("POST", "/v1/tickets", token, {**NEW, "name": "x" * (161 * 1024)})

    assert code_of(answer) == (413, "body_too_large")


def test_a_writing_call_needs_its_idempotency_key(ask: Ask, token: str) -> None:
    assert code_of(ask("POST", "/v1/tickets", token, NEW, key=None)) == (400, "idempotency_key_required")


def test_a_key_used_for_another_ticket_is_refused(ask: Ask, token: str) -> None:
    ask("POST", "/v1/tickets", token, NEW, key="the-same-key-0004")
    answer = ask("POST", "/v1/tickets", token, {**NEW, "body": "Other"}, key="the-same-key-0004")

    assert code_of(answer) == (422, "idempotency_mismatch")
    assert count() == 1


def test_wrong_credentials_come_before_wrong_fields(ask: Ask, harbour: Cast) -> None:
    assert code_of(ask("POST", "/v1/tickets", "", {"x": 1})) == (401, "credentials_missing")
    assert code_of(ask("POST", "/v1/tickets", "kdt_wrong", {"x": 1})) == (401, "credentials_invalid")


def test_unproven_addresses_are_limited_by_place(ask: Ask, harbour: Cast, with_limits: None) -> None:
    wanted = {**NEW, "email": "ana@example.com"}
    statuses = [ask("POST", "/v1/tickets", harbour.product_key, wanted).status_code for _ in range(4)]

    assert statuses == [201, 201, 201, 429]


def test_a_site_files_ten_tickets_an_hour(ask: Ask, token: str, with_limits: None) -> None:
    statuses = [ask("POST", "/v1/tickets", token, NEW).status_code for _ in range(11)]

    assert statuses == [201] * 10 + [429]
