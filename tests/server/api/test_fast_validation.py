"""The short cut of a site's own question answers exactly as the long way does, or leaves it the answer."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server.accounts.models import SigningKey
from server.api.fast_validation import FastValidation, plain_body
from server.kernel import clock
from server.kernel.db import session, writing
from server.licensing.models import License
from server.licensing.schemas import ValidationRequest
from tests.server.api.conftest import Ask, code_of, is_genuine

PATH = "/v1/license-validations"
OWN = "https://shop-1.example.com"
OF_ONE_ANSWER = {"Keydesk-Signature", "Keydesk-Request-Id"}
DAY = timedelta(days=1)


@pytest.fixture
def short_cut(app: Flask) -> FastValidation:
    wrapped = app.wsgi_app
    assert isinstance(wrapped, FastValidation)
    return wrapped


@pytest.fixture
def long_ways(short_cut: FastValidation) -> Iterator[list[str]]:
    """The addresses of the requests that went the long way."""
    taken: list[str] = []
    whole_app = short_cut.long_way

    def noted(environ: Any, start_response: Any) -> Any:
        taken.append(environ["PATH_INFO"])
        return whole_app(environ, start_response)

    short_cut.long_way = noted
    yield taken
    short_cut.long_way = whole_app


def set_license(held: Callable[[], License], **values: Any) -> None:
    with writing():
        for name, value in values.items():
            setattr(held(), name, value)
    session.remove()


STATES: dict[str, dict[str, Any]] = {
    "active": {},
    "for ever": {"valid_until": None},
    "no limit of sites": {"seats": None, "renews": True, "mode": "test"},
    "in its buffer": {"valid_until": clock.now() - DAY / 2},
    "in grace": {"valid_until": clock.now() - 3 * DAY, "grace_until": clock.now() + DAY},
    "expired": {"valid_until": clock.now() - 3 * DAY},
    "not started": {"starts_at": clock.now() + DAY},
    "suspended": {"suspended_for": ["disputed"]},
    "revoked": {"revoked_for": ["refunded"], "suspended_for": ["disputed"], "stopped_at": clock.now()},
    "of another version": {"max_version": "3"},
    "with dates of its own": {
        "updates_until": clock.now() + DAY,
        "support_until": clock.now() - DAY,
        "max_version": "4.0",
        "is_trial": True,
    },
}


@pytest.mark.parametrize("state", STATES)
def test_both_ways_give_one_answer(
    ask: Ask, token: str, held: Any, short_cut: FastValidation, long_ways: list[str], state: str
) -> None:
    set_license(held, **STATES[state])
    asked = {"site_url": OWN, "plugin_version": "4.2.0"}

    short = ask("POST", PATH, token, asked, key=None)
    assert long_ways == []
    long = ask("POST", PATH, token, {**asked, "features": []}, key=None)
    assert long_ways == [PATH]

    assert short.status_code == long.status_code == 200
    assert short.data == long.data
    assert _shared(short.headers) == _shared(long.headers)
    assert is_genuine(short)
    assert is_genuine(long)


def test_after_a_start_the_long_way_tells_where_customers_find_their_licenses(
    ask: Ask, token: str, long_ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.customers.visiting._slugs", {})

    first, second = (ask("POST", PATH, token, {"site_url": OWN}) for _ in range(2))

    assert long_ways == [PATH]
    assert first.data == second.data
    assert (first.json or {})["license"]["manage_url"]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
@pytest.mark.parametrize(("features", "gathered"), [([], True), (["export"], False)])
def test_short_answers_meet_on_one_core_and_long_ones_run_anywhere(
    ask: Ask, token: str, monkeypatch: pytest.MonkeyPatch, features: list[str], gathered: bool
) -> None:
    every = os.sched_getaffinity(0)
    monkeypatch.setattr("server.kernel.cores._cores", frozenset(every))

    def answer() -> set[int]:
        ask("POST", PATH, token, {"site_url": OWN})
        if features:
            ask("POST", PATH, token, {"site_url": OWN, "features": features})
        session.remove()
        return os.sched_getaffinity(0)

    with ThreadPoolExecutor(1) as one_thread:
        assert one_thread.submit(answer).result() == ({min(every)} if gathered else every)


def test_a_site_need_not_name_itself(ask: Ask, token: str, long_ways: list[str]) -> None:
    assert ask("POST", PATH, token, {}).json == ask("POST", PATH, token, {"features": []}).json
    assert len(long_ways) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"site_url": 5}', (422, "validation_failed")),
        (b'{"plugin_version": "' + b"1" * 33 + b'"}', (422, "validation_failed")),
        (b'{"site_url": "a", "site_url": "b"}', (400, "json_invalid")),
        (b'{"site_url": "\\u0000"}', (400, "json_invalid")),
        (b"[]", (400, "json_invalid")),
        (b'{"unknown": ""}', (422, "validation_failed")),
    ],
)
def test_a_body_that_is_not_plain_is_refused_by_the_long_way(
    ask: Ask, token: str, long_ways: list[str], body: bytes, code: tuple[int, str]
) -> None:
    answer = ask("POST", PATH, token, data=body, headers={"Content-Type": "application/json"})

    assert code_of(answer) == code
    assert long_ways == [PATH]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Keydesk-Nonce": "short"}, (400, "nonce_invalid")),
        ({"Host": "elsewhere.example.com"}, (400, "host_invalid")),
        ({"Content-Type": "text/plain"}, (415, "unsupported_media_type")),
        ({"Content-Encoding": "gzip"}, (415, "unsupported_media_type")),
        ({"Authorization": "Bearer kdt_unknown"}, (401, "credentials_invalid")),
    ],
)
def test_a_head_that_is_not_plain_is_refused_by_the_long_way(
    ask: Ask, token: str, long_ways: list[str], headers: dict[str, str], code: tuple[int, str]
) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", **headers}

    assert code_of(ask("POST", PATH, data=b"{}", headers=headers)) == code
    assert long_ways == [PATH]


def test_another_address_is_compared_with_all_sites_of_the_license(
    ask: Ask, token: str, neighbour: str, long_ways: list[str]
) -> None:
    codes = [
        (ask("POST", PATH, token, {"site_url": f"https://{host}.example.com"}).json or {}).get("code")
        for host in ("shop-1", "shop-2", "shop-9")
    ]

    assert codes == ["VALID", "SITE_MISMATCH", "SITE_NOT_ACTIVATED"]
    assert len([path for path in long_ways if path == PATH]) == 2


def test_a_released_site_is_refused(ask: Ask, activated: dict[str, Any], long_ways: list[str]) -> None:
    token = activated["site_token"]
    assert ask("DELETE", f"/v1/activations/{activated['activation_id']}", token).status_code == 200

    assert code_of(ask("POST", PATH, token, {})) == (401, "token_revoked")


def test_an_answer_is_signed_by_the_key_that_is_current_now(
    ask: Ask, token: str, long_ways: list[str]
) -> None:
    before = ask("POST", PATH, token, {}).headers["Keydesk-Signature"]
    with writing():
        keys = {key.state: key for key in session.scalars(select(SigningKey))}
        keys["current"].state, keys["next"].state = "next", "current"
    session.remove()

    answer = ask("POST", PATH, token, {})
    assert answer.headers["Keydesk-Signature"][:24] != before[:24]
    assert is_genuine(answer)
    assert long_ways == []


def test_both_ways_count_together(ask: Ask, token: str, with_limits: None, long_ways: list[str]) -> None:
    bodies: list[dict[str, Any]] = [{}, {"features": []}] * 60
    answers = [ask("POST", PATH, token, body) for body in bodies]

    assert {answer.status_code for answer in answers} == {200}
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == 120
    refused = ask("POST", PATH, token, {})
    assert code_of(refused) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0


def test_a_fault_in_the_short_cut_costs_no_answer(
    ask: Ask, token: str, long_ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_token_hash: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("server.api.fast_validation.find_asking_site", broken)

    assert ask("POST", PATH, token, {}).status_code == 200
    assert long_ways == [PATH]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"site_url": ""},
        {"site_url": "x" * 2_048, "plugin_version": "1" * 32},
        {"site_url": "x" * 2_049},
        {"plugin_version": "1" * 33},
        {"plugin_version": None},
        {"site_url": ["x"]},
        {"site_uid": "0" * 32},
        {"license_key": "x"},
        {"features": []},
    ],
)
def test_a_plain_body_is_one_that_the_schema_takes_as_it_is(body: dict[str, Any]) -> None:
    plain = plain_body(json.dumps(body).encode())

    if plain is not None:
        assert ValidationRequest().load(body) == ValidationRequest().load({}) | plain
    else:
        assert not body.keys() <= {"site_url", "plugin_version"} or ValidationRequest().validate(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"site_url": "a", "site_url": "a"}',
        b'{"site_url": "a", "site\\u005furl": "a"}',
        b'{"site_url": "a\\""}',
        b'{"site_url": "a", "plugin_version": NaN}',
        b'{"site_url": "\xff"}',
        b'{"site_url": "\\u0000"}',
        b"[" * 4_096,
        b'"site_url"',
        b"",
    ],
)
def test_a_hostile_body_is_not_plain(body: bytes) -> None:
    assert plain_body(body) is None


def _shared(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in OF_ONE_ANSWER}
