"""The roof answers in one form, whoever asks and whatever goes wrong."""

from flask import Flask, url_for
from flask.testing import FlaskClient

from server.kernel.settings import current


def test_the_server_says_that_it_serves(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_missing_page_is_a_problem_document(client: FlaskClient) -> None:
    answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["code"] == "not_found"


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
