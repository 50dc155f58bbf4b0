"""What a buy page says before somebody pays: what is inside, what else is needed, what costs nothing."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from server.catalog.models import Plan, Price, Product
from server.catalog.services import product_by_slug
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.releases.services import upload_release
from tests.conftest import NOON
from tests.server.billing.conftest import Till
from tests.server.catalog.making import make_bundle, make_plan, make_product
from tests.server.pages.test_get import plugin_zip
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

SHELF = "/buy/harbour/harbour-gallery"


def test_a_bundle_names_its_plugins_and_their_sites(till: Till, client: FlaskClient) -> None:
    with writing():
        make_bundle()
    page = client.get("/buy/harbour/everything").text

    assert re.search(r"Harbour Forms</bdi>: 3 sites", page)
    assert re.search(r"Harbour Maps</bdi>: any number of sites", page)
    assert "9 sites" not in page, "nothing can be installed under the name of the bundle"


def test_a_bundle_of_a_plugin_names_that_plugin_too(till: Till, client: FlaskClient) -> None:
    with writing():
        make_bundle(resolve(Product, till.cast.product.id))
    page = client.get(SHELF).text

    assert re.search(r"Harbour Gallery</bdi>: 9 sites", page)
    assert re.search(r"Harbour Forms</bdi>: 3 sites", page)


DOWNLOAD = "The plugin as a download, and every new version"


def give_file(slug: str) -> None:
    with writing():
        product = product_by_slug(slug)
        assert product is not None
        upload_release(product, plugin_zip("1.4.0"), now=NOON, actor="system")


def test_a_download_is_promised_when_there_is_a_file(till: Till, client: FlaskClient) -> None:
    assert DOWNLOAD not in client.get(SHELF).text

    give_file("harbour-gallery")
    assert DOWNLOAD in client.get(SHELF).text


def test_a_bundle_promises_a_download_of_each_plugin_when_each_has_a_file(
    till: Till, client: FlaskClient
) -> None:
    with writing():
        make_bundle()
    page = client.get("/buy/harbour/everything").text
    assert DOWNLOAD not in page
    assert "for each plugin a key of its own" in page

    give_file("forms")
    page = client.get("/buy/harbour/everything").text
    assert DOWNLOAD not in page, "one of two is not all that is bought"
    assert "for each plugin a key of its own" in page

    give_file("maps")
    page = client.get("/buy/harbour/everything").text
    assert DOWNLOAD in page
    assert "for each plugin a key and a download of its own" in page


@pytest.mark.parametrize("sold", [True, False])
def test_an_add_on_says_what_it_needs_before_somebody_pays(
    till: Till, client: FlaskClient, sold: bool
) -> None:
    with writing():
        gallery = resolve(Product, till.cast.product.id)
        resolve(Plan, till.cast.plan.id).on_sale = sold
        make_plan(make_product("captions", addon_of_id=gallery.id))
    page = client.get("/buy/harbour/captions").text

    said = page.index("it needs a running license of Harbour Gallery, bought with the same e-mail address")
    assert said < page.index("Continue to payment")
    assert (f'href="{SHELF}"' in page) is sold


def test_a_free_edition_is_sold_once_it_has_something_to_sell(till: Till, client: FlaskClient) -> None:
    with writing():
        lite = make_product("lite", edition="free")
        plan_id = make_plan(lite, amount=None).id
    assert client.get("/buy/harbour/lite").status_code == 404
    with writing():
        session.add(Price(plan_id=plan_id, currency="eur", amount=1_900))

    page = client.get("/buy/harbour/lite")
    assert (page.status_code, "€19.00" in page.text) == (200, True)


def test_a_product_that_only_costs_nothing_asks_for_no_payment(till: Till, client: FlaskClient) -> None:
    with writing():
        make_plan(make_product("gift"), amount=0)
    page = client.get("/buy/harbour/gift").text

    assert "Send me the key" in page
    assert "Continue to payment" not in page
    assert "cannot be bought" not in page


def test_the_links_of_a_page_that_refused_something_lead_to_the_page(till: Till, client: FlaskClient) -> None:
    with writing():
        session.add(Price(plan_id=till.cast.plan.id, currency="usd", amount=21_900))
        gallery = resolve(Product, till.cast.product.id)
        trial_id = make_plan(gallery, code="try", trial_days=9, trial_needs_card=False).id
    refused = client.post(f"{SHELF}/gift?lang=ru", data={"wanted": trial_id, "email": "nobody"})

    assert refused.status_code == 422
    assert f'href="{SHELF}?lang=ru&amp;currency=usd"' in refused.text
    assert f'<form method="post" action="{SHELF}?lang=ru">' in refused.text
    assert f'value="{trial_id}" checked' in refused.text


def test_back_from_the_mailbox_page_leads_to_a_page_that_can_be_shown(
    till: Till, on_air: str, new_window: Callable[..., Window]
) -> None:
    with writing():
        make_plan(resolve(Product, till.cast.product.id), code="gratis", name="Gratis", amount=0)
    page = new_window().new_page()
    page.goto(f"{on_air}{SHELF}")
    page.get_by_label("Your e-mail address").fill("ana@buyer.example.com")
    page.get_by_role("button", name="Send me the key").click()
    page.get_by_text("on its way to ana@buyer.example.com").wait_for()
    assert_accessible(page)
    look(page, "buy-gift-sent", whole=True)

    page.reload()
    page.get_by_text("on its way to ana@buyer.example.com").wait_for()
    page.go_back()
    page.get_by_role("button", name="Continue to payment").wait_for()
    page.go_forward()
    page.get_by_text("on its way to ana@buyer.example.com").wait_for()
    assert len(till.licenses()) == 1


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_full_shelf_can_be_read_by_everybody(
    till: Till, on_air: str, new_window: Callable[..., Window], language: str
) -> None:
    with writing():
        gallery = resolve(Product, till.cast.product.id)
        make_bundle(gallery)
        make_plan(gallery, code="gratis", name="Gratis", amount=0, interval="lifetime")
        make_plan(gallery, code="try", name="Try", renews=True, trial_days=14, trial_needs_card=False)
        make_plan(make_product("captions", addon_of_id=gallery.id))
        session.add(Price(plan_id=till.cast.plan.id, currency="usd", amount=21_900))
    window = new_window()
    window.forgive("422")  # the browser's own word for the answer to a wrong number
    page = window.new_page()
    page.goto(f"{on_air}{SHELF}?lang={language}&currency=usd")
    assert_accessible(page)
    look(page, f"buy-full-{language}", whole=True)

    page.locator("form").first.evaluate("form => form.noValidate = true")
    page.locator("#quantity").fill("999")
    page.locator("form").first.get_by_role("button").click()
    page.locator("#quantity_problem").wait_for()
    assert page.evaluate("document.activeElement.id") == "quantity"
    assert_accessible(page)
    look(page, f"buy-wrong-number-{language}", whole=True)
    page.goto(f"{on_air}/buy/harbour/captions?lang={language}")
    assert_accessible(page)
    look(page, f"buy-addon-{language}", whole=True)
    for name in ("everything", "get/nothing", "account/harbour/enter/nothing"):
        window.forgive("404")
        page.goto(f"{on_air}/{name}?lang={language}")
        assert_accessible(page)
        look(page, f"refused-{name.partition('/')[0]}-{language}", whole=True)
