"""What an owner changes of a product that is already sold, and what a buyer then sees."""

from __future__ import annotations

import re

from server.billing.services import connect_stripe
from server.catalog.models import Price, Product
from server.catalog.services import create_product
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.releases.services import upload_release
from tests.conftest import NOON, Cast
from tests.server.catalog.making import make_bundle, make_plan
from tests.server.console.conftest import Browser
from tests.server.console.story import Story
from tests.server.pages.test_get import plugin_zip
from tests.tools.statements import statements

SHELF = "/buy/harbour/harbour-gallery"
WORDS = {
    "name": "Harbour Pro",
    "description": "Shows pictures.",
    "docs_url": "https://docs.example.com/",
    "homepage": "https://example.com/",
    "author": "Harbour",
    "after_expiry": "limit",
    "network_policy": "per_site",
}


def test_the_words_of_a_product_can_be_changed(desk: Browser, story: Story) -> None:
    desk.send(f"/products/{story.product_id}/edit", WORDS)

    product = resolve(Product, story.product_id)
    assert {name: getattr(product, name) for name in WORDS} == WORDS
    assert product.slug == "harbour-gallery"
    assert 'value="Harbour Pro"' in desk.text(f"/products/{story.product_id}/edit")


def test_a_wrong_documentation_address_keeps_the_old_words(desk: Browser, story: Story) -> None:
    page = desk.send(f"/products/{story.product_id}/edit", {**WORDS, "docs_url": "http://docs.example.com/"})

    assert 'id="error-docs_url"' in page.text
    assert resolve(Product, story.product_id).name == "Harbour Gallery"


def test_a_new_price_holds_for_buyers_and_the_old_one_stays_for_orders(
    desk: Browser, story: Story, harbour: Cast
) -> None:
    _connect()
    page = f"/products/{story.product_id}/plans/{story.plan_id}"
    assert 'value="199.00"' in desk.text(page)

    desk.send(page, {"amount": "249", "currency": "EUR"})

    shelf = desk.client.get(SHELF).text
    assert "€249.00" in shelf
    assert "€199.00" not in shelf
    assert resolve(Price, harbour.price.id).amount == 19_900


def test_a_closed_plan_is_offered_again_by_a_price_and_the_shelf(desk: Browser, story: Story) -> None:
    _connect()
    page = f"/products/{story.product_id}/plans/{story.plan_id}"

    desk.send(f"{page}/end")

    assert "cannot be bought here" in desk.client.get(SHELF).text
    assert "Closed" in desk.text(f"/products/{story.product_id}")
    assert "This plan is closed" in desk.text(page)
    assert "Active" in desk.text(f"/licenses/{story.license_id}")
    desk.send(page, {"amount": "99", "currency": "eur"})
    assert "cannot be bought here" in desk.client.get(SHELF).text
    assert 'value="99.00"' in desk.text(page)
    words = {"name": "Studio", "seats": "5", "interval": "year", "trial_days": "0", "on_sale": "yes"}
    desk.send(f"{page}/edit", words)
    assert "€99.00" in desk.client.get(SHELF).text


def test_the_buy_page_is_offered_once_there_is_something_to_buy(desk: Browser, story: Story) -> None:
    made = desk.send("/products/new", {"name": "Lite", "slug": "lite", "edition": "free"})
    product = made.location.removeprefix("/console")
    product_id = product.rpartition("/")[2]
    assert "Open the buy page" not in desk.text(product)
    with writing():
        plan = make_plan(resolve(Product, product_id), amount=None).id
    assert "Open the buy page" not in desk.text(product)
    assert desk.client.get("/buy/harbour/lite").status_code == 404

    with writing():
        session.add(Price(plan_id=plan, currency="eur", amount=1_900))
    assert "/buy/harbour/lite" in desk.text(product)
    assert desk.client.get("/buy/harbour/lite").status_code == 200


def test_a_plan_is_found_under_its_own_product_only(desk: Browser, story: Story) -> None:
    assert desk.open(f"/products/x/plans/{story.plan_id}").status_code == 404


def test_an_agent_sees_no_way_to_change_a_product(agent_desk: Browser, story: Story) -> None:
    assert "/edit" not in agent_desk.text(f"/products/{story.product_id}")
    assert agent_desk.open(f"/products/{story.product_id}/edit").status_code == 403


def _connect() -> None:
    with writing():
        connect_stripe(api_key="sk_live_harbour", webhook_secret="whsec_one", mode="live", now=NOON)
    session.rollback()


def test_six_products_are_listed_with_as_many_statements_as_one(desk: Browser, story: Story) -> None:
    def asked() -> tuple[str, int]:
        session.rollback()
        with statements() as sent:
            page = desk.text("/products/")
        return page, len(sent)

    with writing():
        upload_release(resolve(Product, story.product_id), plugin_zip("1.4.0"), now=NOON, actor="cli")
    asked()  # what the process remembers is asked once
    page, one = asked()
    assert page.count("1.4.0") == 1
    with writing():
        for number in range(2, 7):
            made = create_product(slug=f"slider-{number}", name="Slider", now=NOON, actor="cli")
            upload_release(made, plugin_zip("1.4.0"), now=NOON, actor="cli")
    page, six = asked()
    assert (page.count("1.4.0"), six) == (6, one)


def plans_of(desk: Browser, product_id: str) -> list[str]:
    """What the product's page says of its plans and their sites."""
    table = desk.text(f"/products/{product_id}").partition("Plans and prices")[2].partition("</table>")[0]
    rows = re.findall(r'<th scope="row">.*?</td>', table, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows]


def test_a_plan_that_is_a_bundle_shows_what_it_holds_and_no_sites(desk: Browser, harbour: Cast) -> None:
    with writing():
        everything = make_bundle().id
    assert plans_of(desk, everything) == ["All all, bundle of Harbour Forms / Solo, Harbour Maps / Solo –"]


def test_a_bundle_of_a_plugin_shows_its_own_sites_too(desk: Browser, harbour: Cast) -> None:
    with writing():
        make_bundle(resolve(Product, harbour.product.id))
    bundle = "All all, bundle of Harbour Forms / Solo, Harbour Maps / Solo 9"
    assert plans_of(desk, harbour.product.id) == ["Studio studio 5", bundle]
