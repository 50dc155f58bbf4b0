"""From the shop's page to the key: what a buyer sees, and what happens when Stripe does not answer."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from server.catalog.models import Price
from server.customers.services import customer_for
from server.kernel import clock, settings
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import regenerate_key, resend_purchase_mail, reveal_key, transfer_license
from tests.conftest import Cast
from tests.server.billing.conftest import Till
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

SHELF = "/buy/harbour/harbour-gallery"


def choice(page: str) -> dict[str, str]:
    """What the form of a buy page would send."""
    fields = dict(re.findall(r'name="(site_url|admin_url|cause)" value="([^"]*)"', page))
    price = re.search(r'name="price" value="([^"]+)" checked', page)
    assert price is not None
    return {**fields, "price": price[1]}


def test_the_page_shows_what_is_sold_and_for_how_much(till: Till, client: FlaskClient) -> None:
    answer = client.get(SHELF)

    assert answer.status_code == 200
    for words in ("Harbour Gallery", "Studio", "€199.00", "5 sites", "help@harbour.example.com"):
        assert words in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text


def test_buying_leads_to_stripe_with_the_site_it_began_on(till: Till, client: FlaskClient) -> None:
    page = client.get(
        f"{SHELF}?site_url=https://shop-1.example.com&admin_url=https://shop-1.example.com/wp-admin/"
    )
    answer = client.post(SHELF, data=choice(page.text))

    assert answer.status_code == 303
    session_id = answer.location.rsplit("/", 1)[1]
    till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana")
    till.record()
    till.work()
    assert till.order().site_url == "https://shop-1.example.com"
    assert till.order().admin_url == "https://shop-1.example.com/wp-admin/"


def test_pressing_the_button_twice_opens_one_session(till: Till, client: FlaskClient) -> None:
    form = choice(client.get(SHELF).text)
    first, again = client.post(SHELF, data=form), client.post(SHELF, data=form)
    another = client.post(SHELF, data=choice(client.get(SHELF).text))

    assert first.location == again.location
    assert another.location != first.location


def test_a_site_address_that_is_none_is_dropped(till: Till, client: FlaskClient) -> None:
    page = client.get(f'{SHELF}?site_url=javascript:alert(1)&admin_url="><script>').text
    assert choice(page)["site_url"] == ""
    assert "<script" not in page


def test_another_vendors_price_is_not_sold_here(till: Till, client: FlaskClient, stranger: Cast) -> None:
    for price in (stranger.price.id, "prc_none", ""):
        assert client.post(SHELF, data={"price": price}).status_code == 404
    assert client.get("/buy/stranger/harbour-gallery").status_code == 404
    assert till.shop.calls() == []


def test_a_price_that_is_no_longer_offered_is_not_sold(till: Till, client: FlaskClient) -> None:
    form = choice(client.get(SHELF).text)
    with writing():
        from server.kernel.db import session

        session.execute(update(Price).values(active=False))
    assert client.post(SHELF, data=form).status_code == 404
    assert "cannot be bought here at the moment" in client.get(SHELF).text


def test_when_stripe_is_away_the_buyer_is_told_and_may_press_again(till: Till, client: FlaskClient) -> None:
    form = choice(client.get(SHELF).text)
    till.shop.fail({"kind": "down"})
    answer = client.post(SHELF, data=form)
    till.shop.fail()

    assert answer.status_code == 503
    assert "Nothing was charged" in answer.text
    assert client.post(SHELF, data=choice(answer.text)).status_code == 303


def success(till: Till, session_id: str) -> str:
    return f"/buy/success?connection={till.connection_id}&session_id={session_id}"


def test_after_paying_the_key_is_there_before_the_event(till: Till, client: FlaskClient) -> None:
    session_id = till.sell()
    answer = client.get(success(till, session_id))

    assert answer.status_code == 303
    assert urlsplit(answer.location).path.startswith("/get/")
    till.record()
    till.work()
    assert len(till.licenses()) == len(till.mails()) == 1
    assert client.get(success(till, session_id)).location == answer.location


def test_after_a_transfer_the_way_back_from_paying_leads_to_no_key_of_the_new_holder(
    till: Till, client: FlaskClient
) -> None:
    session_id = till.sell(quantity=2)
    till.catch_up()
    first, second = [license.id for license in till.licenses()]
    hand_on(first)
    shown = client.get(success(till, session_id), follow_redirects=True).text
    assert reveal_key(resolve(License, second)) in shown
    assert reveal_key(resolve(License, first)) not in shown

    hand_on(second)
    answer = client.get(success(till, session_id))
    assert urlsplit(answer.location).path == "/account/harbour"


def hand_on(license_id: str) -> None:
    """To somebody else, who asks for the purchase mail."""
    with writing():
        given = resolve(License, license_id)
        new = customer_for("new@buyer.example.com", now=clock.now())
        transfer_license(given, new, actor="owner", now=clock.now())
        regenerate_key(given, actor="owner", now=clock.now())
        resend_purchase_mail(given)


@pytest.mark.parametrize(
    ("become", "words"),
    [
        ("open", "The payment is not finished"),
        ("pending", "Your bank needs some time"),
        ("failed", "The payment did not go through"),
        ("refunded", "This purchase was refunded"),
        ("away", "your key comes by e-mail"),
    ],
)
def test_without_a_key_the_page_says_what_comes_next(
    till: Till, client: FlaskClient, become: str, words: str
) -> None:
    session_id = till.open()
    if become in {"pending", "failed"}:
        till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana", later=True)
    if become == "failed":
        till.shop.settle(session_id, succeeded=False)
    if become == "refunded":
        till.shop.pay(session_id)
        till.shop.refund(session_id)
    if become == "away":
        till.shop.fail({"kind": "error"})

    answer = client.get(success(till, session_id))
    assert answer.status_code == 200
    assert words in answer.text


def test_a_made_up_session_shows_nothing(till: Till, client: FlaskClient) -> None:
    real = till.sell()
    for query in (
        "",
        "connection=scn_none&session_id=" + real,
        f"connection={till.connection_id}&session_id=cs_test_{'0' * 48}",
        f"connection={till.connection_id}&session_id=../../v1/charges",
    ):
        answer = client.get(f"/buy/success?{query}")
        assert answer.status_code == 404, query
        assert "<main>" in answer.text


def test_a_buyer_goes_from_the_shop_to_the_key_in_a_browser(
    till: Till, on_air: str, new_window: Callable[..., Window]
) -> None:
    page = new_window().new_page()
    page.goto(f"{on_air}{SHELF}?site_url=https://shop-1.example.com")
    assert_accessible(page)
    look(page, "buy", whole=True)
    page.get_by_label("Studio").check()
    page.get_by_role("button", name="Continue to payment").click()

    page.get_by_label("E-mail").fill("ana@buyer.example.com")
    page.get_by_label("Name").fill("Ana")
    page.get_by_role("button", name="Pay 199.00 EUR").click()
    page.wait_for_url(f"{settings.current().public_url}/get/*")

    assert "Harbour Gallery" in page.get_by_role("heading", level=1).inner_text()
    assert len(till.licenses()) == 1


def test_the_shop_speaks_the_readers_language(
    till: Till, on_air: str, new_window: Callable[..., Window]
) -> None:
    page = new_window(locale="ru-RU").new_page()
    page.goto(f"{on_air}{SHELF}")
    page.get_by_role("heading", name="Выберите тариф").wait_for()
    assert page.locator("html").get_attribute("lang") == "ru"
    assert_accessible(page)
    look(page, "buy-ru", whole=True)
