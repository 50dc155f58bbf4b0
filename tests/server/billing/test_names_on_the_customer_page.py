"""Who hears the customer page can tell the buttons of one license from those of another of its product."""

from collections import Counter
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from server.billing.changing import change_subscription_plan, quote_change
from server.billing.models import Order
from server.billing.services import find_order, licenses_of
from server.catalog.models import Price
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.i18n import LANGUAGES
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import Site, activate_site, children_of, issue_license, transfer_license
from server.releases.services import upload_release
from tests.server.billing.conftest import Till
from tests.server.billing.test_reading_the_customer_page import ANA, price, product
from tests.server.pages.conftest import come_in
from tests.server.pages.test_get import plugin_zip


class Names(HTMLParser):
    """What each thing that can be pressed or chosen is called: all of its text, seen or not."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"button", "summary", "label", "a"}:
            self._inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"button", "summary", "label", "a"}:
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def sit(license: License, host: str, uid: str) -> None:
    site = Site(uid * 32, f"https://{host}.example.com")
    activate_site(license, site, product=license.product, mode="live", now=clock.now())


def buy(till: Till, price_id: str) -> Order:
    session_id = till.sell(ANA, price_id=price_id)
    till.catch_up()
    till.shop.life("subscriptions", till.subscription_of(session_id), "card", declined=True)
    order = find_order(till.connection_id, session_id)
    assert order
    return order


def two_subscriptions(till: Till) -> None:
    """To one plan; the change of each to a bigger one waits for its payment, and each has a site."""
    with writing():
        sold = product("slider-1")
        upload_release(sold, plugin_zip("1.4.0"), now=clock.now(), actor="member:mem_1")
        small, big = price(sold, "small").id, price(sold, "big", amount=2_900).id
    for uid in "ab":
        order = buy(till, small)
        with writing():
            sit(licenses_of(order)[0], "shop", uid)
        shown = quote_change(order, resolve(Price, big))
        assert change_subscription_plan(order, resolve(Price, big), actor="system", proof=shown.proof)


def two_bundles(till: Till) -> None:
    """That can be renewed; each with a plugin inside that can be downloaded and has a site."""
    now = clock.now()
    with writing():
        ana, inside, whole = customer_for(ANA, now=now), product("maps-1"), product("whole-1")
        upload_release(inside, plugin_zip("1.4.0"), now=now, actor="member:mem_1")
        part = price(inside, "part").plan
        yearly = price(whole, "yearly", interval="year", renews=False, bundled_plan_ids=[part.id]).plan
        for uid in "cd":
            license, _key = issue_license(product=whole, plan=yearly, customer=ana, now=now)
            sit(children_of(license)[0], "maps", uid)


def two_that_went_to_bob(till: Till) -> None:
    """Subscriptions that Ana goes on paying; their keys are Bob's, so plan and day tell them apart."""
    with writing():
        sold = product("handed-2")
        prices = [price(sold, code).id for code in ("small", "big")]
    for price_id in prices:
        order = buy(till, price_id)
        with writing():
            bob = customer_for("bob@buyer.example.com", now=clock.now())
            transfer_license(licenses_of(order)[0], bob, actor="owner", now=clock.now())


def test_no_two_buttons_have_one_name_in_any_language(client: FlaskClient, till: Till) -> None:
    for make in (two_subscriptions, two_bundles, two_that_went_to_bob):
        make(till)
    come_in(client, till.cast)
    for language in LANGUAGES:
        names = Names(client.get(f"/account/harbour?lang={language}").text).found

        assert len(names) > 30
        assert {name: times for name, times in Counter(names).items() if times > 1} == {}


@pytest.mark.parametrize("words", ["Copy the key", "Send the purchase mail again", "Yes, release it"])
def test_a_button_names_plan_and_key(client: FlaskClient, till: Till, words: str) -> None:
    two_subscriptions(till)
    come_in(client, till.cast)

    names = [name for name in Names(client.get("/account/harbour").text).found if name.startswith(words)]
    assert len(names) == 2
    assert all("Slider-1, Small, KD1-…" in name for name in names)
