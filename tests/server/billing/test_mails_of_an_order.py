"""An order of several licenses is one mail, and its refund another, however often the events come."""

import random
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from server.billing.models import Order
from server.billing.services import licenses_of, record_order, refund_recorded, start_trial
from server.catalog.models import Plan, Price
from server.customers.services import customer_for
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.i18n import long_date, money
from server.kernel.ids import new_id
from server.kernel.tenancy import resolve
from server.licensing.models import License, PurchasePage
from server.licensing.services import (
    purchase_page_address,
    resend_purchase_mail,
    reveal_key,
    revoke_license,
    transfer_license,
)
from server.licensing.services.reminding import notice_due
from server.mail.wanted import is_still_wanted
from tests.server.billing.conftest import API_KEY, Till
from tests.server.billing.renewing import renew

SHOP = "https://shop-1.example.com"


def hear_thrice(till: Till) -> None:
    """Every event of the shop three times, shuffled, each time as a new one, and worked off four at once."""
    events = till.shop.events(API_KEY) * 3
    random.Random(9).shuffle(events)
    till.record_all([{**event, "id": new_id("evt")} for event in events])
    till.work(parallel=4, ahead_s=3600)


def page_of(license: License) -> PurchasePage:
    session.rollback()
    return session.scalars(select(PurchasePage).where(PurchasePage.license_id == license.id)).one()


def test_three_licenses_are_one_mail_with_three_keys_and_pages(till: Till) -> None:
    till.sell(quantity=3, site_url=SHOP)
    hear_thrice(till)

    (mail,) = till.mails()
    assert mail.subject == "Your 3 licenses for Harbour Gallery are ready"
    licenses = licenses_of(till.order())
    assert len(licenses) == 3
    for license in licenses:
        assert reveal_key(license) in mail.text
        assert purchase_page_address(page_of(license)) in mail.text
    known = [page_of(license).site_url for license in licenses]
    assert known == [SHOP, "", ""], "one site does not need three licenses"


def test_the_page_after_paying_says_that_there_are_more(till: Till, client: FlaskClient) -> None:
    session_id = till.sell(quantity=3)
    after = client.get(f"/buy/success?connection={till.connection_id}&session_id={session_id}")

    assert "one of the 3 licenses that you bought together" in client.get(after.location).text


def test_their_refund_is_one_mail_too(till: Till) -> None:
    session_id = till.sell(quantity=3)
    hear_thrice(till)
    till.shop.refund(session_id)
    hear_thrice(till)

    assert len(till.mails()) == 1
    (mail,) = till.mails("refunded")
    assert all(license.key_hint in mail.text for license in till.licenses())
    assert "The licenses have ended with it" in mail.text


def test_licenses_that_are_added_later_come_with_a_mail_of_their_own(till: Till) -> None:
    till.sell(price_id=till.price())
    hear_thrice(till)
    first = till.license()
    till.shop.life("subscriptions", till.subscription(), "change", quantity=3)
    hear_thrice(till)

    one, two = sorted(till.mails(), key=lambda mail: mail.id)
    assert reveal_key(first) in one.text
    added = [license for license in till.licenses() if license.id != first.id]
    assert [reveal_key(license) in two.text for license in [first, *added]] == [False, True, True]


def test_one_of_them_is_sent_again_alone(till: Till) -> None:
    till.sell(quantity=2)
    hear_thrice(till)
    first, second = till.licenses()
    with writing():
        resend_purchase_mail(second)

    again = max(till.mails(), key=lambda mail: mail.id)
    assert again.subject == "Your license for Harbour Gallery is ready"
    assert [reveal_key(license) in again.text for license in (first, second)] == [False, True]


@pytest.mark.parametrize("revoked", [1, 2])
def test_the_mail_leaves_while_one_of_them_works(till: Till, revoked: int) -> None:
    till.sell(quantity=2)
    hear_thrice(till)
    brought = licenses_of(till.order())
    with writing():
        for license in brought[:revoked]:
            revoke_license(license, "manual", actor="owner", now=clock.now())

    (mail,) = till.mails()
    assert is_still_wanted(mail, clock.now()) is (revoked == 1)


def test_the_mail_of_a_trial_says_when_and_how_much_is_charged(till: Till, client: FlaskClient) -> None:
    till.sell(price_id=till.price(trial_days=7))
    hear_thrice(till)

    (mail,) = till.mails()
    license = till.license()
    assert license.valid_until is not None
    day, license_id = long_date(license.valid_until, "en"), license.id
    said = f"This is a trial until {day}. Then the first payment is charged (€9.00 for each license)"
    assert said in mail.text
    assert said in mail.html
    path = purchase_page_address(page_of(license)).removeprefix(settings.current().public_url)
    assert said in client.get(path).text
    client.post(f"{path}/mail")
    with writing():
        resend_purchase_mail(resolve(License, license_id))
    assert [said in one.text for one in till.mails()] == [True, True, True]


def test_the_mail_of_a_trial_without_a_card_says_that_nothing_is_charged(
    till: Till, client: FlaskClient
) -> None:
    plan = resolve(Price, till.price("tryme", trial_days=10, trial_needs_card=False)).plan
    with writing():
        start_trial(plan, email="ana@buyer.example.com", now=clock.now())

    (mail,) = till.mails()
    assert "Then it ends by itself, and nothing is charged." in mail.text
    path = purchase_page_address(page_of(till.license())).removeprefix(settings.current().public_url)
    assert "Then it ends by itself, and nothing is charged." in client.get(path).text


def test_the_mail_of_a_refund_in_part_names_its_amount(till: Till) -> None:
    session_id = till.sell()
    hear_thrice(till)
    for amount in (5_000, 1_250):
        till.shop.refund(session_id, amount=amount)
        hear_thrice(till)

    mails = sorted(till.mails("refunded"), key=lambda mail: mail.id)
    assert ["€50.00 goes back" in mail.text for mail in mails] == [True, False]
    assert ["€12.50 goes back" in mail.text for mail in mails] == [False, True]


def test_who_got_a_license_from_its_buyer_is_told_neither_the_price_nor_the_other_licenses(
    till: Till, client: FlaskClient
) -> None:
    till.sell(price_id=till.price(trial_days=7), quantity=2)
    hear_thrice(till)
    handed_on = till.license()
    with writing():
        new = customer_for("new@buyer.example.com", now=clock.now())
        transfer_license(handed_on, new, actor="owner", now=clock.now())
        page = resend_purchase_mail(handed_on)
        path = purchase_page_address(page).removeprefix(settings.current().public_url)

    shown = client.get(path).text
    assert "This is a trial until" in shown
    assert "€9.00" not in shown
    assert "bought together" not in shown


def hand_on(license: License) -> None:
    """To somebody who reads German."""
    license_id = license.id
    with writing():
        new = customer_for("neu@buyer.example.com", now=clock.now(), locale="de")
        transfer_license(resolve(License, license_id), new, actor="owner", now=clock.now())


def test_who_paid_hears_of_a_payment_that_failed_and_not_who_got_the_license(till: Till) -> None:
    till.sell(price_id=till.price())
    hear_thrice(till)
    hand_on(till.license())
    till.shop.life("subscriptions", till.subscription(), "card", declined=True)
    till.shop.advance(days=32)
    hear_thrice(till)

    (mail,) = till.mails("payment_failed")
    assert mail.to_address == "ana@buyer.example.com"
    assert mail.subject == "The payment for Harbour Gallery failed"


def test_who_paid_hears_of_the_refund(till: Till) -> None:
    session_id = till.sell(quantity=2)
    hear_thrice(till)
    hand_on(till.license())
    till.shop.refund(session_id)
    hear_thrice(till)

    (mail,) = till.mails("refunded")
    assert mail.to_address == "ana@buyer.example.com"
    assert "goes back the way you paid" in mail.text
    (holders,) = till.mails("stopped")
    assert holders.to_address == "neu@buyer.example.com"
    assert holders.subject == "Your license for Harbour Gallery has ended"
    assert "goes back" not in holders.text
    assert is_still_wanted(holders, clock.now())


def test_who_got_a_license_hears_that_the_bank_took_its_payment_back(till: Till) -> None:
    till.sell()
    hear_thrice(till)
    hand_on(till.license())
    dispute = till.shop.life("charges", till.order().root_id, "dispute")
    hear_thrice(till)
    assert till.mails("stopped") == []
    till.shop.life("disputes", dispute["id"], "close", status="lost")
    hear_thrice(till)

    assert [mail.to_address for mail in till.mails("stopped")] == ["neu@buyer.example.com"]


def test_who_paid_in_another_shop_hears_of_the_refund(till: Till) -> None:
    facts: dict[str, Any] = {"email": "ana@buyer.example.com", "amount": 4_900, "currency": "eur"}
    with writing():
        plan = resolve(Plan, till.cast.plan.id)
        record_order(plan=plan, now=clock.now(), actor="owner", **facts)
    hand_on(till.license())
    order_id = till.order().id
    with writing():
        refund_recorded(resolve(Order, order_id), now=clock.now(), actor="owner")

    assert [mail.to_address for mail in till.mails("refunded")] == ["ana@buyer.example.com"]
    assert [mail.to_address for mail in till.mails("stopped")] == ["neu@buyer.example.com"]


@pytest.mark.parametrize(
    ("template", "days", "more"),
    [("charge_notice", 362, {"interval": "year"}), ("trial_ending", 5, {"trial_days": 7})],
)
def test_who_pays_is_told_of_the_charge(till: Till, template: str, days: int, more: dict[str, Any]) -> None:
    till.sell(price_id=till.price("running", **more))
    hear_thrice(till)
    license_id = till.license().id
    hand_on(till.license())
    with writing():
        license = resolve(License, license_id)
        tell = notice_due(license, clock.now() + timedelta(days=days))
        assert tell is not None
        tell(license)

    assert [mail.to_address for mail in till.mails(template)] == ["ana@buyer.example.com"]


def fail_later(till: Till, session_id: str, *, seen_waiting: bool = True) -> None:
    """Paid by a bank transfer that comes to nothing after days."""
    till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana", later=True)
    if seen_waiting:
        hear_thrice(till)
        assert (till.order().state, till.templates()) == ("pending", [])
    till.shop.settle(session_id, succeeded=False)
    hear_thrice(till)


@pytest.mark.parametrize("seen_waiting", [True, False])
def test_a_payment_that_fails_after_days_is_told_to_its_buyer_once(
    till: Till, client: FlaskClient, seen_waiting: bool
) -> None:
    fail_later(till, till.open(locale="ru"), seen_waiting=seen_waiting)

    (mail,) = till.mails("purchase_failed")
    assert till.templates() == ["purchase_failed"]
    assert (mail.to_address, mail.reply_to) == ("ana@buyer.example.com", "help@harbour.example.com")
    assert "Деньги не списаны, лицензия не создана." in mail.text
    assert money(19_900, "eur", "ru") in mail.text
    again = f"/buy/harbour/harbour-gallery?plan={till.cast.plan.code}&currency=eur"
    assert f"{settings.current().public_url}{again}\n" in mail.text
    assert client.get(again).status_code == 200


def test_a_payment_that_came_after_all_is_not_called_failed(till: Till) -> None:
    fail_later(till, till.open())
    (mail,) = till.mails("purchase_failed")
    assert is_still_wanted(mail, clock.now())

    order_id = till.order().id
    with writing():
        resolve(Order, order_id).state = "completed"
    assert not is_still_wanted(mail, clock.now())


def test_a_term_that_was_not_paid_leads_to_the_license_and_not_to_a_second_one(yearly: Till) -> None:
    before = yearly.license().valid_until
    yearly.shop.settle(renew(yearly, later=True), succeeded=False)
    yearly.catch_up()

    (mail,) = yearly.mails("purchase_failed")
    assert "the license was not renewed: it stays as it was" in mail.text
    assert f"{settings.current().public_url}/account/harbour\n" in mail.text
    assert "/buy/" not in mail.text
    assert yearly.license().valid_until == before


def test_who_leaves_the_page_for_paying_gets_no_mail(till: Till) -> None:
    till.shop.expire(till.open())
    hear_thrice(till)
    assert till.templates() == []
