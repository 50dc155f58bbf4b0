"""What a vendor's script may change at a bundle, and what at a license that came with it."""

from collections.abc import Callable
from typing import Any

import pytest

from server.catalog.models import Product
from server.catalog.services import create_plan, create_product
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import Site, activate_site, children_of, issue_license
from server.releases.services import upload_release
from tests.conftest import NOON, Cast
from tests.server.api.conftest import Ask, code_of
from tests.server.pages.test_get import plugin_zip

WHO = "member:mem_1"
SOLO: dict[str, Any] = {"code": "solo", "name": "Solo", "seats": 2, "interval": "year", "actor": WHO}


@pytest.fixture
def family(harbour: Cast) -> tuple[str, str]:
    """A sold bundle of one plugin, in a product that only sells bundles, and what it brought."""
    with writing():
        part = create_plan(create_product(slug="forms", name="Forms", now=NOON, actor=WHO), **SOLO)
        everything = create_product(slug="everything", name="Everything", now=NOON, actor=WHO)
        plan = create_plan(everything, **SOLO, bundled_plan_ids=[part.id])
        buyer = customer_for("bo@buyer.example.com", now=NOON)
        bundle, _key = issue_license(product=everything, plan=plan, customer=buyer, now=clock.now())
        return bundle.id, children_of(bundle)[0].id


@pytest.fixture
def change(ask: Ask, script: Callable[..., str]) -> Any:
    """`change(license_id, seats=5)`: what the script is answered."""
    token = script("licenses:read", "licenses:write")
    return lambda license_id, **wish: ask("PATCH", f"/v1/vendor/licenses/{license_id}", token, wish)


def test_sites_of_a_bundle_are_changed_at_its_licenses(change: Any, family: tuple[str, str]) -> None:
    bundle, part = family

    refused = change(bundle, seats=9)

    assert code_of(refused) == (409, "bundle_without_sites")
    assert refused.json["license_ids"] == [part]
    assert part in refused.json["detail"]
    assert [resolve(License, one).seats for one in family] == [2, 2]
    assert change(part, seats=9).json["seats"]["limit"] == 9


@pytest.mark.parametrize("why", ["sold alone", "a version", "a site"])
def test_a_bundle_that_is_a_plugin_too_has_sites_of_its_own(
    change: Any, family: tuple[str, str], why: str
) -> None:
    with writing():
        bundle = resolve(License, family[0])
        product = resolve(Product, bundle.product_id)
        if why == "sold alone":
            create_plan(product, **{**SOLO, "code": "alone"})
        elif why == "a version":
            upload_release(product, plugin_zip("1.4.0"), now=NOON, actor=WHO)
        else:
            site = Site(site_uid="a" * 32, site_url="https://shop-1.example.com")
            activate_site(bundle, site, product=product, mode="live", now=clock.now())

    assert change(family[0], seats=9).json["seats"]["limit"] == 9
    assert resolve(License, family[1]).seats == 2


def test_a_plan_that_makes_it_a_bundle_brings_its_number_alone(
    change: Any, family: tuple[str, str], harbour: Cast
) -> None:
    with writing():
        product = resolve(License, family[0]).product
        bundled = resolve(License, family[0]).plan.bundled_plan_ids
        plan_id = create_plan(product, **{**SOLO, "code": "more"}, bundled_plan_ids=bundled).id
        before = resolve(License, family[0]).plan_id

    assert code_of(change(family[0], plan_id=plan_id, seats=9)) == (409, "bundle_without_sites")
    assert resolve(License, family[0]).plan_id == before


def test_the_end_of_what_came_with_a_bundle_is_set_at_the_bundle(
    change: Any, family: tuple[str, str]
) -> None:
    bundle, part = family
    before = change(part).json["valid_until"]

    refused = change(part, valid_until="2031-01-01T00:00:00Z", seats=9)

    assert code_of(refused) == (409, "ends_with_bundle")
    assert refused.json["parent_id"] == bundle
    assert bundle in refused.json["detail"]
    assert (change(part).json["valid_until"], change(part).json["seats"]["limit"]) == (before, 2)
    assert change(bundle, valid_until="2031-01-01T00:00:00Z").status_code == 200
    assert change(part).json["valid_until"] == "2031-01-01T00:00:00Z"


def test_a_part_of_a_bundle_cannot_become_a_bundle(change: Any, family: tuple[str, str]) -> None:
    bundle, part = family
    with writing():
        forms = resolve(License, part).product
        maps = create_plan(create_product(slug="maps", name="Maps", now=NOON, actor=WHO), **SOLO)
        nested = create_plan(forms, **{**SOLO, "code": "both"}, bundled_plan_ids=[maps.id]).id

    refused = change(part, plan_id=nested, seats=9)

    assert code_of(refused) == (409, "bundle_in_bundle")
    assert refused.json["parent_id"] == bundle
    assert change(part).json["seats"]["limit"] == 2
