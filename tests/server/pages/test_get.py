"""The page behind the purchase mail: what a buyer sees there, and where its button leads."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from server.customers.site_address import Environment
from server.kernel import clock
from server.kernel.db import session, writing
from server.licensing.models import License, PurchasePage, TransferCode
from server.licensing.services import (
    Site,
    activate_site,
    revoke_license,
)
from server.mail.models import Mail
from server.releases.services import upload_release
from tests.conftest import NOON
from tests.server.catalog.making import make_product
from tests.server.pages.conftest import Sell

SHOP = "https://shop-1.example.com"


def the_license() -> License:
    return session.scalars(select(License)).one()


def test_the_page_shows_key_terms_and_what_to_do_when_logged_out(client: FlaskClient, bought: Sell) -> None:
    answer = client.get(bought())

    assert answer.status_code == 200
    assert the_license().key_hint[-4:] in answer.text
    assert "bought together" not in answer.text
    assert "0 of 5 in use" in answer.text
    assert "log in to wp-admin, come back to this page and press the button again" in answer.text
    assert "There is no version to download yet" in answer.text


def test_the_page_keeps_its_address_to_itself(client: FlaskClient, bought: Sell) -> None:
    answer = client.get(bought())

    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_an_unknown_address_is_a_page_for_people(client: FlaskClient, bought: Sell) -> None:
    answer = client.get("/get/" + "A" * 43)

    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_a_refusal_is_in_one_language_alone(client: FlaskClient, bought: Sell) -> None:
    russian = client.get("/get/nothing?lang=ru").text

    assert "<h1>По этому адресу ничего нет</h1>" in russian
    assert "There is nothing here" not in russian
    assert "<h1>There is nothing here under this address</h1>" in client.get("/get/nothing?lang=en").text


def test_the_button_leads_to_the_known_site_with_a_code_behind_the_fragment(
    client: FlaskClient, bought: Sell
) -> None:
    path = bought(SHOP, f"{SHOP}/wp/wp-admin/")

    assert f"Activate on {SHOP}" in client.get(path).text
    answer = client.post(f"{path}/activation", data={"site_url": SHOP})

    assert answer.status_code == 303
    assert re.fullmatch(
        re.escape(f"{SHOP}/wp/wp-admin/admin.php?page=harbour-gallery-keydesk&tab=license#code=")
        + r"kdx_[0-9A-Za-z]{48}",
        answer.headers["Location"],
    )
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_dashboard_on_another_host_is_named_before_the_button_leads_there(
    client: FlaskClient, bought: Sell
) -> None:
    page = client.get(bought(SHOP, "https://cms.example.com/wp-admin/"))

    assert "the button leads there: https://cms.example.com/wp-admin/" in page.text


def test_an_unknown_site_is_asked_for_in_one_field(client: FlaskClient, bought: Sell) -> None:
    path = bought()

    assert client.get(path).text.count('name="site_url"') == 1
    answer = client.post(f"{path}/activation", data={"site_url": "shop-2.example.com/blog"})

    assert answer.headers["Location"].startswith("https://shop-2.example.com/blog/wp-admin/admin.php?")


def test_a_typed_address_is_kept_so_that_the_second_press_is_one_click(
    client: FlaskClient, bought: Sell
) -> None:
    path = bought(SHOP, "https://cms.example.com/wp-admin/")
    first = client.post(f"{path}/activation", data={"site_url": " shop-2.example.com/blog "})

    page = client.get(path).text
    assert "Activate on shop-2.example.com/blog" in page
    assert "cms.example.com" not in page, "the dashboard of the other site is not this one's"
    assert "Use another site" in page
    again = client.post(f"{path}/activation", data={"site_url": "shop-2.example.com/blog"})
    screen = first.headers["Location"].partition("#")[0]
    assert again.headers["Location"].startswith(f"{screen}#code=kdx_")


def test_the_known_dashboard_stays_when_the_known_site_is_pressed(client: FlaskClient, bought: Sell) -> None:
    path = bought(SHOP, f"{SHOP}/wp/wp-admin/")

    for _press in range(2):
        answer = client.post(f"{path}/activation", data={"site_url": f"{SHOP}/"})
        assert answer.headers["Location"].startswith(f"{SHOP}/wp/wp-admin/admin.php?")


def test_a_wrong_address_is_not_kept(client: FlaskClient, bought: Sell) -> None:
    path = bought()

    assert client.post(f"{path}/activation", data={"site_url": "notaurl"}).status_code == 422
    assert "notaurl" not in client.get(path).text


@pytest.mark.parametrize("typed", ["", "javascript:alert(1)", '"><script>', "https://a:b@c.example.com"])
def test_what_is_no_address_comes_back_with_a_sentence(client: FlaskClient, bought: Sell, typed: str) -> None:
    answer = client.post(f"{bought()}/activation", data={"site_url": typed})

    assert answer.status_code == 422
    assert "This is not the address of a site." in answer.text
    assert "<script>" not in answer.text
    assert session.scalar(select(func.count()).select_from(TransferCode)) == 0


def test_after_the_first_activation_the_button_rests(client: FlaskClient, bought: Sell) -> None:
    path = bought(SHOP)
    license = the_license()
    with writing():
        activate_site(license, Site("a" * 32, SHOP), product=license.product, mode="live", now=clock.now())

    assert f"Already active on {SHOP}." in client.get(path).text
    assert client.post(f"{path}/activation", data={"site_url": SHOP}).status_code == 409


@pytest.mark.parametrize("said", ["staging", "development", "local"])
def test_a_copy_that_takes_no_seat_leaves_the_button_to_the_real_site(
    client: FlaskClient, bought: Sell, said: Environment
) -> None:
    path = bought(SHOP)
    license = the_license()
    copy = Site("a" * 32, "https://copy.example.com", said)
    with writing():
        activate_site(license, copy, product=license.product, mode="live", now=clock.now())

    page = client.get(path).text
    assert f"Activate on {SHOP}" in page
    assert "0 of 5 in use" in page
    assert "Already active" not in page
    assert client.post(f"{path}/activation", data={"site_url": SHOP}).status_code == 303


def test_an_expired_button_offers_a_new_mail_and_leaves_key_and_download(
    client: FlaskClient, bought: Sell
) -> None:
    path = bought(SHOP)
    with writing():
        session.scalars(select(PurchasePage)).one().expires_at = clock.now() - timedelta(seconds=1)

    page = client.get(path)
    assert "Send a new link" in page.text
    assert the_license().key_hint[-4:] in page.text
    assert client.post(f"{path}/activation", data={"site_url": SHOP}).status_code == 410
    assert "on its way to ana@buyer.example.com" in client.post(f"{path}/mail").text
    assert session.scalar(select(func.count()).select_from(Mail)) == 2


def test_a_revoked_license_gives_neither_button_nor_file(client: FlaskClient, bought: Sell) -> None:
    path = bought(SHOP)
    with writing():
        revoke_license(the_license(), "refunded", actor="system", now=NOON)

    page = client.get(path)
    assert "This license ended on 21 November 2026, because the purchase was refunded." in page.text
    assert "Valid until" not in page.text
    assert "<form" not in page.text
    assert client.post(f"{path}/activation", data={"site_url": SHOP}).status_code == 403
    assert client.get(f"{path}/download").status_code == 403


def test_the_download_is_the_version_of_the_day(client: FlaskClient, bought: Sell) -> None:
    path = bought()
    assert client.get(f"{path}/download").status_code == 404
    for version in ("1.0.0", "1.1.0"):
        with writing():
            product = the_license().product
            upload_release(product, plugin_zip(version), now=clock.now(), actor="member:mem_1")

    assert "Download version 1.1.0" in client.get(path).text
    link = client.get(f"{path}/download").headers["Location"]
    file = client.get(link)

    assert file.status_code == 200
    assert file.headers["Content-Disposition"] == "attachment; filename=harbour-gallery-1.1.0.zip"
    assert file.data == plugin_zip("1.1.0")
    assert client.get(link.replace("1.1.0", "1.0.0")).status_code == 404
    file.close()


def test_a_version_that_the_license_does_not_bring_is_not_offered(client: FlaskClient, bought: Sell) -> None:
    path = bought()
    with writing():
        the_license().max_version = "1"
        upload_release(the_license().product, plugin_zip("2.0.0"), now=clock.now(), actor="member:mem_1")

    page = client.get(path).text
    assert "Download version" not in page
    assert "The newest version is not covered by this license." in page


def test_an_add_on_without_its_plugin_says_what_its_file_needs(client: FlaskClient, bought: Sell) -> None:
    path = bought()
    with writing():
        the_license().product.addon_of_id = make_product("base").id
        upload_release(the_license().product, plugin_zip("2.0.0"), now=clock.now(), actor="member:mem_1")

    assert "its file comes with a running license of Harbour Base" in client.get(path).text
    refused = client.get(f"{path}/download")
    assert refused.status_code == 403
    assert "This add-on needs a license of the plugin it adds to" in refused.text
    assert f'href="{path}"' in refused.text


def test_a_license_for_ever_has_no_last_day_in_any_language(client: FlaskClient, bought: Sell) -> None:
    path = bought()
    with writing():
        the_license().valid_until = None

    assert "<dt>Действует</dt><dd>бессрочно</dd>" in client.get(f"{path}?lang=ru").text


def test_a_license_for_tests_says_so(client: FlaskClient, bought: Sell) -> None:
    path = bought()
    assert "Test mode" not in client.get(path).text
    with writing():
        the_license().mode = "test"

    assert "Test mode" in client.get(path).text


def test_the_page_speaks_the_readers_language(client: FlaskClient, bought: Sell) -> None:
    page = client.get(bought(), headers={"Accept-Language": "ru"})

    assert '<html lang="ru">' in page.text
    assert "Лицензионный ключ" in page.text


def plugin_zip(version: str) -> bytes:
    """A plugin of one file, the same bytes for the same version."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        name = zipfile.ZipInfo("harbour-gallery/harbour-gallery.php", (2026, 11, 21, 12, 0, 0))
        archive.writestr(name, f"<?php\n/**\n * Plugin Name: Harbour Gallery\n * Version: {version}\n */\n")
    return made.getvalue()
