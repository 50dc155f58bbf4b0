"""A refusal is no dead end: it says what helps next, and leads there."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from server.customers.models import Customer, CustomerLink
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.licensing.models import License
from server.licensing.services import revoke_license, transfer_license
from tests.conftest import NOON, Cast
from tests.server.pages.conftest import Sell, come_in, link_of

OWN_PAGE = 'href="/account/harbour"'


def the_link() -> CustomerLink:
    return session.scalars(select(CustomerLink)).one()


@pytest.mark.parametrize("why", ["used", "ended", "forgotten", "cut off"])
def test_a_magic_link_that_is_over_leads_to_a_new_one(
    client: FlaskClient, harbour: Cast, bought: Sell, why: str
) -> None:
    bought()
    path = link_of(client, "ana@buyer.example.com")
    if why == "used":
        client.post(path)
    with writing():
        if why == "ended":
            the_link().expires_at = clock.now() - timedelta(seconds=1)
        if why == "forgotten":
            session.execute(delete(CustomerLink))
    answer = client.get(path[:-1] if why == "cut off" else path)

    assert answer.status_code in {404, 410}
    assert (
        "On the next page enter the address that you bought with, and a new one comes by mail." in answer.text
    )
    assert re.search(rf"<a [^>]*{OWN_PAGE}>Ask for a new link</a>", answer.text)
    assert "Send me" not in answer.text, "nothing is sent by this button"
    assert "help@harbour.example.com" in answer.text


def test_the_former_owner_of_a_license_is_led_to_what_is_left(client: FlaskClient, bought: Sell) -> None:
    path = bought()
    with writing():
        buyer = Customer(email="new@buyer.example.com", name="Neu", created_at=NOON)
        session.add(buyer)
        session.flush()
        license = session.scalars(select(License)).one()
        transfer_license(license, buyer, actor="member:mem_1", now=NOON)
    answer = client.get(path)

    assert answer.status_code == 404
    assert "When a license passes to somebody else, its earlier links end too." in answer.text
    assert OWN_PAGE in answer.text
    assert "new@buyer.example.com" not in answer.text


def test_with_two_vendors_an_address_that_names_none_leads_to_none(
    client: FlaskClient, stranger: Cast
) -> None:
    nobodys, strangers = client.get("/get/" + "A" * 43).text, client.get("/account/stranger/enter/x").text

    assert "/account/" not in nobodys
    assert "Answer the mail that the link came in" in nobodys
    assert 'href="/account/stranger"' in strangers


def test_too_many_presses_are_told_how_long_to_wait(client: FlaskClient, harbour: Cast) -> None:
    settings.remember(replace(settings.current(), rate_limits=True))
    for _press in range(10):
        client.post("/account/harbour/link", data={"email": "ana@buyer.example.com"})
    answer = client.post("/account/harbour/link", data={"email": "ana@buyer.example.com"})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 3500
    assert "Please wait 60 minutes, then try again." in answer.text
    assert answer.text.count("Please wait") == 1
    assert OWN_PAGE in answer.text


def test_a_refused_file_leads_back_to_the_page_of_the_purchase(client: FlaskClient, bought: Sell) -> None:
    path = bought()
    with writing():
        revoke_license(session.scalars(select(License)).one(), "refunded", actor="system", now=NOON)

    assert f'href="{path}"' in client.get(f"{path}/download").text


def test_an_address_of_a_button_leads_to_the_page_of_the_button(client: FlaskClient, bought: Sell) -> None:
    path = bought()
    for address, page in (
        (f"{path}/activation", path),
        ("/buy/harbour/harbour-gallery/gift", "/buy/harbour/harbour-gallery"),
        ("/account/harbour/choices", "/account/harbour"),
    ):
        answer = client.get(address)
        assert (answer.status_code, f'href="{page}"' in answer.text) == (405, True), address


def test_a_form_of_an_old_visit_leads_back_to_the_own_page(
    client: FlaskClient, harbour: Cast, bought: Sell
) -> None:
    bought()
    come_in(client, harbour)
    answer = client.post("/account/harbour/choices", data={"form_token": "old"})

    assert answer.status_code == 403
    assert OWN_PAGE in answer.text


@pytest.mark.parametrize("path", ["//evil.example.com/x", "/%00", "/account/a%00b/enter/x", "/buy", "/get"])
def test_a_strange_address_is_a_page_and_leads_nowhere_else(
    client: FlaskClient, harbour: Cast, path: str
) -> None:
    answer = client.get(path)

    assert answer.status_code in {308, 400, 404}
    assert 'href="//' not in answer.text
