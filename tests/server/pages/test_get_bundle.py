"""The page of a bundle: each plugin inside has its key, file and seats, and a button to its own screen."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from server.catalog.models import Product
from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License, PurchasePage
from server.licensing.services import (
    Site,
    activate_by_code,
    issue_license,
    purchase_page_address,
    reveal_key,
    revoke_license,
    send_purchase_mail,
    transfer_license,
)
from server.mail.models import Mail
from server.releases.services import upload_release
from tests.conftest import NOON, Cast
from tests.server.catalog.making import make_bundle
from tests.server.pages.test_get import plugin_zip
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

SHOP = "https://shop-1.example.com"


def sell_bundle(product: Product | None = None, *, site_url: str = "") -> str:
    """The address of the page of a fresh bundle."""
    with writing():
        sold = make_bundle(product)
        customer = customer_for("ana@buyer.example.com", now=clock.now())
        plan = next(plan for plan in sold.plans if plan.bundled_plan_ids)
        license, _key = issue_license(product=sold, plan=plan, customer=customer, now=clock.now())
        page = send_purchase_mail(license, site_url=site_url, cause="order:1")
    return purchase_page_address(page)


@pytest.fixture
def path(harbour: Cast) -> str:
    """The path of the page of a bundle of two plugins, sold under a name of its own."""
    return sell_bundle().removeprefix(settings.current().public_url)


def part(slug: str) -> License:
    """The license of one plugin of the bundle."""
    return session.scalars(select(License).join(Product).where(Product.slug == slug)).one()


def code_of(location: str) -> str:
    return location.partition("#code=")[2]


def seat(slug: str, code: str) -> License:
    """What a site does with the code that it was brought."""
    with writing():
        product = part(slug).product
        site = Site("a" * 32, SHOP)
        return activate_by_code(code, site, product=product, mode="live", now=clock.now()).activation.license


def test_each_plugin_is_shown_with_its_key_and_seats(client: FlaskClient, path: str) -> None:
    page = client.get(path).text

    for slug, seats in (("forms", "0 of 3 in use"), ("maps", "0 in use, as many as you like")):
        section = page.partition(f'<h2 id="{part(slug).id}"')[2].partition("</section>")[0]
        assert reveal_key(part(slug)) in section
        assert seats in section
        assert f"Activate {part(slug).product.name}" in section
    assert "0 of 9 in use" not in page, "the bundle itself is installed nowhere"
    assert reveal_key(part("everything")) in page, "the mail names this key"


@pytest.mark.parametrize("slug", ["forms", "maps"])
def test_the_button_of_a_plugin_leads_to_its_own_screen(client: FlaskClient, path: str, slug: str) -> None:
    pressed = client.post(f"{path}/activation", data={"site_url": SHOP, "license": part(slug).id})

    assert pressed.status_code == 303
    screen = f"{SHOP}/wp-admin/admin.php?page={slug}-keydesk&tab=license#code=kdx_"
    assert pressed.location.startswith(screen)
    assert seat(slug, code_of(pressed.location)) is part(slug)


def test_two_plugins_are_activated_one_after_the_other(client: FlaskClient, path: str) -> None:
    codes = {}
    for slug in ("forms", "maps"):  # both buttons are pressed before the first code is used
        pressed = client.post(f"{path}/activation", data={"site_url": SHOP, "license": part(slug).id})
        codes[slug] = code_of(pressed.location)
    for slug, code in codes.items():
        assert seat(slug, code) is part(slug)

    assert client.get(path).text.count(f"Already active on {SHOP}.") == 2
    again = client.post(f"{path}/activation", data={"site_url": SHOP, "license": part("forms").id})
    assert again.status_code == 409


def test_the_address_is_typed_once_for_all_plugins(client: FlaskClient, path: str) -> None:
    client.post(f"{path}/activation", data={"site_url": SHOP, "license": part("forms").id})
    page = client.get(path).text

    assert page.count('name="site_url"') == 1
    assert f'name="site_url" value="{SHOP}"' in page


def test_no_button_leads_to_a_screen_that_no_plugin_has(client: FlaskClient, path: str) -> None:
    pressed = client.post(f"{path}/activation", data={"site_url": SHOP})
    assert "page=everything-keydesk" not in pressed.location
    for foreign in (part("everything").id, "lic_none"):
        answer = client.post(f"{path}/activation", data={"site_url": SHOP, "license": foreign})
        assert answer.status_code == 404


def test_each_plugin_is_downloaded_by_itself(client: FlaskClient, path: str) -> None:
    with writing():
        upload_release(part("forms").product, plugin_zip("1.4.0"), now=clock.now(), actor="member:mem_1")
    page = client.get(path).text
    link = f"{path}/download?license={part('forms').id}"

    assert f'href="{link}"' in page
    assert page.count("There is no version to download yet") == 1
    assert client.get(link).location.endswith("harbour-gallery-1.4.0.zip")
    assert client.get(f"{path}/download?license={part('maps').id}").status_code == 404


def test_a_bundle_of_a_plugin_also_activates_that_plugin(client: FlaskClient, harbour: Cast) -> None:
    path = sell_bundle(resolve(Product, harbour.product.id)).removeprefix(settings.current().public_url)
    own = part("harbour-gallery")

    pressed = client.post(f"{path}/activation", data={"site_url": SHOP, "license": own.id})
    assert "page=harbour-gallery-keydesk" in pressed.location
    assert "0 of 9 in use" in client.get(path).text


def test_a_plugin_that_was_stopped_alone_says_so_alone(client: FlaskClient, path: str) -> None:
    with writing():
        revoke_license(part("maps"), "plan_changed", actor="system", now=NOON)
    page = client.get(path).text

    assert page.count("the plan of its bundle no longer includes this plugin") == 1
    assert "Activate Harbour Maps" not in page
    assert "Activate Harbour Forms" in page


def test_what_was_handed_on_alone_is_no_longer_shown_and_its_codes_end(
    client: FlaskClient, path: str
) -> None:
    client.post(f"{path}/activation", data={"site_url": SHOP, "license": part("maps").id})
    key = reveal_key(part("maps"))
    with writing():
        transfer_license(part("maps"), somebody(), actor="member:mem_1", now=NOON)

    assert key not in client.get(path).text
    answer = client.post(f"{path}/activation", data={"site_url": SHOP, "license": part("maps").id})
    assert answer.status_code == 404


def test_a_bundle_is_handed_on_while_codes_of_its_page_are_out(client: FlaskClient, path: str) -> None:
    client.post(f"{path}/activation", data={"site_url": SHOP, "license": part("maps").id})
    with writing():
        transfer_license(part("everything"), somebody(), actor="member:mem_1", now=NOON)

    assert session.query(PurchasePage).count() == 0
    assert client.get(path).status_code == 404


def somebody() -> Customer:
    return customer_for("new@buyer.example.com", now=NOON)


def test_the_mail_of_a_bundle_names_its_plugins(harbour: Cast, path: str) -> None:
    mail = session.scalars(select(Mail)).one()

    assert "- Harbour Forms: up to 3 sites" in mail.text
    assert "- Harbour Maps: any number of sites" in mail.text
    assert "Each plugin has its own button" in mail.text
    assert "up to 9 sites" not in mail.text
    assert re.search(r"Harbour Forms: up to 3 sites.*<br>Harbour Maps", mail.html)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_bundle_can_be_read_and_used_by_everybody(
    served: Cast, new_window: Callable[..., Window], language: str
) -> None:
    address = sell_bundle()
    with writing():
        upload_release(part("forms").product, plugin_zip("1.4.0"), now=clock.now(), actor="member:mem_1")
    window = new_window()
    page = window.new_page()
    page.goto(f"{address}?lang={language}")
    assert_accessible(page)
    look(page, f"get-bundle-{language}", whole=True)
    page.locator("#site_url").fill("no address")
    window.forgive("422")  # the browser's own word for the answer to a wrong address
    page.locator("button[value]").nth(1).click()
    page.get_by_role("alert").wait_for()
    assert page.locator("#site_url").input_value() == "no address"
    assert_accessible(page)
