"""A license that does not renew by itself is renewed by a payment of its own: same key, one more term."""

import itertools
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from server.billing.models import OrderLicense
from server.billing.services import (
    licenses_of,
    order_of,
    purchase_page_of,
    renewed_by,
)
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import extend_license, reveal_key
from server.licensing.services.issuing import end_of_term
from server.mail.models import Mail
from tests.server.billing.conftest import Till
from tests.server.billing.renewing import ends, order_by, renew

COMPLETED, REFUNDED = "checkout.session.completed", "charge.refunded"
YEAR = 4_900


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


def test_two_payments_at_the_same_moment_are_two_terms(yearly: Till) -> None:
    before = ends(yearly.license())
    for _payment in range(2):
        renew(yearly)
    yearly.record()
    yearly.work(parallel=4)
    yearly.work(ahead_s=600)  # who was overtaken tries again

    assert ends(yearly.license()) == end_of_term("year", end_of_term("year", before) or before)


def test_a_refund_that_fails_gives_the_term_again(yearly: Till) -> None:
    renewal = renew(yearly)
    yearly.catch_up()
    renewed = ends(yearly.license())
    refund = yearly.shop.refund(renewal)
    yearly.catch_up()
    assert ends(yearly.license()) < renewed

    yearly.shop.life("refunds", refund["id"], "fail")
    yearly.catch_up()
    assert ends(yearly.license()) == renewed


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
    yearly.shop.refund(renewal, amount=1_000)
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
