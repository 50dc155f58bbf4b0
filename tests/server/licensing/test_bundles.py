"""A bundle brings a license for each of its plugins, and what happens to it happens to them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from server.accounts.services import history
from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import License
from server.licensing.services import (
    Site,
    activate_site,
    add_seats,
    change_plan,
    children_of,
    extend_license,
    issue_license,
    judge_key,
    license_for_product,
    regenerate_key,
    renew_license,
    reveal_key,
    revoke_license,
    suspend_license,
    transfer_license,
    unrevoke_license,
)
from server.licensing.services.refusals import BundleInBundle, EndsWithBundle, ProductMismatch
from tests.conftest import NOON, Cast

WHO: dict[str, Any] = {"actor": "member:mem_1", "now": NOON}


@pytest.fixture
def shop(harbour: Cast) -> dict[str, Plan]:
    """Two more plugins, and two bundles in the story's own product: one of both, one of the first only."""
    with writing():
        plans = {name: _plugin(name, number) for number, name in enumerate(("forms", "maps"), start=2)}
        for code, names in (("all", ("forms", "maps")), ("some", ("forms",))):
            bundled = [plans[name].id for name in names]
            plans[code] = _plan(harbour.product, code, bundled_plan_ids=bundled, seats=5)
    return plans


@pytest.fixture
def bundle(shop: dict[str, Plan], harbour: Cast, customer: Customer) -> License:
    """The bundle of both, sold."""
    with writing():
        license, _key = issue_license(
            product=harbour.product, plan=shop["all"], customer=customer, now=NOON, mode="test"
        )
    return license


def _plugin(name: str, number: int) -> Plan:
    product = Product(slug=name, name=name.title(), edd_item_id=number, created_at=NOON)
    session.add(product)
    session.flush()
    return _plan(product, "solo")


def _plan(product: Product, code: str, **more: Any) -> Plan:
    facts = {"seats": 2, "interval": "year", "features": [], **more}
    plan = Plan(product_id=product.id, code=code, name=code.title(), **facts)
    session.add(plan)
    session.flush()
    return plan


def test_a_bundle_brings_a_license_for_each_plugin_with_its_own_key_and_seats(bundle: License) -> None:
    children = children_of(bundle)

    assert sorted(child.product.slug for child in children) == ["forms", "maps"]
    assert {(child.seats, child.mode, child.valid_until) for child in children} == {
        (2, "test", bundle.valid_until)
    }
    assert len({reveal_key(one) for one in (bundle, *children)}) == 3


def test_the_key_of_a_bundle_opens_each_of_its_plugins(bundle: License, harbour: Cast) -> None:
    child = children_of(bundle)[0]

    assert license_for_product(bundle, child.product) is child
    assert license_for_product(bundle, harbour.product) is bundle
    assert license_for_product(child, harbour.product) is child


def test_a_site_sits_on_the_license_of_its_plugin(bundle: License) -> None:
    child = children_of(bundle)[0]
    site = Site(site_uid="a" * 32, site_url="https://shop-1.example.com")

    with writing():
        seated = activate_site(bundle, site, product=child.product, mode="test", now=NOON)

    assert seated.activation.license is child
    assert (child.seats_used, bundle.seats_used) == (1, 0)


def test_the_key_of_a_bundle_is_good_for_no_other_plugin(bundle: License, shop: dict[str, Plan]) -> None:
    key = reveal_key(bundle)
    with writing():
        other = _plugin("other", 9).product
    asked: dict[str, Any] = {"mode": "test", "now": NOON}

    assert judge_key(key, product=shop["maps"].product, **asked)["code"] == "VALID"
    assert judge_key(key, product=other, **asked)["code"] == "PRODUCT_MISMATCH"


def test_what_happens_to_a_bundle_happens_to_its_plugins(bundle: License) -> None:
    later = NOON + timedelta(days=900)
    with writing():
        buyer = Customer(email="new@buyer.example.com", name="Neu", created_at=NOON)
        session.add(buyer)
        session.flush()
        renew_license(bundle, later, **WHO)
        add_seats(bundle, 1, **WHO)
        transfer_license(bundle, buyer, **WHO)
        revoke_license(bundle, "refunded", **WHO)

    for child in children_of(bundle):
        assert (child.valid_until, child.seats, child.customer_id) == (later, 3, buyer.id)
        assert (child.revoked_for, child.stopped_at) == (["refunded"], NOON)

    with writing():
        unrevoke_license(bundle, "refunded", **WHO)
    assert {child.status(NOON) for child in children_of(bundle)} == {"active"}


def test_what_happens_to_one_plugin_leaves_the_bundle_alone(bundle: License) -> None:
    first, second = children_of(bundle)
    with writing():
        revoke_license(first, "by_vendor", **WHO)

    assert [one.status(NOON) for one in (bundle, first, second)] == ["active", "revoked", "active"]


def test_the_end_of_what_came_with_a_bundle_is_set_at_the_bundle(bundle: License) -> None:
    first, second = children_of(bundle)
    hand_on(second, "bo@buyer.example.com")
    end = bundle.valid_until

    for part in (first, second):
        with pytest.raises(EndsWithBundle) as refused, writing():
            extend_license(part, NOON + timedelta(days=900), **WHO)
        assert refused.value.fields["parent_id"] == bundle.id
    assert {one.valid_until for one in (bundle, first, second)} == {end}

    with writing():
        extend_license(bundle, NOON + timedelta(days=900), note="goodwill", **WHO)
    assert {one.valid_until for one in (bundle, first, second)} == {NOON + timedelta(days=900)}
    last = history(first.id)[0]
    assert (last.action, last.actor, last.facts["bundle"]) == ("license.extended", WHO["actor"], bundle.id)
    assert "bundle" not in history(bundle.id)[0].facts


def test_an_end_that_a_change_of_the_bundle_brings_is_told_as_the_bundles(
    bundle: License, shop: dict[str, Plan], harbour: Cast
) -> None:
    with writing():
        ever = _plan(harbour.product, "ever", interval="lifetime", bundled_plan_ids=[shop["forms"].id])
        change_plan(bundle, ever, **WHO)

    forms = next(one for one in children_of(bundle) if one.product.slug == "forms")
    assert (bundle.valid_until, forms.valid_until) == (None, None)
    last = history(forms.id)[0]
    assert (last.action, last.actor, last.facts["bundle"]) == ("license.extended", WHO["actor"], bundle.id)


def test_another_plan_of_a_part_leaves_it_the_end_of_its_bundle(
    bundle: License, shop: dict[str, Plan]
) -> None:
    part = next(one for one in children_of(bundle) if one.product.slug == "forms")
    with writing():
        ever = _plan(part.product, "ever", interval="lifetime")
        change_plan(part, ever, **WHO)
    assert part.valid_until == bundle.valid_until

    with writing():
        extend_license(bundle, None, **WHO)
        change_plan(part, shop["forms"], **WHO)
    assert (part.plan.code, part.valid_until) == ("solo", None)


def test_what_came_with_a_bundle_never_becomes_a_bundle_itself(
    bundle: License, shop: dict[str, Plan]
) -> None:
    part = next(one for one in children_of(bundle) if one.product.slug == "forms")
    with writing():
        nested = _plan(part.product, "team", bundled_plan_ids=[shop["maps"].id])

    with pytest.raises(BundleInBundle) as refused, writing():
        change_plan(part, nested, **WHO)
    assert refused.value.fields["parent_id"] == bundle.id
    assert (part.plan.code, children_of(part)) == ("solo", [])


def test_what_was_handed_on_alone_is_not_opened_by_the_key_of_its_bundle(bundle: License) -> None:
    child = children_of(bundle)[0]
    hand_on(child, "bo@buyer.example.com")
    with writing():
        regenerate_key(child, **WHO)
    site, product = Site(site_uid="a" * 32, site_url="https://shop-1.example.com"), child.product

    assert judge_key(reveal_key(bundle), product=product, mode="test", now=NOON)["code"] == "PRODUCT_MISMATCH"
    with pytest.raises(ProductMismatch), writing():
        activate_site(bundle, site, product=product, mode="test", now=NOON)
    assert child.seats_used == 0


def test_a_bundle_that_is_handed_on_takes_nothing_from_who_has_a_part_of_it(bundle: License) -> None:
    first, second = children_of(bundle)
    hand_on(first, "bo@buyer.example.com")

    hand_on(bundle, "new@buyer.example.com")
    assert [one.customer.email[:3] for one in (bundle, first, second)] == ["new", "bo@", "new"]

    hand_on(first, "new@buyer.example.com")
    assert license_for_product(bundle, first.product) is first


def hand_on(license: License, email: str) -> None:
    with writing():
        transfer_license(license, customer_for(email, now=NOON), **WHO)


def test_a_smaller_bundle_takes_a_plugin_back_and_the_larger_one_gives_it_again(
    bundle: License, shop: dict[str, Plan]
) -> None:
    with writing():
        change_plan(bundle, shop["some"], **WHO)
    assert _states(bundle) == {"forms": "active", "maps": "revoked"}

    with writing():
        change_plan(bundle, shop["all"], **WHO)
    assert _states(bundle) == {"forms": "active", "maps": "active"}


def test_an_ordinary_license_becomes_a_bundle_in_the_state_it_is_in(
    license: License, shop: dict[str, Plan]
) -> None:
    with writing():
        revoke_license(license, "disputed", **WHO)
        change_plan(license, shop["all"], **WHO)

    assert _states(license) == {"forms": "revoked", "maps": "revoked"}
    assert {child.valid_until for child in children_of(license)} == {license.valid_until}


def _states(bundle: License) -> dict[str, str]:
    return {child.product.slug: child.status(NOON) for child in children_of(bundle)}


def test_acts_on_one_bundle_at_once_wait_for_each_other(bundle: License, harbour: Cast) -> None:
    """Renewals and pauses come at once from hooks and hands: nobody waits in a circle, nothing gets lost."""
    bundle_id, child_id, tenant_id = bundle.id, children_of(bundle)[0].id, harbour.vendor.id
    session.rollback()

    def act(turn: int) -> None:
        with tenant(tenant_id):
            license = resolve(License, child_id if turn % 4 == 3 else bundle_id)
            with writing():
                if turn % 2:
                    suspend_license(license, f"dispute:{turn}", **WHO)
                else:
                    renew_license(license, NOON + timedelta(days=400 + turn), **WHO)
        session.remove()

    with ThreadPoolExecutor(8) as hands:
        list(hands.map(act, range(24)))

    family = [resolve(License, bundle_id), *children_of(resolve(License, bundle_id))]
    assert {one.valid_until for one in family} == {NOON + timedelta(days=422)}
    assert [len(one.suspended_for) for one in family] == [6, 12, 6]
