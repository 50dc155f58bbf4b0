"""A license that does not renew by itself is renewed by a payment of its own: same key, one more term."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from server.accounts.models import AuditEntry
from server.billing.models import Order, OrderLicense
from server.billing.services import (
    find_order,
    licenses_of,
    order_of,
    prepare_renewal,
    purchase_page_of,
    renewal_price,
    renewed_by,
)
from server.billing.settling import open_checkout
from server.catalog.models import Plan, Price, Product
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import extend_license, reveal_key, revoke_license
from server.licensing.services.issuing import end_of_term
from server.mail.models import Mail
from tests.server.billing.conftest import Till

COMPLETED, REFUNDED = "checkout.session.completed", "charge.refunded"
YEAR = 19_900


@pytest.fixture
def yearly(till: Till) -> Till:
    """One license for a year that was bought and does not renew by itself."""
    till.sell(price_id=till.price("yearly", amount=YEAR, interval="year", renews=False))
    till.catch_up()
    return till


def ends(license: License) -> datetime:
    assert license.valid_until is not None
    return license.valid_until


def renew(till: Till, license_id: str = "") -> str:
    """The holder presses the button and pays; the session's id."""
    license = resolve(License, license_id or till.license().id)
    price = renewal_price(license, clock.now())
    assert price is not None
    sale = prepare_renewal(license, price, cancel_url="https://shop.example.com/account", locale="en")
    session_id = open_checkout(sale, cause=f"press-{clock.monotonic()}").rsplit("/", 1)[1]
    till.shop.pay(session_id, email="accounts@buyer.example.com", name="Accounts")
    return session_id


def order_by(till: Till, session_id: str) -> Order:
    session.rollback()
    found = find_order(till.connection_id, session_id)
    assert found is not None
    return found


def move_end(till: Till, until: datetime) -> None:
    license_id = till.license().id
    with writing():
        extend_license(resolve(License, license_id), until, actor="member:mem_1", now=clock.now())


def test_a_term_is_added_to_the_end_and_the_key_stays(yearly: Till) -> None:
    license = yearly.license()
    before, key, bought = ends(license), reveal_key(license), order_of(license)
    assert bought is not None
    first = bought.id
    renewal = renew(yearly)
    yearly.catch_up()

    (license,) = yearly.licenses()
    assert license.valid_until == end_of_term("year", before)
    assert (reveal_key(license), license.customer.email) == (key, "ana@buyer.example.com")
    assert len(yearly.mails()) == 1
    order = order_by(yearly, renewal)
    assert (order.state, order.amount, renewed_by(order)) == ("completed", YEAR, {license.id})
    assert licenses_of(order) == [license]
    assert purchase_page_of(order) is None  # who paid need not be who may see the key
    bought = order_of(license)
    assert bought is not None
    assert bought.id == first


def test_after_the_end_the_term_begins_with_the_payment(yearly: Till) -> None:
    license_id = yearly.license().id
    with writing():
        license = resolve(License, license_id)
        license.starts_at -= timedelta(days=400)
        license.valid_until = clock.now() - timedelta(days=30)
    assert yearly.license().status(clock.now()) == "expired"
    renewal = renew(yearly)
    yearly.catch_up()

    paid_at = order_by(yearly, renewal).paid_at
    assert paid_at is not None
    assert ends(yearly.license()) == end_of_term("year", paid_at)
    assert yearly.license().status(clock.now()) == "active"


def test_repeated_events_give_the_term_once(yearly: Till) -> None:
    before = ends(yearly.license())
    renewal = renew(yearly)
    for _time in range(3):
        yearly.record_of(renewal, COMPLETED)
    yearly.work(parallel=3)
    yearly.record_of(renewal, COMPLETED)
    yearly.work()

    assert ends(yearly.license()) == end_of_term("year", before)
    assert len(session.scalars(select(OrderLicense)).all()) == 2


def test_every_order_of_the_events_takes_back_the_term_alone(yearly: Till) -> None:
    before = ends(yearly.license())
    for order in sorted(set(itertools.permutations([COMPLETED, REFUNDED, COMPLETED]))):
        renewal = renew(yearly)
        yearly.shop.refund(renewal)
        for kind in order:
            yearly.record_of(renewal, kind)
            yearly.work()
        assert order_by(yearly, renewal).state == "refunded", order
        assert ends(yearly.license()) == before, order
        assert yearly.license().revoked_for == [], order


def test_the_buyer_is_told_that_the_term_is_taken_back(yearly: Till) -> None:
    renewal = renew(yearly)
    yearly.catch_up()
    yearly.shop.refund(renewal)
    yearly.catch_up()

    told = session.scalars(select(Mail).where(Mail.template == "refunded")).one()
    assert "The term that this payment brought is taken back" in told.text


def test_what_a_hand_moved_later_stays_when_the_money_goes_back(yearly: Till) -> None:
    renewal = renew(yearly)
    yearly.catch_up()
    by_hand = ends(yearly.license()) + timedelta(days=14)
    move_end(yearly, by_hand)
    yearly.shop.refund(renewal)
    yearly.catch_up()

    assert ends(yearly.license()) == by_hand


@pytest.mark.parametrize("newest_first", [True, False])
def test_two_terms_go_back_in_any_order(yearly: Till, *, newest_first: bool) -> None:
    before = ends(yearly.license())
    renewals = [renew(yearly)]
    yearly.catch_up()
    renewals.append(renew(yearly))
    yearly.catch_up()
    twice = end_of_term("year", end_of_term("year", before) or before)
    assert ends(yearly.license()) == twice

    for renewal in sorted(renewals, key=renewals.index, reverse=newest_first):
        yearly.shop.refund(renewal)
        yearly.catch_up()
    assert ends(yearly.license()) == before


def test_a_part_of_the_money_back_takes_nothing_away(yearly: Till) -> None:
    renewal = renew(yearly)
    yearly.catch_up()
    renewed = ends(yearly.license())
    yearly.shop.refund(renewal, amount=5_000)
    yearly.catch_up()

    assert ends(yearly.license()) == renewed


def test_a_dispute_pauses_and_only_its_own_end_lifts_it(yearly: Till) -> None:
    before, bought = ends(yearly.license()), yearly.order().root_id
    renewal = renew(yearly)
    yearly.catch_up()
    dispute = yearly.shop.life("charges", renewal, "dispute")
    yearly.catch_up()
    assert yearly.license().suspended_for == [f"dispute:{dispute['id']}"]
    yearly.shop.refund(bought, amount=100)
    yearly.catch_up()
    assert yearly.license().suspended_for == [f"dispute:{dispute['id']}"]

    yearly.shop.life("disputes", dispute["id"], "close", status="lost")
    yearly.catch_up()
    assert (yearly.license().suspended_for, yearly.license().revoked_for) == ([], [])
    assert ends(yearly.license()) == before


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
