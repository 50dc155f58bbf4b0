"""The address in the `type` of a refusal leads to a page that says what the code means."""

from urllib.parse import urlsplit

from flask.testing import FlaskClient

from server.kernel.errors import KeydeskError
from server.pages.problems import _kinds
from tests.conftest import Cast


def test_the_type_of_a_refusal_leads_to_its_page(client: FlaskClient, harbour: Cast) -> None:
    refusal = client.post("/v1/activations", json={}).json
    assert refusal is not None

    answer = client.get(urlsplit(refusal["type"]).path)

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "<code>credentials_missing</code>" in answer.text
    assert "This address needs a credential" in answer.text
    assert "401" in answer.text


def test_every_code_of_the_server_has_a_page(client: FlaskClient, harbour: Cast) -> None:
    codes = {kind.code for kind in _kinds(KeydeskError)}

    assert len(codes) > 40
    assert {code for code in codes if client.get(f"/problems/{code}").status_code != 200} == set()


def test_a_code_with_two_sentences_names_both(client: FlaskClient, harbour: Cast) -> None:
    page = client.get("/problems/signature_invalid").text

    assert "The signature of this event does not fit" in page
    assert "The signature of this request is not valid" in page


def test_an_unknown_code_is_a_page_too(client: FlaskClient, harbour: Cast) -> None:
    answer = client.get("/problems/no_such_code")

    assert (answer.status_code, answer.content_type) == (404, "text/html; charset=utf-8")
