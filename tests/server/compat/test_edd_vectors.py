"""The EDD door answers every shared case, byte for byte."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.keys import normalise_any
from server.licensing.models import License
from server.licensing.services import Site, activate_site
from server.licensing.services.issuing import lookup_hash
from tests.conftest import Cast
from tests.server.compat.conftest import sell, ship
from tests.vectors.reading import cases

PACKAGE = re.compile(
    r"http://localhost/compat/dl/[0-9a-f]+\.act_\w{26}\.rel_\w{26}\.[0-9a-f]{32}/harbour-gallery-2\.1\.0\.zip"
)


@pytest.mark.parametrize("case", cases("edd"))
def test_the_door_answers_as_the_case_says(
    client: FlaskClient, harbour: Cast, monkeypatch: pytest.MonkeyPatch, case: dict[str, Any]
) -> None:
    now = moment(case["input"]["now"])
    monkeypatch.setattr(clock, "now", lambda: now)
    build(harbour, case["input"]["world"])
    asked = case["input"]["request"]
    how = {"query_string" if asked["method"] == "GET" else "data": asked["fields"]}

    response = client.open(
        "/compat/edd/harbour",
        method=asked["method"],
        headers={"User-Agent": asked["user_agent"]},
        **how,
    )

    assert response.status_code == case["expect"]["status"]
    assert PACKAGE.sub("<package>", response.text) == orjson.dumps(case["expect"]["body"]).decode()
    assert json.loads(response.text).keys() == case["expect"]["body"].keys()


def build(cast: Cast, world: dict[str, Any]) -> None:
    """What the case says of the vendor, its products and the one license."""
    wanted = world["license"]
    for each in world["products"]:
        make_product(cast, each)
    license_id, _key = sell(cast)
    with writing():
        license = resolve(License, license_id)
        license.key_profile, text = normalise_any(wanted["key"])
        license.key_lookup = lookup_hash(text)
        license.product = product(wanted["item_id"])
        license.seats = wanted["seats"]
        license.starts_at = clock.now() - timedelta(days=365)
        license.plan = resolve(Plan, cast.plan.id)
        license.plan.edd_price_id = wanted["price_id"]
        for site in wanted["sites"]:
            here = Site(f"import:{site}", site)
            activate_site(license, here, product=license.product, mode="live", now=clock.now())
        license.valid_until = wanted["ends"] and moment(wanted["ends"])
        license.grace_until = wanted["grace"] and moment(wanted["grace"])
        license.suspended_for, license.revoked_for = wanted["suspended_for"], wanted["revoked_for"]
    for item_id in wanted["bundle"]:
        facts = {"parent_id": license_id, "valid_until": license.valid_until}
        sell(cast, product=product(item_id), **facts)


def make_product(cast: Cast, wanted: dict[str, Any]) -> None:
    with writing():
        row = session.scalars(select(Product).where(Product.slug == "harbour-gallery")).one()
        if wanted["slug"] != row.slug:
            row = Product(created_at=clock.now())
            session.add(row)
        row.name, row.slug, row.edd_item_id = wanted["name"], wanted["slug"], wanted["item_id"]
        row.doors = [] if wanted.get("closed") else ["edd"]
        row.homepage, row.description = "https://harbour.example.com", "Boats & nets."
    if wanted["slug"] == "harbour-gallery":
        ship(cast, wanted["version"])


def product(item_id: int) -> Product:
    return session.scalars(select(Product).where(Product.edd_item_id == item_id)).one()


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
