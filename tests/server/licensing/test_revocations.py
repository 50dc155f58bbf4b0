"""The revocation list ends leases that are still out there, and lets them count again."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from server.accounts.services import published_signing_keys
from server.catalog.models import Product
from server.kernel.db import session, writing
from server.kernel.ids import new_id
from server.kernel.signing import LEASE_DOMAIN, b64u_decode, verifies
from server.licensing.leases import LONGEST_LIST
from server.licensing.models import License, Revocation
from server.licensing.services import Site, check_in, enlist, lift, signed_list
from tests.conftest import NOON
from tests.server.licensing.conftest import Activate, uid_of

SHOP = "https://shop-1.example.com"


@pytest.fixture
def product(license: License) -> Product:
    return license.product


def read(text: str | None) -> dict[str, Any]:
    assert text is not None
    _version, payload, signature = text.split(".")
    public = b64u_decode(published_signing_keys()[0]["public_key"])
    assert verifies(LEASE_DOMAIN + b64u_decode(payload), b64u_decode(signature), public)
    claims: dict[str, Any] = orjson.loads(b64u_decode(payload))
    return claims


def test_a_list_names_licenses_and_activations_and_grows_its_number(
    product: Product, license: License, activate: Activate
) -> None:
    seated = activate(SHOP).activation
    assert signed_list(product, NOON, newer_than=0) is None

    with writing():
        enlist(license, now=NOON)
        enlist(license, now=NOON)
        enlist(seated, now=NOON)

    claims = read(signed_list(product, NOON, newer_than=0))
    assert (claims["typ"], claims["prod"], claims["serial"], claims["full"]) == (
        "revocations", product.id, 2, True,
    )  # fmt: skip
    assert set(claims["leases"]) == {license.id, seated.id}
    assert claims["exp"] == claims["iat"] + 30 * 86_400
    assert signed_list(product, NOON, newer_than=2) is None


def test_a_lifted_entry_leaves_with_a_new_number(product: Product, license: License) -> None:
    with writing():
        enlist(license, now=NOON)
    with writing():
        lift(license, now=NOON)
        lift(license, now=NOON)

    assert read(signed_list(product, NOON, newer_than=1))["leases"] == []
    assert signed_list(product, NOON, newer_than=2) is None
    with writing():
        enlist(license, now=NOON)
    assert read(signed_list(product, NOON, newer_than=2))["leases"] == [license.id]


def test_an_entry_goes_when_no_lease_can_be_left_that_it_ends(product: Product, license: License) -> None:
    with writing():
        enlist(license, now=NOON)

    assert read(signed_list(product, NOON + timedelta(days=27), newer_than=0))["leases"] == [license.id]
    assert signed_list(product, NOON + timedelta(days=28), newer_than=0) is None


def test_another_product_has_a_list_of_its_own(product: Product, license: License) -> None:
    with writing():
        other = Product(slug="other", name="Other", edd_item_id=7, created_at=NOON)
        session.add(other)
        enlist(license, now=NOON)

    assert signed_list(other, NOON, newer_than=0) is None


def test_a_list_stays_short_enough_for_every_site(product: Product, license: License) -> None:
    with writing():
        session.add_all(
            Revocation(serial=number, product_id=product.id, subject=new_id("lic"), created_at=NOON)
            for number in range(1, LONGEST_LIST + 2)
        )

    text = signed_list(product, NOON, newer_than=0)

    claims = read(text)
    assert len(text or "") <= 65_536
    assert (len(claims["leases"]), claims["full"]) == (LONGEST_LIST, False)


def test_the_daily_call_carries_the_list_once(license: License, activate: Activate) -> None:
    seated = activate(SHOP).activation
    with writing():
        enlist(license, now=NOON)
    site = Site(uid_of(SHOP), SHOP)

    assert read(check_in(seated, site, NOON)["revocations"])["serial"] == 1
    assert check_in(seated, site, NOON, revocations_serial=1)["revocations"] is None
