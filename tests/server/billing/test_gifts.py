"""What the shop's page sells besides a payment: subscriptions, trials, free plans, test mode, currencies."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from server.billing.models import Order, StripeConnection
from server.billing.services import connect_stripe, start_trial, take_free
from server.catalog.models import Plan, Price
from server.kernel.db import session, writing
from server.kernel.i18n import long_date
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import reveal_key, revoke_license
from tests.conftest import NOON
from tests.server.billing.conftest import API_KEY, Till
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

SHELF = "/buy/harbour/harbour-gallery"


def chosen(page: str, price: str, **more: str) -> dict[str, str]:
    cause = re.search(r'name="cause" value="([^"]+)"', page)
    assert cause is not None
    return {"price": price, "cause": cause[1], **more}


def test_a_plan_that_renews_is_sold_as_a_subscription(till: Till, client: FlaskClient) -> None:
    price = till.price(trial_days=7)
    page = client.get(SHELF).text
    assert "paid each month, ends when you cancel" in page
    assert "7 days free before the first payment" in page

    answer = client.post(SHELF, data=chosen(page, price, quantity="2"))
    till.shop.pay(answer.location.rsplit("/", 1)[1], email="ana@buyer.example.com", name="Ana")
    till.catch_up()
    assert till.order().subscription_status == "trialing"
    assert [license.is_trial for license in till.licenses()] == [True, True]


@pytest.mark.parametrize("count", ["0", "-1", "101", "999", "many", "1.5", ""])
def test_a_number_of_licenses_that_is_none_is_asked_for_again(
    till: Till, client: FlaskClient, count: str
) -> None:
    page = client.get(SHELF).text
    answer = client.post(SHELF, data=chosen(page, till.cast.price.id, quantity=count))

    assert answer.status_code == 422
    assert "a whole number from 1 to 100" in answer.text
    assert f'name="quantity" value="{count}"' in answer.text, "what was typed is kept"
    assert till.shop.calls() == []


def test_a_form_without_a_number_buys_one_license(till: Till, client: FlaskClient) -> None:
    answer = client.post(SHELF, data=chosen(client.get(SHELF).text, till.cast.price.id))
    till.shop.pay(answer.location.rsplit("/", 1)[1])
    till.catch_up()
    assert len(till.licenses()) == 1


def test_a_code_makes_it_cheaper_and_bills_are_made(till: Till, client: FlaskClient) -> None:
    from tests.fake_stripe.conftest import client_of

    stripe = client_of(till.shop, API_KEY)
    coupon = stripe.v1.coupons.create({"percent_off": 100, "duration": "once"})
    stripe.v1.promotion_codes.create({"code": "GIFT", "promotion": {"type": "coupon", "coupon": coupon.id}})
    session_id = till.open()
    till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana", code="GIFT")
    till.catch_up()

    assert (till.order().state, till.order().amount, till.ledger()) == ("completed", 0, [])
    assert len(till.licenses()) == 1


def test_each_currency_has_its_own_prices(till: Till, client: FlaskClient) -> None:
    with writing():
        session.add(Price(plan_id=till.cast.plan.id, currency="usd", amount=21_900))
    euros, dollars = client.get(SHELF).text, client.get(f"{SHELF}?currency=usd").text

    assert ("€199.00" in euros, "$219.00" in euros) == (True, False)
    assert ("€199.00" in dollars, "$219.00" in dollars) == (False, True)
    assert "€199.00" in client.get(f"{SHELF}?currency=xxx").text
    for page, here, there in ((euros, "EUR", "USD"), (dollars, "USD", "EUR")):
        assert f'<strong aria-current="true">{here}</strong>' in page
        assert f">{there}</a>" in page


def test_a_plan_that_is_not_sold_in_a_currency_stays_with_its_own(till: Till, client: FlaskClient) -> None:
    till.price("gratis", amount=0, renews=False, interval="lifetime")
    monthly = till.price(amount=900)
    with writing():
        session.add(Price(plan_id=till.cast.plan.id, currency="usd", amount=21_900))
    dollars = client.get(f"{SHELF}?currency=usd").text

    assert "$219.00" in dollars
    assert "€9.00" in dollars
    assert "not sold in USD" in dollars
    assert "Free of charge" in dollars
    answer = client.post(f"{SHELF}?currency=usd", data=chosen(dollars, monthly))
    assert answer.status_code == 303


def test_a_trial_without_a_card_sends_its_key_by_mail_only(till: Till, client: FlaskClient) -> None:
    price = till.price("tryme", trial_days=10, trial_needs_card=False)
    plan = resolve(Price, price).plan_id
    page = client.get(SHELF).text
    assert "10 days free" in page
    assert "paid from today; to try it for 10 days first, see below" in page
    sent = client.post(f"{SHELF}/gift", data={"wanted": plan, "email": "Ana@Buyer.example.com"})
    answer = client.get(sent.location)

    assert (sent.status_code, "Look into your mailbox" in answer.text) == (303, True)
    assert "Ana@Buyer.example.com" in answer.text
    assert "Buyer.example.com" not in sent.location, "an address lies in logs"
    (license,) = till.licenses()
    assert license.valid_until is not None
    assert (license.is_trial, license.renews) == (True, False)
    assert round((license.valid_until - license.starts_at).total_seconds() / 86_400) == 10
    assert license.key_hint not in answer.text
    assert [mail.to_address for mail in till.mails()] == ["ana@buyer.example.com"]
    assert till.shop.calls() == []

    again = client.post(f"{SHELF}/gift", data={"wanted": plan, "email": "ana@buyer.example.com"})
    assert again.location == sent.location, "the page tells nobody who is a customer"
    assert len(till.licenses()) == 1


def test_who_has_paid_after_a_trial_with_a_card_gets_none_without_one(
    till: Till, client: FlaskClient
) -> None:
    till.sell(price_id=till.price("carded", trial_days=7))
    till.catch_up()
    till.shop.advance(days=8)
    till.catch_up()
    paid = till.license().id
    wanted = resolve(Price, till.price("tryme", trial_days=10, trial_needs_card=False)).plan_id
    asked = client.post(f"{SHELF}/gift", data={"wanted": wanted, "email": "ana@buyer.example.com"})

    assert asked.status_code == 303
    assert [(license.id, license.is_trial) for license in till.licenses()] == [(paid, False)]


def test_a_trial_that_is_over_is_not_given_again_and_the_page_says_so(
    till: Till, client: FlaskClient
) -> None:
    plan_id = resolve(Price, till.price("tryme", trial_days=10, trial_needs_card=False)).plan_id
    for day in (0, 11):
        with writing():
            start_trial(resolve(Plan, plan_id), email="ana@buyer.example.com", now=NOON + timedelta(days=day))

    assert till.license().status(NOON + timedelta(days=12)) == "expired"
    assert (len(till.licenses()), len(till.mails())) == (1, 1)
    assert "no mail comes when that trial is over" in client.get(f"{SHELF}/sent").text


def test_a_trial_needs_a_mailbox_and_a_plan_that_has_one(till: Till, client: FlaskClient) -> None:
    plan = resolve(Price, till.price("tryme", trial_days=10, trial_needs_card=False)).plan_id
    wrong = client.post(f"{SHELF}/gift", data={"wanted": plan, "email": "nobody"})
    assert (wrong.status_code, "not an e-mail address" in wrong.text) == (422, True)

    for wanted in (till.cast.price.id, till.price("carded", trial_days=5), "prc_none", ""):
        answer = client.post(f"{SHELF}/gift", data={"wanted": wanted, "email": "ana@buyer.example.com"})
        assert answer.status_code == 404
    assert till.licenses() == []


def test_a_plan_that_costs_nothing_needs_no_stripe(till: Till, client: FlaskClient) -> None:
    price = till.price("gratis", amount=0, renews=False, interval="lifetime")
    page = client.get(SHELF).text
    assert page.index("Continue to payment") < page.index(price), "it does not lead to a payment"
    pressed_long_ago = client.post(SHELF, data=chosen(page, price))
    assert pressed_long_ago.location == f"{SHELF}?plan=gratis#free"
    for _press in range(2):
        client.post(f"{SHELF}/gift", data={"wanted": price, "email": "ana@buyer.example.com"})

    order = till.order()
    assert (order.root_kind, order.state, order.amount) == ("free", "completed", 0)
    assert till.license().valid_until is None
    assert till.shop.calls() == []


def take(till: Till, price_id: str, now: datetime) -> License:
    """Ana asks for what costs nothing."""
    with writing():
        take_free(resolve(Price, price_id), email="ana@buyer.example.com", now=now)
    return till.license()


@pytest.mark.parametrize("days", [365, 366, 800])
def test_a_free_year_that_ended_goes_on_when_it_is_asked_for_again(till: Till, days: int) -> None:
    price = till.price("gratis", amount=0, renews=False, interval="year")
    key = reveal_key(take(till, price, NOON))
    later = NOON + timedelta(days=days)
    for _press in range(2):
        license = take(till, price, later)

    assert license.valid_until == later.replace(year=later.year + 1)
    assert (len(till.licenses()), till.order().state) == (1, "completed")
    assert [key in mail.text for mail in till.mails()] == [True, True, True]
    assert long_date(license.valid_until, "en") in max(till.mails(), key=lambda mail: mail.id).text


def test_a_free_year_that_was_taken_back_stays_so(till: Till) -> None:
    price = till.price("gratis", amount=0, renews=False, interval="year")
    given = take(till, price, NOON)
    license_id, before = given.id, given.valid_until
    with writing():
        revoke_license(resolve(License, license_id), "by_vendor", actor="owner", now=NOON)
    license = take(till, price, NOON + timedelta(days=400))

    assert (license.revoked_for, license.valid_until) == (["by_vendor"], before)
    assert (len(till.licenses()), len(till.mails())) == (1, 1)


def test_test_mode_sells_over_the_test_connection_and_says_so(till: Till, client: FlaskClient) -> None:
    with writing():
        resolve(StripeConnection, till.connection_id).license_mode = ""
    plain, test = client.get(SHELF).text, client.get(f"{SHELF}?mode=test").text
    assert "cannot be bought here at the moment" in plain
    assert "Test mode" in test

    assert client.post(SHELF, data=chosen(test, till.cast.price.id)).status_code == 404
    answer = client.post(f"{SHELF}?mode=test", data=chosen(test, till.cast.price.id))
    till.shop.pay(answer.location.rsplit("/", 1)[1])
    till.catch_up()
    assert (till.order().mode, till.license().mode) == ("test", "test")


def test_with_both_connections_each_page_sells_over_its_own(till: Till, client: FlaskClient) -> None:
    with writing():
        resolve(StripeConnection, till.connection_id).license_mode = ""
        live = connect_stripe(api_key="sk_live_x", webhook_secret="whsec_live", mode="live", now=NOON)
        live.license_mode = ""
    assert "Test mode" not in client.get(SHELF).text
    assert session.query(Order).count() == 0


def test_the_page_with_everything_on_it_can_be_read_and_used_by_everybody(
    till: Till, on_air: str, new_window: Callable[..., Window]
) -> None:
    till.price("tryme", trial_days=10, trial_needs_card=False)
    with writing():
        session.add(Price(plan_id=till.cast.plan.id, currency="usd", amount=21_900))
    page = new_window().new_page()
    page.goto(f"{on_air}{SHELF}?mode=test")
    assert_accessible(page)
    page.goto(f"{on_air}{SHELF}")
    assert_accessible(page)
    look(page, "buy-all", whole=True)
    page.get_by_role("link", name="USD").click()
    page.get_by_text("$219.00").wait_for()
    page.goto(f"{on_air}{SHELF}")

    page.get_by_label("Your e-mail address").fill("ana@buyer.example.com")
    page.get_by_role("button", name="Send me the key").click()
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    assert_accessible(page)
    assert len(till.licenses()) == 1


def test_one_trial_for_each_address_is_promised_only_where_no_card_is_asked_for(
    till: Till, client: FlaskClient
) -> None:
    """Stripe has the address before we do: a trial that it began can only be told of, not refused."""
    price = till.price(trial_days=7)
    for _again in range(2):
        till.sell("ana@buyer.example.com", price_id=price)
    till.catch_up()

    assert [license.is_trial for license in till.licenses()] == [True, True]
    assert "Without a card, each address can try a product once" in client.get(f"{SHELF}/sent").text
