"""The requests of EDD's published clients, field by field, and the whole answers they get."""

import json
import urllib.parse
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.kernel import clock
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import live_activations
from tests.conftest import Cast
from tests.server.compat.conftest import AGENT, Edd, change, ends, fetch

DOORS = ("/compat/edd/harbour", "/compat/edd/harbour/")
SITE = "https://shop-1.example.com"


def ask(client: FlaskClient, method: str, path: str, sent: dict[str, Any]) -> TestResponse:
    """A form in the body, or the same as a query."""
    if method == "POST":
        return client.post(path, data=sent, headers={"User-Agent": AGENT})
    return client.get(path, query_string=sent, headers={"User-Agent": AGENT})


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", DOORS)
def test_an_activation_is_answered_field_by_field(
    client: FlaskClient, sold: tuple[str, str], method: str, path: str
) -> None:
    sent = {
        "edd_action": "activate_license",
        "license": sold[1],
        "item_id": "1",
        "item_name": "Harbour%20Gallery",
        "url": SITE,
        "environment": "production",
    }

    response = ask(client, method, path, sent)

    assert response.status_code == 200
    assert response.content_type == "application/json; charset=utf-8"
    assert response.text == (
        '{"success":true,"license":"valid","item_id":1,"item_name":"Harbour Gallery","license_limit":5,'
        f'"site_count":1,"expires":"{ends(sold[0])}","activations_left":4,"checksum":"","payment_id":0,'
        '"customer_name":"","customer_email":"","price_id":false}'
    )
    assert [active.site_key for active in live_activations(resolve(License, sold[0]))] == [
        "shop-1.example.com"
    ]


def test_an_unknown_key_is_answered_with_six_fields(client: FlaskClient, open_doors: Cast) -> None:
    sent = {"edd_action": "activate_license", "license": "nobody-knows-this", "item_id": "1", "url": SITE}

    assert ask(client, "POST", DOORS[0], sent).text == (
        '{"success":false,"license":"invalid","item_id":1,"item_name":"Harbour Gallery","error":"missing",'
        '"checksum":""}'
    )


def test_the_old_class_names_the_product_by_title_and_sends_zeros_for_nothing(
    client: FlaskClient, sold: tuple[str, str]
) -> None:
    old = {
        "edd_action": "check_license",
        "license": f" {sold[1]} ",
        "item_id": "0",
        "item_name": "Harbour Gallery",
        "url": "",
        "beta": "0",
    }

    assert ask(client, "POST", DOORS[1], old).text == (
        '{"success":true,"license":"inactive","item_id":false,"item_name":"Harbour Gallery",'
        f'"license_limit":5,"site_count":0,"expires":"{ends(sold[0])}","activations_left":5,"checksum":"",'
        '"payment_id":0,"customer_name":"","customer_email":"","price_id":false}'
    )


def test_class_1_9_4_asks_for_a_version_with_item_name_zero(
    client: FlaskClient, sold: tuple[str, str], release: bytes, edd: Edd
) -> None:
    edd("activate_license", license=sold[1], item_id="1", url=SITE)
    sent = {
        "edd_action": "get_version",
        "license": sold[1],
        "item_name": "0",
        "item_id": "1",
        "version": "2.0.0",
        "slug": "harbour-gallery",
        "author": "Harbour",
        "url": SITE,
        "beta": "0",
        "php_version": "8.2.1",
        "wp_version": "6.8.2",
    }

    response = ask(client, "POST", DOORS[1], sent)

    answer = json.loads(response.data)
    assert list(answer) == [
        "new_version", "stable_version", "name", "slug", "url", "homepage", "last_updated", "package",
        "download_link", "sections", "banners", "icons", "requires", "tested", "requires_php", "contributors",
    ]  # fmt: skip
    assert (answer["new_version"], answer["stable_version"]) == ("2.1.0", "2.1.0")
    assert answer["package"] == answer["download_link"] != ""
    path = urllib.parse.urlsplit(answer["package"]).path
    assert path.startswith("/compat/dl/")
    assert path.endswith("/harbour-gallery-2.1.0.zip")
    assert fetch(client, answer["package"]) == (200, release)


def test_an_old_copy_encodes_title_key_and_address_twice(
    client: FlaskClient, sold: tuple[str, str], edd: Edd, open_doors: Cast
) -> None:
    change(open_doors, name="Harbour & Sons’ Gallery")
    sent = {
        "edd_action": "activate_license",
        "license": urllib.parse.quote_plus(sold[1]),
        "item_name": urllib.parse.quote_plus("Harbour &amp; Sons’ Gallery"),
        "url": urllib.parse.quote_plus("https://shop-1.example.com/blog"),
    }

    answer = json.loads(ask(client, "GET", DOORS[0], sent).data)

    assert (answer["success"], answer["item_name"]) == (True, "Harbour & Sons’ Gallery")
    assert (
        edd("check_license", license=sold[1], item_id="1", url="http://www.shop-1.example.com/blog/")[
            "license"
        ]
        == "valid"
    )


def test_a_site_that_sends_no_address_is_known_by_its_agent(
    client: FlaskClient, sold: tuple[str, str]
) -> None:
    sent = {"edd_action": "activate_license", "license": sold[1], "item_id": "1"}

    assert ask(client, "POST", DOORS[0], sent).json["license"] == "valid"  # type: ignore[index]
    nameless = client.post(DOORS[0], data=sent, headers={"User-Agent": "curl/8"})
    assert json.loads(nameless.data)["error"] == "missing_url"


def test_the_form_wins_over_the_query(client: FlaskClient, sold: tuple[str, str]) -> None:
    response = client.post(
        f"{DOORS[1]}?edd_action=get_version&item_id=7",
        data={"edd_action": "check_license", "license": sold[1], "item_id": "1", "url": SITE},
    )

    assert json.loads(response.data)["license"] == "inactive"


@pytest.mark.parametrize("sent", [{}, {"edd_action": "get_license"}, {"edd_action[]": "check_license"}])
def test_an_unknown_action_gets_an_empty_object(
    client: FlaskClient, open_doors: Cast, sent: dict[str, str]
) -> None:
    assert ask(client, "GET", DOORS[0], sent).data == b"{}"


def test_several_products_are_answered_under_their_slugs(
    edd: Edd, sold: tuple[str, str], release: bytes
) -> None:
    sent: dict[str, str] = {"url": SITE}
    for slug, item in (("harbour-gallery", "1"), ("other", "9")):
        sent |= {f"products[{slug}][item_id]": item, f"products[{slug}][license]": sold[1]}

    answer = edd("get_version", **sent)

    assert list(answer) == ["harbour-gallery", "other"]
    assert answer["harbour-gallery"]["new_version"] == "2.1.0"
    assert answer["harbour-gallery"]["slug"] == "harbour-gallery"
    assert (answer["other"]["new_version"], answer["other"]["sections"]) == ("", {})


def test_no_more_than_fifty_products_are_answered(edd: Edd) -> None:
    assert len(edd("get_version", **{f"products[p{at}][item_id]": "1" for at in range(60)})) == 50


def test_the_vendor_sees_when_a_site_came_by_and_what_it_runs(
    client: FlaskClient, edd: Edd, sold: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edd("activate_license", license=sold[1], item_id="1", url=SITE)
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    ran = {"version": "2.0.9", "wp_version": "6.8.2", "php_version": "8.2.1"}

    edd("get_version", license=sold[1], item_id="1", url=SITE, **ran)
    edd("check_license", license=sold[1], item_id="1", url=SITE)

    site = live_activations(resolve(License, sold[0]))[0]
    assert (site.last_seen_at, site.plugin_version, site.wp_version, site.php_version) == (
        later,
        "2.0.9",
        "6.8.2",
        "8.2.1",
    )
