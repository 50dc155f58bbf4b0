"""The purchase page as people see it: wide and on a phone, in two languages, without barriers."""

from collections.abc import Callable

from server.kernel import clock
from server.kernel.db import session, writing
from server.licensing.models import License, PurchasePage
from server.licensing.services import Site, activate_site
from server.releases.services import upload_release
from tests.conftest import Cast
from tests.server.pages.conftest import sell
from tests.server.pages.test_get import plugin_zip
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

SHOP = "https://shop-1.example.com"
OpenWindow = Callable[..., Window]


def test_a_fresh_purchase_is_shown_in_english_and_russian(served: Cast, new_window: OpenWindow) -> None:
    address = sell(served, site_url=SHOP)
    with writing():
        product = session.query(License).one().product
        product.docs_url = "https://docs.example.com/gallery"
        upload_release(product, plugin_zip("1.4.0"), now=clock.now(), actor="member:mem_1")

    for locale, button in (("en-US", f"Activate on {SHOP}"), ("ru-RU", f"Активировать на {SHOP}")):
        page = new_window(locale=locale).new_page()
        page.goto(address)
        page.get_by_role("button", name=button).wait_for()
        page.locator("summary").click()
        assert_accessible(page)
        look(page, f"get-{locale[:2]}", whole=True)


def test_the_other_states_are_shown(served: Cast, new_window: OpenWindow) -> None:
    address = sell(served)
    window = new_window(theme="dark")
    window.forgive("422")  # the browser's own word for the answer to a wrong address
    page = window.new_page()
    page.goto(address)
    page.get_by_label("Address of your site").fill("no address")
    page.get_by_role("button", name="Activate on my site").click()
    page.get_by_role("alert").wait_for()
    assert_accessible(page)
    look(page, "get-wrong-address", whole=True)

    with writing():
        session.query(PurchasePage).one().expires_at = clock.now()
    page.goto(address)
    page.get_by_role("button", name="Send a new link").wait_for()
    assert_accessible(page)
    look(page, "get-expired-button", whole=True)

    with writing():
        license = session.query(License).one()
        activate_site(license, Site("a" * 32, SHOP), product=license.product, mode="live", now=clock.now())
    page.goto(address)
    page.get_by_text(f"Already active on {SHOP}.").wait_for()
    assert_accessible(page)
    look(page, "get-active", whole=True)
