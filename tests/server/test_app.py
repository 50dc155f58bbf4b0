"""The roof answers in one form, whoever asks and whatever goes wrong."""

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import text

from server.kernel.db import session
from server.kernel.settings import current
from tests.conftest import Cast


def test_the_server_says_that_it_serves(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/v1/nothing", "/hooks/nothing", "/compat/nothing"])
def test_a_program_gets_a_problem_document(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing/here", 404),
        ("GET", "/favicon.ico", 404),
        ("GET", "/files/nothing", 404),
        ("GET", "/problems/nothing", 404),
        ("GET", "/account/harbour/link", 405),
        ("GET", "/buy/harbour/harbour-gallery/gift", 405),
        ("POST", "/console/nothing", 405),
        ("POST", "/unsubscribe/" + "x" * 70_000, 404),
    ],
)
def test_a_person_gets_a_page(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "<h1>" in answer.text
    assert status != 405 or answer.headers["Allow"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/vendor/licenses"),
        ("POST", "/v1/activations"),
        ("GET", "/compat/dl/1.free.1.0/x.zip"),
        ("GET", "/console/products/"),
    ],
)
def test_whoever_is_asked_for_a_credential_is_told_the_scheme(
    client: FlaskClient, harbour: Cast, method: str, path: str
) -> None:
    answer = client.open(path, method=method, headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers.getlist("WWW-Authenticate")) == (401, ["Bearer"])


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/buy/harbour/harbour-gallery", "buy.page"),
        ("/console/sign-in", "console.login.sign_in"),
        ("/", "home"),
    ],
)
def test_a_fault_of_ours_is_a_page_with_a_number_and_no_detail(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str, endpoint: str
) -> None:
    def fail(**_asked: object) -> None:
        raise RuntimeError("secret detail")

    assert endpoint in client.application.view_functions
    monkeypatch.setitem(client.application.view_functions, endpoint, fail)
    monkeypatch.setattr(client.application, "testing", False)
    answer = client.get(path)

    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert answer.headers["Keydesk-Request-Id"][:8] in answer.text
    assert "secret detail" not in answer.text


def test_a_foreign_host_name_is_refused(client: FlaskClient) -> None:
    answer = client.get("/openapi.json", headers={"Host": "evil.example.com"})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["code"] == "host_invalid"


def test_the_openapi_document_and_its_page_are_served(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    assert "Keydesk API" in client.get("/docs/api").text


def test_a_static_file_is_kept_for_good_under_an_address_that_names_its_content(app: Flask) -> None:
    with app.test_request_context(base_url=current().public_url):
        address = url_for("console.static", filename="keydesk.js")

    with app.test_client() as client:
        kept, plain = (
            client.get(address, buffered=True),
            client.get("/console/static/keydesk.js", buffered=True),
        )
    kept.close()
    plain.close()

    assert "?v=" in address
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Cache-Control"] == "no-cache"


def test_a_database_of_another_version_is_no_busy_one(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting would not help: somebody has to look at it."""

    def read(**_asked: object) -> None:
        session.execute(text("SELECT a_column_of_tomorrow FROM vendors"))

    monkeypatch.setitem(client.application.view_functions, "home", read)
    monkeypatch.setattr(client.application, "testing", False)

    assert client.get("/").status_code == 500
