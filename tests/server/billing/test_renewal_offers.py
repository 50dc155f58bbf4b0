"""Which licenses a payment can renew, over which connection, and what who paid for nothing gets."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.accounts.models import AuditEntry
from server.billing.services import (
    renewal_price,
    renewed_by,
)
from server.catalog.models import Plan, Price, Product
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import revoke_license
from server.licensing.services.issuing import end_of_term
from tests.server.billing.conftest import Till
from tests.server.billing.renewing import ends, order_by, renew

YEAR = 4_900


def test_a_test_license_is_renewed_over_the_test_connection_alone(yearly: Till) -> None:
    license_id = yearly.license().id
    with writing():
        resolve(License, license_id).mode = "test"
    assert renewal_price(yearly.license(), clock.now()) is None  # this shop sells live licenses
    with writing():
        yearly.connection.license_mode = ""
    before = ends(yearly.license())
    renewal = renew(yearly)
    yearly.catch_up()

    assert order_by(yearly, renewal).mode == "test"
    assert ends(yearly.license()) == end_of_term("year", before)


def test_what_a_bundle_brought_is_renewed_with_it(yearly: Till) -> None:
    with writing():
        product = Product(slug="maps", name="Maps", edd_item_id=2, created_at=clock.now())
        session.add(product)
        session.flush()
        brought = Plan(product_id=product.id, code="maps", name="Maps", seats=1, interval="year", features=[])
        session.add(brought)
        session.flush()
        bundle_id = brought.id
    price = yearly.price("all", amount=YEAR, interval="year", renews=False, bundled_plan_ids=[bundle_id])
    yearly.sell("bo@buyer.example.com", price_id=price)
    yearly.catch_up()
    bundle, child = yearly.licenses()[1:]
    assert child.parent_id == bundle.id
    assert renewal_price(child, clock.now()) is None
    before = ends(bundle)
    renewal = renew(yearly, bundle.id)
    yearly.catch_up()
    assert {one.valid_until for one in yearly.licenses()[1:]} == {end_of_term("year", before)}

    yearly.shop.refund(renewal)
    yearly.catch_up()
    assert {one.valid_until for one in yearly.licenses()[1:]} == {before}


def test_who_is_offered_a_renewal(yearly: Till) -> None:
    def offered(**facts: object) -> bool:
        session.rollback()
        license = yearly.license()
        with session.no_autoflush:
            for name, value in facts.items():
                setattr(license, name, value)
            price = renewal_price(license, clock.now())
        session.rollback()
        return price is not None

    assert offered()
    assert offered(valid_until=clock.now() - timedelta(days=90))
    for facts in (
        {"renews": True},
        {"valid_until": None},
        {"is_trial": True},
        {"suspended_for": ["dispute:dp_1"]},
        {"revoked_for": ["refunded"]},
    ):
        assert not offered(**facts), facts


def test_a_plan_that_is_off_sale_is_renewed_while_it_has_a_price(yearly: Till) -> None:
    price_id = yearly.order_price()
    with writing():
        resolve(Price, price_id).plan.on_sale = False
    before = ends(yearly.license())
    renew(yearly)
    yearly.catch_up()
    assert ends(yearly.license()) == end_of_term("year", before)

    with writing():
        resolve(Price, price_id).active = False
    assert renewal_price(yearly.license(), clock.now()) is None


def unknown(license: License) -> str:
    return license.id[:-3] + "zzz"


def revoked(license: License) -> str:
    revoke_license(license, "by_vendor", actor="member:mem_1", now=clock.now())
    return license.id


def endless(license: License) -> str:
    license.valid_until = None
    return license.id


def of_the_other_mode(license: License) -> str:
    license.mode = "test"
    return license.id


@pytest.mark.parametrize("named", [unknown, revoked, endless, of_the_other_mode])
def test_who_paid_for_nothing_gets_a_new_license(yearly: Till, named: Callable[[License], str]) -> None:
    price, first = yearly.order_price(), yearly.license().id
    with writing():
        license_id = named(resolve(License, first))
    session_id = yearly.open(price_id=price, renews=license_id)
    yearly.shop.pay(session_id, email="bo@buyer.example.com", name="Bo")
    yearly.catch_up()

    assert [license.customer.email for license in yearly.licenses()] == [
        "ana@buyer.example.com",
        "bo@buyer.example.com",
    ]
    assert renewed_by(order_by(yearly, session_id)) == set()
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.nothing_to_renew")).one()
    assert noted.facts == {"license": license_id}
