"""Keys of other systems may hold `+`, and WordPress puts them into an address as they are."""

import json
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from server.kernel import secrets
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing import keys
from server.licensing.models import License
from server.licensing.services.issuing import lookup_hash
from tests.conftest import Cast
from tests.server.compat.conftest import AGENT, change, sell

DOORS = {
    "puc": "/compat/puc/harbour-gallery.json?installed_version=2.0.0&{field}={key}",
    "wpus": "/compat/wpus/harbour/?action=get_metadata&slug=harbour-gallery&{field}={key}",
    "edd": "/compat/edd/harbour/?edd_action=get_version&item_id=1&license={key}",
}
FREEMIUS = ["sk_A+b&c;d*2{9}x|Y", "sk_A+b++c=D12345", "+sk_Ab12345", "sk_Ab12345+"]


def sell_with_key(cast: Cast, text: str) -> str:
    """A license that came with this key from another system; its id."""
    id, _key = sell(cast)
    with writing():
        license = resolve(License, id)
        compact = keys.normalise_legacy(text)
        license.key_lookup, license.key_profile = lookup_hash(compact), "legacy"
        license.key_sealed = secrets.seal(compact, aad=license.key_aad)
    return id


def package(client: FlaskClient, door: str, sent: str) -> str:
    """The package that a client gets that sends its key in this spelling."""
    answer = client.get(DOORS[door].format(field="license_key", key=sent), headers={"User-Agent": AGENT})
    assert answer.status_code == 200
    facts = json.loads(answer.data)
    return str(facts.get("package") or facts.get("download_url") or "")


@pytest.mark.parametrize("door", list(DOORS))
@pytest.mark.parametrize("key", FREEMIUS)
def test_a_key_with_plus_is_found_whether_its_client_encodes_it_or_not(
    client: FlaskClient, open_doors: Cast, release: bytes, door: str, key: str
) -> None:
    change(open_doors, public_slug="harbour-gallery")
    sell_with_key(open_doors, key)
    if door == "edd":
        taken = client.get(
            "/compat/edd/harbour/",
            query_string={"edd_action": "activate_license", "license": key, "item_id": "1"},
            headers={"User-Agent": AGENT},
        )
        assert json.loads(taken.data)["license"] == "valid"

    assert package(client, door, quote(key, safe="")) != ""
    assert package(client, door, quote(key, safe="+=;*{}|")) != ""
    assert package(client, door, quote(key.replace("+", "-"), safe="")) == ""


@pytest.mark.parametrize("door", ["puc", "wpus"])
def test_a_plus_is_tried_only_when_the_text_as_it_came_is_unknown(
    client: FlaskClient, open_doors: Cast, release: bytes, door: str
) -> None:
    change(open_doors, public_slug="harbour-gallery")
    _id, key = sell(open_doors)

    assert package(client, door, key.replace("-", "+")) != ""
