"""An imported license works like any other: by its old key, on the sites it had and on new ones."""

import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.accounts.services import history
from server.catalog.models import Product
from server.customers.site_address import site_key
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.services import find_license_by_key, live_activations
from tests.conftest import Cast
from tests.server.importing.conftest import Bring

FREEMIUS = ("freemius-licenses.json", "freemius-users.json", "freemius-installs.json")
FREEMIUS_KEY = "sk_Zq=!+~*T5vLmN8pQrStUvWxYz012"
EDD_KEY = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
SHOP, JO = "https://shop.ana-photo.com", "https://jo-reed.com"
FULL_KEY = "5a1b2c3d4e5f60718293a4b5c6d7e8f9"


@pytest.fixture
def moved_in(bring: Bring, harbour: Cast) -> None:
    """Licenses of two systems on the one product of the story."""
    bring("edd", "edd-licenses.csv")
    bring("freemius", *FREEMIUS, **{"Product 77": "harbour-gallery"})


def post(client: FlaskClient, path: str, product_key: str, **body: Any) -> TestResponse:
    headers = {
        "Authorization": f"Bearer {product_key}",
        "Keydesk-Nonce": "AAAAAAAAAAAAAAAAAAAAAA",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    return client.post(path, json={"site_uid": "0123456789abcdef" * 2, **body}, headers=headers)


def leave(client: FlaskClient, told: dict[str, Any]) -> TestResponse:
    headers = {
        "Authorization": f"Bearer {told['site_token']}",
        "Keydesk-Nonce": "AAAAAAAAAAAAAAAAAAAAAA",
        "Idempotency-Key": str(uuid.uuid4()),
    }
    return client.delete(f"/v1/activations/{told['activation_id']}", headers=headers)


@pytest.mark.usefixtures("moved_in")
@pytest.mark.parametrize("key", [FREEMIUS_KEY, f"  {EDD_KEY}\n"])
def test_a_new_site_activates_validates_and_leaves_by_the_old_key(
    client: FlaskClient, harbour: Cast, key: str
) -> None:
    site = {"site_url": "https://brand-new.com", "environment": "production"}
    activated = post(client, "/v1/activations", harbour.product_key, license_key=key, **site)
    assert activated.status_code == 201, activated.text
    told: dict[str, Any] = activated.json or {}

    validated = post(
        client, "/v1/license-validations", harbour.product_key, license_key=key, site_url=site["site_url"]
    )
    assert validated.json is not None
    assert (validated.status_code, validated.json["valid"]) == (200, True), validated.text

    left = leave(client, told)
    assert left.status_code == 200, left.text


@pytest.mark.usefixtures("moved_in")
def test_a_site_that_moved_along_keeps_its_seat_when_its_plugin_asks_anew(
    client: FlaskClient, harbour: Cast
) -> None:
    site = {"site_url": "https://eve-one.com", "environment": "production"}
    activated = post(client, "/v1/activations", harbour.product_key, license_key=FULL_KEY, **site)

    assert activated.status_code == 201, activated.text
    assert find_license_by_key(FULL_KEY).seats_used == 2


@pytest.mark.usefixtures("moved_in")
def test_a_site_that_moved_along_gives_its_seat_back_when_it_leaves(
    client: FlaskClient, harbour: Cast
) -> None:
    site = {"site_url": "https://www.eve-one.com/", "environment": "production"}
    told: dict[str, Any] = (
        post(client, "/v1/activations", harbour.product_key, license_key=FULL_KEY, **site).json or {}
    )
    left = leave(client, told)

    assert left.status_code == 200, left.text
    assert find_license_by_key(FULL_KEY).seats_used == 1


@pytest.mark.usefixtures("moved_in")
def test_a_further_site_on_a_full_license_is_refused(client: FlaskClient, harbour: Cast) -> None:
    site = {"site_url": "https://eve-three.com", "environment": "production"}
    refused = post(client, "/v1/activations", harbour.product_key, license_key=FULL_KEY, **site)

    assert refused.status_code == 409
    assert refused.json is not None
    assert refused.json["code"] == "seat_limit_reached"


@pytest.mark.usefixtures("moved_in")
def test_the_case_of_an_old_key_counts(client: FlaskClient, harbour: Cast) -> None:
    site = {"site_url": "https://brand-new.com", "environment": "production"}
    refused = post(client, "/v1/activations", harbour.product_key, license_key=FREEMIUS_KEY.lower(), **site)
    assert refused.json is not None
    assert refused.json["code"] == "license_not_found"


@pytest.mark.usefixtures("moved_in")
@pytest.mark.parametrize("key", [EDD_KEY, FREEMIUS_KEY])
def test_an_old_plugin_goes_on_working_at_the_edd_door(client: FlaskClient, harbour: Cast, key: str) -> None:
    with writing():
        resolve(Product, harbour.product.id).doors = ["edd"]
    [home] = [url for url in (SHOP, JO) if is_active(key, url)]

    def ask(action: str) -> dict[str, Any]:
        asked = {"edd_action": action, "license": key, "item_name": "Harbour Gallery", "url": home}
        answer = client.post("/compat/edd/harbour", data=asked)
        assert answer.status_code == 200
        return dict(answer.json or {})

    used = find_license_by_key(key).seats_used
    assert ask("check_license")["license"] == "valid"
    assert ask("activate_license")["license"] == "valid"
    assert find_license_by_key(key).seats_used == used
    assert ask("deactivate_license")["license"] == "deactivated"
    assert find_license_by_key(key).seats_used == used - 1
    assert not is_active(key, home)


def is_active(key: str, url: str) -> bool:
    """Whether the license has a live activation at this address."""
    license = find_license_by_key(key)
    return any(active.site_key == site_key(url) for active in live_activations(license))


@pytest.mark.usefixtures("moved_in")
def test_each_imported_license_says_where_it_came_from(harbour: Cast) -> None:
    [entry] = history(find_license_by_key(EDD_KEY).id)
    assert (entry.action, entry.actor, entry.facts) == (
        "license.imported",
        "member:mem_1",
        {"note": "edd:101"},
    )
