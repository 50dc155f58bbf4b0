"""Whatever is sent to a door, it answers in its dialect and never with a fault of ours."""

import json
import re
import urllib.parse
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.releases.packages import TOKEN
from tests.conftest import Cast
from tests.server.compat.conftest import AGENT, change

FORM = "application/x-www-form-urlencoded"
ACTIONS = ("activate_license", "deactivate_license", "check_license", "get_version", "get_license")
NAMES = (
    "license", "license[]", "license[a][b]", "item_id", "item_name", "url", "slug", "version", "environment",
    "edd_action[]", "products[a][license]", "products[a][item_id]", "products[][license]", "products[",
    "beta", "license_key", "key", "site_url", "instance_name", "instance_id", "action", "token",
    "installed_version",
)  # fmt: skip
SOUP = (
    "0", "1", "-1", "9" * 30, "٣", "1e9", "%", "%%%", "%25%30%30", "%00", "%ff%fe", "+", "&amp;", "&#0;",
    "&#xd800;", "Harbour Gallery", "KD1-000000-000000-000000-000000-000000-087TJ8", "kd1", "x" * 5_000,
    "https://shop-1.example.com", "https://[::1", "https://a..b", "ftp://x", "get_metadata", "download",
    "harbour-gallery", "\u0130", "my laptop\u2028", "'; DROP TABLE licenses; --", "a" * 127 + "\x7f",
)  # fmt: skip

texts = st.sampled_from(SOUP) | st.text(max_size=40) | st.binary(max_size=40)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=12), texts), max_size=8)
quiet = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def encode(fields: list[tuple[str, Any]]) -> str:
    """Percent-encoded bytes: the strings of a broken client are not text."""
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in fields)


@pytest.fixture
def seats_on_check(open_doors: Cast) -> None:
    """An update check goes all the way to a seat."""
    change(open_doors, puc_auto_activate=True, public_slug="harbour-gallery")


def quote(value: str | bytes) -> str:
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return urllib.parse.quote_from_bytes(raw)


@quiet
@given(action=st.sampled_from(ACTIONS), in_query=pairs, in_form=pairs, agent=st.text(max_size=60))
@example(
    action="activate_license", in_query=[("license", b"\xff\x00")], in_form=[], agent="WordPress/6; \x00"
)
def test_the_edd_door_always_answers_200_and_an_object(
    client: FlaskClient,
    sold: tuple[str, str],
    action: str,
    in_query: list[tuple[str, Any]],
    in_form: list[tuple[str, Any]],
    agent: str,
) -> None:
    known = [("edd_action", action), ("license", sold[1]), ("item_id", "1")]

    response = client.post(
        "/compat/edd/harbour/",
        query_string=encode(in_query),
        data=encode([*known, *in_form]),
        content_type=FORM,
        environ_overrides={"HTTP_USER_AGENT": agent.encode().decode("latin-1")},
    )

    assert response.status_code == 200
    assert isinstance(json.loads(response.data), dict)


@quiet
@given(
    slug=st.text(max_size=20) | st.sampled_from(["harbour", "harbour-gallery", "..", "%00"]),
    fields=pairs,
    action=st.sampled_from(["get_metadata", "download", ""]),
)
def test_update_checkers_never_meet_a_fault(
    client: FlaskClient,
    seats_on_check: None,
    sold: tuple[str, str],
    release: bytes,
    slug: str,
    fields: list[tuple[str, Any]],
    action: str,
) -> None:
    query = encode([("action", action), ("slug", "harbour-gallery"), ("license_key", sold[1]), *fields])
    for path in (f"/compat/wpus/{quote(slug)}/", f"/compat/puc/{quote(slug)}.json", "/compat/wpus/harbour"):
        response = client.get(path, query_string=query, headers={"User-Agent": AGENT})
        assert response.status_code in {200, 308, 400, 401, 403, 404}, path


@quiet
@given(
    call=st.sampled_from(["activate", "validate", "deactivate"]),
    fields=pairs,
    body=st.binary(max_size=60) | st.dictionaries(st.sampled_from(NAMES), st.text() | st.integers()),
)
def test_lemon_squeezy_clients_never_meet_a_fault(
    client: FlaskClient, sold: tuple[str, str], call: str, fields: list[tuple[str, Any]], body: Any
) -> None:
    path = f"/compat/ls/v1/licenses/{call}"
    sent = encode([("license_key", sold[1]), *fields])

    form = client.post(path, data=sent, content_type=FORM)
    raw = body if isinstance(body, bytes) else json.dumps({"license_key": sold[1], **body})
    other = client.post(path, data=raw, content_type="application/json")

    assert {form.status_code, other.status_code} <= {200, 400, 404, 422}


@quiet
@given(token=st.text(max_size=80) | st.from_regex(TOKEN, fullmatch=True))
def test_a_made_up_package_is_refused(client: FlaskClient, open_doors: Cast, token: str) -> None:
    response = client.get(f"/compat/dl/{quote(token)}/harbour-gallery-2.1.0.zip")

    assert response.status_code in {308, 401, 404}


def test_a_body_that_is_too_long_is_an_unknown_action(client: FlaskClient, open_doors: Cast) -> None:
    for body in (b"edd_action=check_license&license=" + b"x" * 80_000, b"&".join([b"a=1"] * 20_000)):
        response = client.post("/compat/edd/harbour", data=body, content_type=FORM)
        assert (response.status_code, response.data) == (200, b"{}")


@pytest.mark.parametrize("slug", ["nobody", "HARBOUR", "%00", "%ff", "..", "a" * 300])
def test_an_unknown_vendor_knows_no_key(client: FlaskClient, sold: tuple[str, str], slug: str) -> None:
    sent = {"edd_action": "activate_license", "license": sold[1], "item_id": "1"}

    response = client.get(f"/compat/edd/{slug}", query_string=sent, headers={"User-Agent": AGENT})

    assert json.loads(response.data)["error"] == "missing"


def test_nobody_is_named_at_any_door(client: FlaskClient, sold: tuple[str, str], release: bytes) -> None:
    """The customer is Ana Popescu, ana@buyer.example.com."""
    key, told = sold[1], b""
    for action in ACTIONS:
        sent = {"edd_action": action, "license": key, "item_id": "1"}
        told += client.get("/compat/edd/harbour", query_string=sent, headers={"User-Agent": AGENT}).data
    query = {"action": "get_metadata", "slug": "harbour-gallery", "license_key": key}
    told += client.get("/compat/wpus/harbour", query_string=query).data
    for call in ("activate", "validate"):
        sent = {"license_key": key, "instance_name": "My laptop"}
        told += client.post(f"/compat/ls/v1/licenses/{call}", data=sent).data

    assert told.count(b"2.1.0") >= 2
    assert resolve(License, sold[0]).customer.name == "Ana Popescu"
    for name in (b"popescu", b"buyer"):
        assert name not in told.lower()
    # as a word: three letters come together in random ids and tokens too
    assert not re.search(rb"(?<![0-9a-z])ana(?![0-9a-z])", told.lower())
