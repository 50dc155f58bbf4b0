"""Who bought an add-on alone hears it by mail and on both pages, with the way to the plugin it adds to."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import (
    issue_license,
    purchase_page_address,
    resend_purchase_mail,
    revoke_license,
    send_purchase_mail,
)
from server.mail.models import Mail
from tests.conftest import Cast
from tests.server.catalog.making import make_plan, make_product
from tests.server.pages.conftest import come_in
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

OWN, SHELF = "/account/harbour", "/buy/harbour/harbour-gallery"
NEEDS = (
    "it needs a running license of Harbour Gallery, bought with the same e-mail address."
    " Without one it cannot be activated."
)


def hold(plan: Plan, *, mode: str = "live", locale: str = "en") -> str:
    """Ana has a license of this plan; its id. Call it while writing."""
    ana = customer_for("ana@buyer.example.com", now=clock.now(), locale=locale)
    made, _key = issue_license(product=plan.product, plan=plan, customer=ana, now=clock.now(), mode=mode)
    return made.id


def sell_addon(cast: Cast, **facts: str) -> tuple[str, str]:
    """Ana buys an add-on of Harbour Gallery: its license, and the path of its page."""
    with writing():
        addon = make_plan(make_product("captions", addon_of_id=cast.product.id))
        license_id = hold(addon, **facts)
        page = send_purchase_mail(resolve(License, license_id), cause="order:1")
    return license_id, purchase_page_address(page).removeprefix(settings.current().public_url)


def newest_mail() -> Mail:
    return session.query(Mail).filter_by(template="purchase").order_by(Mail.id.desc()).limit(1).one()


def everywhere(client: FlaskClient, cast: Cast, page: str) -> list[str]:
    """The mail as text and HTML, the page of the purchase, and the customer's own page."""
    mail = newest_mail()
    told = [mail.text, mail.html]
    come_in(client, cast)
    return [*told, client.get(page).text, client.get(OWN).text]


@pytest.mark.parametrize("sold", [True, False])
def test_an_add_on_alone_says_what_it_needs_and_where_that_is_sold(
    client: FlaskClient, harbour: Cast, sold: bool
) -> None:
    with writing():
        resolve(Plan, harbour.plan.id).on_sale = sold
    _license, page = sell_addon(harbour)

    for text in everywhere(client, harbour, page):
        assert text.count(NEEDS) == 1
        assert (f"{settings.current().public_url}{SHELF}" in text) is sold
        assert ("See what Harbour Gallery costs" in text) is sold


def test_it_is_said_no_more_once_the_plugin_is_held_and_again_when_that_is_taken_back(
    client: FlaskClient, harbour: Cast
) -> None:
    license_id, page = sell_addon(harbour)
    with writing():
        parent_id = hold(resolve(Plan, harbour.plan.id))
        resend_purchase_mail(resolve(License, license_id))
    assert not any("Without one it cannot" in text for text in everywhere(client, harbour, page))

    with writing():
        revoke_license(resolve(License, parent_id), "refunded", actor="stripe", now=clock.now())
        resend_purchase_mail(resolve(License, license_id))
    assert all(NEEDS in text for text in everywhere(client, harbour, page))


def test_a_test_add_on_leads_to_where_test_licenses_are_sold(client: FlaskClient, harbour: Cast) -> None:
    with writing():
        hold(resolve(Plan, harbour.plan.id))  # a live license does not help a test site
    _license, page = sell_addon(harbour, mode="test")

    assert all(f"{SHELF}?mode=test" in text for text in everywhere(client, harbour, page))


def test_an_add_on_that_was_stopped_asks_for_nothing(client: FlaskClient, harbour: Cast) -> None:
    license_id, page = sell_addon(harbour)
    with writing():
        revoke_license(resolve(License, license_id), "refunded", actor="stripe", now=clock.now())
    come_in(client, harbour)

    assert NEEDS not in client.get(page).text
    assert NEEDS not in client.get(OWN).text


def test_an_add_on_in_a_bundle_says_it_under_its_own_name(client: FlaskClient, harbour: Cast) -> None:
    with writing():
        addon = make_plan(make_product("captions", addon_of_id=harbour.product.id))
        forms = make_plan(make_product("forms"))
        both = make_plan(make_product("both"), bundled_plan_ids=[addon.id, forms.id])
        bought = send_purchase_mail(resolve(License, hold(both)), cause="order:1")
    path = purchase_page_address(bought).removeprefix(settings.current().public_url)
    come_in(client, harbour)

    for shown in (client.get(path).text, client.get(OWN).text):
        assert shown.count(NEEDS) == 1
        assert "Harbour Captions</h" in shown[: shown.index(NEEDS)].rpartition("<section")[2]


def test_the_words_fit_a_phone_in_russian(served: Cast, new_window: Callable[..., Window]) -> None:
    _license, path = sell_addon(served, locale="ru")
    page = new_window(locale="ru").new_page()
    page.goto(f"{settings.current().public_url}{path}")
    page.get_by_role("link", name="Посмотреть цены на Harbour Gallery").wait_for()
    assert_accessible(page)
    look(page, "get-addon-alone-ru", whole=True)

    page.get_by_role("link", name="Посмотреть цены на Harbour Gallery").click()
    page.get_by_role("heading", name="Harbour Gallery").wait_for()
    assert resolve(Product, served.product.id).slug in page.url
