"""A purchase and its renewal are two payments: what comes back of one takes nothing that the other bought."""

import itertools
from datetime import datetime

import pytest
from sqlalchemy import select

from server.billing.asking import refund_order
from server.billing.models import Order
from server.billing.services import licenses_of, record_order, refund_recorded, standing_of
from server.billing.services.recorded_refunds import NothingLeft
from server.catalog.models import Plan, Price
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import revoke_license
from server.licensing.services.issuing import end_of_term
from server.mail.models import Mail
from tests.server.billing.conftest import Till
from tests.server.billing.renewing import ends, order_by, renew

COMPLETED, REFUNDED = "checkout.session.completed", "charge.refunded"
BOTH = ("purchase", "renewal")


def license_of(till: Till, purchase: str) -> License:
    (license,) = licenses_of(order_by(till, purchase))
    session.refresh(license)
    return license


def life(till: Till, price: str, refunded: tuple[str, ...]) -> tuple[dict[str, str], datetime]:
    """Bought, renewed, given back; heard of so far: the purchase. The sessions, and the first term's end."""
    purchase = till.sell(price_id=price)
    till.record_of(purchase, COMPLETED)
    till.work()
    license = license_of(till, purchase)
    sessions, end = {"purchase": purchase, "renewal": renew(till, license.id)}, ends(license)
    for which in refunded:
        till.shop.refund(sessions[which])
    return sessions, end


@pytest.mark.parametrize("refunded", [(), ("purchase",), ("renewal",), BOTH, BOTH[::-1]])
def test_every_order_of_the_news_ends_the_same(yearly: Till, refunded: tuple[str, ...]) -> None:
    price = yearly.order_price()
    news = [("renewal", COMPLETED), *((which, REFUNDED) for which in refunded)]
    for heard in sorted(set(itertools.permutations([*news, news[-1]]))):
        sessions, first_end = life(yearly, price, refunded)
        for which, kind in heard:
            yearly.record_of(sessions[which], kind)
            yearly.work()
        license = license_of(yearly, sessions["purchase"])
        assert licenses_of(order_by(yearly, sessions["renewal"])) == [license], heard
        expected = first_end if "renewal" in refunded else end_of_term("year", first_end)
        assert license.valid_until == expected, heard
        assert license.revoked_for == (["refunded"] if len(refunded) == 2 else []), heard


def test_who_pays_after_the_refund_gets_a_new_license(yearly: Till) -> None:
    """The session may have been opened before: the old license would have a term that nobody paid."""
    purchase, first = yearly.order().root_id, yearly.license().id
    session_id = yearly.open(price_id=yearly.order_price(), renews=first)
    yearly.shop.refund(purchase)
    yearly.catch_up()
    yearly.shop.advance(days=1)
    yearly.shop.pay(session_id, email="ana@buyer.example.com", name="Ana")
    yearly.catch_up()

    old, new = yearly.licenses()
    assert (old.id, old.revoked_for, new.revoked_for) == (first, ["refunded"], [])


def test_the_buyer_of_a_renewed_license_reads_that_it_goes_on(yearly: Till) -> None:
    purchase = yearly.order().root_id
    renew(yearly)
    yearly.catch_up()
    yearly.shop.refund(purchase)
    yearly.catch_up()

    assert order_by(yearly, purchase).state == "refunded"
    told = session.scalars(select(Mail).where(Mail.template == "refunded")).one()
    assert "Your license goes on unchanged" in told.text


def test_a_refund_of_the_renewal_that_fails_gives_the_license_back(yearly: Till) -> None:
    purchase, renewal = yearly.order().root_id, renew(yearly)
    yearly.catch_up()
    yearly.shop.refund(purchase)
    refund = yearly.shop.refund(renewal)
    yearly.catch_up()
    assert yearly.license().revoked_for == ["refunded"]

    yearly.shop.life("refunds", refund["id"], "fail")
    yearly.catch_up()
    assert yearly.license().revoked_for == []


def test_a_lost_dispute_of_the_purchase_revokes_all_the_same(yearly: Till) -> None:
    purchase = yearly.order().root_id
    renew(yearly)
    yearly.catch_up()
    dispute = yearly.shop.life("charges", purchase, "dispute")
    yearly.shop.life("disputes", dispute["id"], "close", status="lost")
    yearly.catch_up()

    assert yearly.license().revoked_for == ["disputed"]


def test_what_a_script_revoked_is_not_undone_by_a_refund_of_the_renewal(yearly: Till) -> None:
    renewal = renew(yearly)
    yearly.catch_up()
    license_id = yearly.license().id
    with writing():
        revoke_license(resolve(License, license_id), "refunded", actor="key:key_1", now=clock.now())
    yearly.shop.refund(renewal)
    yearly.catch_up()

    assert yearly.license().revoked_for == ["refunded"]


@pytest.mark.parametrize("reason", ["refunded", "disputed"])
def test_what_a_script_revoked_is_not_undone_by_other_news_of_the_money(till: Till, reason: str) -> None:
    session_id = till.sell()
    till.catch_up()
    license_id = till.license().id
    with writing():
        revoke_license(resolve(License, license_id), reason, actor="key:key_1", now=clock.now())
    till.shop.refund(session_id, amount=10_000)
    till.catch_up()

    assert till.license().revoked_for == [reason]


@pytest.mark.parametrize("reason", ["refunded", "disputed"])
def test_what_a_script_revoked_is_not_undone_by_the_next_charge(till: Till, reason: str) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    license_id = till.license().id
    with writing():
        revoke_license(resolve(License, license_id), reason, actor="key:key_1", now=clock.now())
    till.shop.advance(days=32)
    till.catch_up()

    assert till.license().revoked_for == [reason]


@pytest.mark.parametrize("amount", [1_000, None])
def test_a_second_press_gives_the_money_of_another_shop_back_once(till: Till, amount: int | None) -> None:
    with writing():
        order, _new = record_order(
            plan=resolve(Plan, till.cast.plan.id),
            email="ana@buyer.example.com",
            now=clock.now(),
            actor="owner",
            amount=4_900,
            currency="eur",
        )
        order_id = order.id
    seen = standing_of(resolve(Order, order_id))
    press = {"reason": "other", "actor": "owner", "standing": seen}
    for _press in range(2):
        refund_order(resolve(Order, order_id), amount=amount, **press)
    assert resolve(Order, order_id).refunded_amount == (amount or 4_900)

    if amount:  # who gives back something else means something else
        refund_order(resolve(Order, order_id), amount=500, **press)
        assert resolve(Order, order_id).refunded_amount == 1_500


def test_a_purchase_of_another_shop_goes_back_and_the_renewal_here_stays(yearly: Till) -> None:
    with writing():
        plan = resolve(Plan, resolve(Price, yearly.order_price()).plan_id)
        order, _new = record_order(
            plan=plan,
            email="bo@buyer.example.com",
            now=clock.now(),
            actor="key:key_1",
            source="woocommerce:123",
            amount=4_900,
            currency="eur",
        )
        order_id, license_id = order.id, licenses_of(order)[0].id
    renewal = renew(yearly, license_id)
    yearly.catch_up()
    with writing():
        refund_recorded(resolve(type(order), order_id), now=clock.now(), actor="key:key_1")
    assert resolve(License, license_id).revoked_for == []

    yearly.shop.refund(renewal)
    yearly.catch_up()
    assert resolve(License, license_id).revoked_for == ["refunded"]


def upgraded(till: Till) -> int:
    """A month of 9 euros, with a bigger plan since the beginning: what that cost besides."""
    till.sell(price_id=till.price())
    till.catch_up()
    bigger = till.price("agency", amount=2_900, seats=25)
    assert till.change_plan(bigger) == ""
    return till.ledger()[-1][1]


def test_a_whole_refund_gives_back_the_term_and_what_another_plan_cost(till: Till) -> None:
    difference = upgraded(till)

    refund_order(till.order(), reason="bug", actor="system")

    assert sorted(till.ledger()) == sorted(
        [("payment", 900), ("payment", difference), ("refund", -900), ("refund", -difference)]
    )
    assert (till.order().state, till.license().revoked_for) == ("refunded", ["refunded"])
    assert (till.order().refunded_amount, till.order().subscription_status) == (900 + difference, "canceled")


def test_a_part_is_taken_from_the_difference_first_and_the_license_stays(till: Till) -> None:
    difference = upgraded(till)

    refund_order(till.order(), reason="bug", actor="system", amount=difference + 100)

    assert sorted(amount for kind, amount in till.ledger() if kind == "refund") == [-difference, -100]
    assert (till.order().state, till.license().revoked_for) == ("completed", [])
    with pytest.raises(NothingLeft, match=r"€8\.00"):
        refund_order(till.order(), reason="bug", actor="system", amount=801)


def test_a_part_over_two_payments_is_given_back_once_however_often_it_is_pressed(till: Till) -> None:
    difference = upgraded(till)
    press = {"reason": "bug", "actor": "system", "standing": standing_of(till.order())}
    for _press in range(3):
        refund_order(till.order(), amount=difference - 100, **press)
    refund_order(till.order(), amount=300, **press)  # another sum is another wish

    assert till.order().refunded_amount == difference + 200
