"""plugin-update-checker and wp-update-server's clients, as their published versions ask."""

import json
import urllib.parse
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License
from server.licensing.services import deactivate_site, live_activations
from tests.conftest import Cast
from tests.server.compat.conftest import AGENT, Edd, alter, change, expire, fetch, ship

PUC = "/compat/puc/{}.json"
WPUS = ("/compat/wpus/harbour", "/compat/wpus/harbour/")
CHECK = {"installed_version": "2.0.0", "php": "8.2.1", "locale": "ro_RO", "checking_for_updates": "1"}


@pytest.fixture
def address(open_doors: Cast) -> str:
    """Where the product's updates are asked for."""
    change(
        open_doors, public_slug="harbour-gallery", author="Harbour", homepage="https://harbour.example.com"
    )
    return PUC.format("harbour-gallery")


def ask(client: FlaskClient, path: str, sent: dict[str, str], **headers: str) -> TestResponse:
    return client.get(path, query_string=sent, headers={"User-Agent": AGENT, **headers})


def facts(client: FlaskClient, path: str, **sent: str) -> dict[str, Any]:
    response = ask(client, path, CHECK | sent)
    assert response.status_code == 200
    answer: dict[str, Any] = json.loads(response.data)
    return answer


def test_an_update_check_is_answered_field_by_field(
    client: FlaskClient, address: str, sold: tuple[str, str], release: bytes
) -> None:
    answer = facts(client, address, license_key=sold[1])

    url, changed = answer.pop("download_url"), answer.pop("last_updated")
    assert json.dumps(answer) == (
        '{"name": "Harbour Gallery", "version": "2.1.0", "slug": "harbour-gallery", "homepage": '
        '"https://harbour.example.com", "requires": "", "tested": "", "requires_php": "", "author": '
        '"Harbour", "author_homepage": "https://harbour.example.com", '
        '"sections": {"description": "", "changelog": ""}, '
        '"banners": {}, "icons": {}, "upgrade_notice": "", "translations": []}'
    )
    assert changed.startswith(str(clock.now().year))
    assert fetch(client, url) == (200, release)
    assert live_activations(resolve(License, sold[0])) == []


@pytest.mark.parametrize("name", ["license_key", "licence_key", "license", "key", "X-License-Key"])
def test_the_key_is_taken_from_where_authors_put_it(
    client: FlaskClient, address: str, sold: tuple[str, str], release: bytes, name: str
) -> None:
    if name.startswith("X-"):
        answer = json.loads(ask(client, address, CHECK, **{name: sold[1]}).data)
    else:
        answer = facts(client, address, **{name: sold[1]})

    assert "download_url" in answer


@pytest.mark.parametrize("key", ["", "nobody-knows-this"])
def test_without_a_right_there_is_a_version_and_no_package(
    client: FlaskClient, address: str, release: bytes, key: str
) -> None:
    answer = facts(client, address, license_key=key)

    assert (answer["version"], "download_url" in answer) == ("2.1.0", False)
    assert "license" in answer["upgrade_notice"]


def test_an_expired_license_is_told_in_the_notice(
    client: FlaskClient, address: str, sold: tuple[str, str], release: bytes
) -> None:
    expire(sold[0])

    answer = facts(client, address, license_key=sold[1])

    assert "download_url" not in answer
    assert "expired" in answer["upgrade_notice"]


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ({"updates_until": clock.now() - timedelta(days=1)}, "updates ended"),
        ({"max_version": "2.0.9"}, "does not include"),
        ({"suspended_for": ["disputed"]}, "stopped"),
    ],
)
def test_a_license_that_does_not_bring_this_version_says_why(
    client: FlaskClient,
    address: str,
    sold: tuple[str, str],
    release: bytes,
    cause: dict[str, Any],
    words: str,
) -> None:
    alter(sold[0], **cause)

    answer = facts(client, address, license_key=sold[1])

    assert "download_url" not in answer
    assert words in answer["upgrade_notice"]


def test_a_free_edition_is_everybody_s(
    client: FlaskClient, address: str, open_doors: Cast, release: bytes
) -> None:
    change(open_doors, edition="free")

    assert fetch(client, facts(client, address)["download_url"]) == (200, release)


def test_where_the_vendor_wants_it_the_first_check_takes_a_seat(
    client: FlaskClient, address: str, open_doors: Cast, sold: tuple[str, str], release: bytes
) -> None:
    change(open_doors, puc_auto_activate=True)
    alter(sold[0], seats=1)

    first, again = (facts(client, address, license_key=sold[1]) for _ in range(2))
    other = facts(client, address, license_key=sold[1], site_url="https://shop-2.example.com")

    assert "download_url" in first
    assert "download_url" in again
    assert [active.site_key for active in live_activations(resolve(License, sold[0]))] == [
        "shop-1.example.com"
    ]
    assert "download_url" not in other
    assert "in use" in other["upgrade_notice"]


def test_a_product_without_a_version_offers_the_caller_s_own(client: FlaskClient, address: str) -> None:
    assert facts(client, address)["version"] == "2.0.0"


@pytest.mark.parametrize("slug", ["nobody", "..", "%00", "a" * 400])
def test_an_unknown_product_is_not_found(client: FlaskClient, open_doors: Cast, slug: str) -> None:
    assert client.get(PUC.format(slug)).status_code == 404


def test_a_closed_door_is_not_found(client: FlaskClient, address: str, open_doors: Cast) -> None:
    change(open_doors, doors=["edd"])

    assert client.get(address).status_code == 404
    assert ask(client, WPUS[0], {"action": "get_metadata", "slug": "harbour-gallery"}).status_code == 404


@pytest.mark.parametrize("path", WPUS)
def test_a_wp_update_server_client_gets_metadata_and_the_file(
    client: FlaskClient, sold: tuple[str, str], release: bytes, path: str
) -> None:
    sent = {"action": "get_metadata", "slug": "harbour-gallery", "license_key": sold[1]}

    answer = json.loads(ask(client, path, CHECK | sent).data)

    assert list(answer) == ["name", "version", "slug", "sections", "last_updated", "download_url"]
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer["download_url"]).query)
    assert (query["action"], query["slug"]) == (["download"], ["harbour-gallery"])
    assert sold[1] not in answer["download_url"]
    assert fetch(client, answer["download_url"]) == (200, release)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 400),
        ({"action": "get_metadata"}, 400),
        ({"slug": "harbour-gallery"}, 400),
        ({"action": "drop", "slug": "harbour-gallery"}, 400),
        ({"action": "get_metadata", "slug": "nobody"}, 404),
        ({"action": "download", "slug": "harbour-gallery"}, 403),
        ({"action": "download", "slug": "harbour-gallery", "token": "x"}, 403),
    ],
)
def test_a_wp_update_server_refuses_by_status(
    client: FlaskClient, open_doors: Cast, sent: dict[str, str], status: int
) -> None:
    response = ask(client, WPUS[0], sent)

    assert response.status_code == status
    assert response.mimetype == "text/html"


def test_a_package_ends_with_its_site_its_license_its_door_and_its_day(
    client: FlaskClient,
    edd: Edd,
    sold: tuple[str, str],
    release: bytes,
    open_doors: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def package() -> str:
        edd("activate_license", license=sold[1], item_id="1")
        address: str = edd("get_version", license=sold[1], item_id="1")["package"]
        assert fetch(client, address)[0] == 200
        return address

    address = package()
    with writing():
        site = live_activations(resolve(License, sold[0]))[0]
        deactivate_site(resolve(Activation, site.id), now=clock.now())
    assert fetch(client, address)[0] == 401

    address = package()
    alter(sold[0], revoked_for=["refunded"])
    assert fetch(client, address)[0] == 401
    alter(sold[0], revoked_for=[])

    address = package()
    change(open_doors, doors=[])
    assert fetch(client, address)[0] == 401
    change(open_doors, doors=["edd"])

    address = package()
    later = clock.now() + timedelta(hours=24, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    status, page = fetch(client, address)
    assert status == 401
    assert page.startswith(b"<!doctype html>")


def test_a_package_s_address_cannot_be_made_up(
    client: FlaskClient, address: str, sold: tuple[str, str], release: bytes, open_doors: Cast
) -> None:
    good = facts(client, address, license_key=sold[1])["download_url"]
    start, token, name = good.rsplit("/", 2)
    ship(open_doors, "3.0.0")
    newer = facts(client, address, license_key=sold[1])["download_url"].split("/")[-2]
    ends, holder, _version, mac = token.split(".")
    forged = [
        f"{ends}.{holder}.{newer.split('.')[2]}.{mac}",
        f"fffffffff.{holder}.{_version}.{mac}",
        f"{ends}.free.{_version}.{mac}",
        f"{ends}.{holder}.{_version}.{'0' * 32}",
        token[:-1],
        token.upper(),
    ]

    assert fetch(client, good) == (200, release)
    assert fetch(client, f"{start}/{token}/other.zip")[0] == 401
    assert {fetch(client, f"{start}/{made}/{name}")[0] for made in forged} == {401}
