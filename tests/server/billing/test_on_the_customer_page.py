"""What a customer does about payments on the own page: bills at Stripe, and another plan, another term."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from server.accounts.models import AuditEntry
from server.billing.models import Order
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import transfer_license
from tests.fake_stripe.running import RunningShop
from tests.server.billing.conftest import Till
from tests.server.pages.conftest import come_in


@pytest.fixture
def monthly(till: Till) -> Till:
    """One subscription, in its first month, of a product with a bigger plan."""
    till.sell(price_id=till.price())
    till.catch_up()
    return till


def form_token(client: FlaskClient) -> str:
    found = re.search(r'name="form_token" value="(\w+)"', client.get("/account/harbour").text)
    assert found
    return found[1]


def test_the_button_leads_to_stripes_own_page(client: FlaskClient, monthly: Till) -> None:
    license_id = monthly.license().id
    come_in(client, monthly.cast)
    assert "Invoices and payment" in client.get("/account/harbour").text

    answer = client.post(
        f"/account/harbour/licenses/{license_id}/bills", data={"form_token": form_token(client)}
    )

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(monthly.shop.url)


HOW_TO_END = "You can change your way of paying or end the subscription under “Invoices and payment”."


def test_a_license_that_renews_says_where_that_is_ended(client: FlaskClient, monthly: Till) -> None:
    come_in(client, monthly.cast)
    assert HOW_TO_END in client.get("/account/harbour").text

    monthly.shop.life("subscriptions", monthly.subscription(), "change", cancel_at_period_end=True)
    monthly.catch_up()

    assert HOW_TO_END not in client.get("/account/harbour").text


def test_a_customer_changes_the_plan_of_a_subscription(client: FlaskClient, monthly: Till) -> None:
    bigger = monthly.price("agency", amount=2_900, seats=25)
    monthly.price("dollars", amount=2_900, currency="usd")
    monthly.price("once", renews=False)
    license_id, customer_id = monthly.license().id, monthly.license().customer_id
    come_in(client, monthly.cast)
    offered = re.findall(r'<option value="(prc_\w+)">', client.get("/account/harbour").text)
    assert offered == [bigger]

    told = {"form_token": form_token(client), "price": bigger}
    shown = client.post(f"/account/harbour/licenses/{license_id}/plan-quotes", data=told).text
    assert monthly.license().plan.code == "monthly"
    proof = re.findall(r'name="proof" value="([^"]+)"', shown)[0]
    due = re.findall(r"Today you pay €([\d.]+) with", shown)[0]
    assert "€29.00 each month" in shown

    answer = client.post(f"/account/harbour/licenses/{license_id}/plan", data=told | {"proof": proof})

    assert answer.status_code == 303
    assert monthly.ledger()[-1] == ("payment", int(due.replace(".", "")))
    assert "The plan was changed." in client.get(answer.headers["Location"]).text
    assert (monthly.license().plan.code, monthly.license().seats) == ("agency", 25)
    asked = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.plan_change_asked")).one()
    assert asked.actor == f"customer:{customer_id}"


def test_a_plan_that_is_off_sale_cannot_be_changed_to(client: FlaskClient, monthly: Till) -> None:
    hidden = monthly.price("staff", amount=100, seats=25, on_sale=False)
    license_id = monthly.license().id
    come_in(client, monthly.cast)

    for where in ("plan-quotes", "plan"):
        answer = client.post(
            f"/account/harbour/licenses/{license_id}/{where}",
            data={"form_token": form_token(client), "price": hidden},
        )
        assert answer.status_code == 409
        assert "This subscription cannot change to that plan" in answer.text
    assert monthly.license().plan.code == "monthly"


def quoted(client: FlaskClient, license_id: str, price: str) -> dict[str, str]:
    """The form that the page of the cost holds."""
    told = {"form_token": form_token(client), "price": price}
    shown = client.post(f"/account/harbour/licenses/{license_id}/plan-quotes", data=told).text
    return told | {"proof": re.findall(r'name="proof" value="([^"]+)"', shown)[0]}


def test_the_sum_that_was_shown_holds_for_that_plan_and_half_an_hour(
    client: FlaskClient, monthly: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    bigger, biggest = (monthly.price(code, amount=2_900, seats=25) for code in ("agency", "bureau"))
    license_id = monthly.license().id
    come_in(client, monthly.cast)
    told = quoted(client, license_id, bigger)
    wrong = [told | {"price": biggest}, told | {"proof": "x" + told["proof"]}, told | {"proof": ""}]
    for form in wrong:
        answer = client.post(f"/account/harbour/licenses/{license_id}/plan", data=form)
        assert (answer.status_code, "worked out too long ago" in answer.text) == (409, True)

    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: clock.now().timestamp() + 1_802)
    answer = client.post(f"/account/harbour/licenses/{license_id}/plan", data=told)
    assert (answer.status_code, monthly.license().plan.code) == (409, "monthly")


def test_the_sum_that_was_shown_holds_for_the_plan_that_was_left(client: FlaskClient, monthly: Till) -> None:
    """Two tabs: what another plan costs depends on the present one."""
    bigger, biggest = (monthly.price(code, amount=2_900, seats=25) for code in ("agency", "bureau"))
    license_id = monthly.license().id
    come_in(client, monthly.cast)
    tabs = [quoted(client, license_id, price) for price in (bigger, biggest)]

    answers = [client.post(f"/account/harbour/licenses/{license_id}/plan", data=told) for told in tabs]

    assert [one.status_code for one in answers] == [303, 409]
    assert monthly.license().plan.code == "agency"


@pytest.mark.parametrize(
    ("owes", "where", "said"), [(False, "plan", "давно"), (True, "plan-quotes", "не оплачен")]
)
def test_why_a_plan_does_not_change_is_said_in_the_readers_language(
    client: FlaskClient, monthly: Till, owes: bool, where: str, said: str
) -> None:
    bigger, license_id = monthly.price("agency", amount=2_900, seats=25), monthly.license().id
    come_in(client, monthly.cast)
    form = {"form_token": form_token(client), "price": bigger, "proof": "old"}
    if owes:
        monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
        monthly.shop.advance(days=32)
        monthly.catch_up()

    answer = client.post(
        f"/account/harbour/licenses/{license_id}/{where}", data=form, headers={"Accept-Language": "ru"}
    )

    assert (answer.status_code, said in answer.text) == (409, True)


def test_a_sum_that_was_shown_before_the_subscription_was_ended_is_worked_out_anew(
    client: FlaskClient, monthly: Till
) -> None:
    bigger, license_id = monthly.price("agency", amount=2_900, seats=25), monthly.license().id
    come_in(client, monthly.cast)
    told = quoted(client, license_id, bigger)
    monthly.shop.life("subscriptions", monthly.subscription(), "change", cancel_at_period_end=True)
    monthly.catch_up()

    answer = client.post(f"/account/harbour/licenses/{license_id}/plan", data=told)

    assert (answer.status_code, monthly.license().plan.code) == (409, "monthly")


def test_a_declined_card_leads_to_the_page_where_the_difference_is_paid(
    client: FlaskClient, monthly: Till
) -> None:
    bigger, license_id = monthly.price("agency", amount=2_900, seats=25), monthly.license().id
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    come_in(client, monthly.cast)

    answer = client.post(
        f"/account/harbour/licenses/{license_id}/plan", data=quoted(client, license_id, bigger)
    )

    assert answer.headers["Location"].startswith(f"{monthly.shop.url}/i/in_")
    assert monthly.license().plan.code == "monthly"


WAITS = "The change to Agency waits for its payment."


def test_a_change_that_waits_for_its_payment_is_on_the_page_until_it_is_paid(
    client: FlaskClient, monthly: Till
) -> None:
    bigger = monthly.price("agency", amount=2_900, seats=25)
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    pay_url = monthly.change_plan(bigger)
    come_in(client, monthly.cast)
    page = client.get("/account/harbour").text
    assert (WAITS in page, f'href="{pay_url}"' in page) == (True, True)

    monthly.shop.life("invoices", pay_url.rsplit("/", 1)[1], "pay")
    monthly.catch_up()

    assert monthly.license().plan.code == "agency"
    assert "waits for its payment" not in client.get("/account/harbour").text


@pytest.mark.parametrize(("hours", "waits"), [(22, True), (24, False)])
def test_a_change_waits_no_longer_than_stripe_keeps_it(
    client: FlaskClient, monthly: Till, monkeypatch: pytest.MonkeyPatch, hours: int, waits: bool
) -> None:
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    monthly.change_plan(monthly.price("agency", amount=2_900, seats=25))
    later = clock.now() + timedelta(hours=hours)
    monkeypatch.setattr(clock, "now", lambda: later)
    come_in(client, monthly.cast)

    assert (WAITS in client.get("/account/harbour").text) == waits


def test_another_change_that_is_made_ends_the_one_that_waits(client: FlaskClient, monthly: Till) -> None:
    bigger, smaller = monthly.price("agency", amount=2_900, seats=25), monthly.price("mini", amount=100)
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    monthly.change_plan(bigger)
    assert monthly.change_plan(smaller) == ""
    come_in(client, monthly.cast)

    assert "waits for its payment" not in client.get("/account/harbour").text


def test_a_smaller_plan_says_that_nothing_is_charged(client: FlaskClient, monthly: Till) -> None:
    smaller, license_id = monthly.price("mini", amount=100), monthly.license().id
    come_in(client, monthly.cast)
    told = {"form_token": form_token(client), "price": smaller}

    shown = client.post(f"/account/harbour/licenses/{license_id}/plan-quotes", data=told).text

    assert "Nothing is charged today. What you have paid too much is taken off" in shown


def test_a_subscription_that_was_ended_still_ends_with_another_plan(
    client: FlaskClient, monthly: Till
) -> None:
    bigger, license_id = monthly.price("agency", amount=2_900, seats=25), monthly.license().id
    monthly.shop.life("subscriptions", monthly.subscription(), "change", cancel_at_period_end=True)
    monthly.catch_up()
    come_in(client, monthly.cast)
    told = {"form_token": form_token(client), "price": bigger}
    shown = client.post(f"/account/harbour/licenses/{license_id}/plan-quotes", data=told).text
    assert ("The subscription still ends on" in shown, "After that" in shown) == (True, False)

    client.post(f"/account/harbour/licenses/{license_id}/plan", data=quoted(client, license_id, bigger))

    assert (monthly.license().plan.code, monthly.license().renews) == ("agency", False)


def test_an_ended_subscription_that_changes_its_term_ends_with_the_new_one(
    client: FlaskClient, monthly: Till
) -> None:
    yearly, license_id = monthly.price("yearly", amount=9_900, interval="year"), monthly.license().id
    monthly.shop.life("subscriptions", monthly.subscription(), "change", cancel_at_period_end=True)
    monthly.catch_up()
    before = monthly.license().valid_until
    come_in(client, monthly.cast)
    told = {"form_token": form_token(client), "price": yearly}
    shown = client.post(f"/account/harbour/licenses/{license_id}/plan-quotes", data=told).text
    assert "The subscription still ends, with the year that begins today." in shown
    assert "still ends on" not in shown

    client.post(f"/account/harbour/licenses/{license_id}/plan", data=quoted(client, license_id, yearly))

    after = monthly.license().valid_until
    assert before
    assert after
    assert (after - before > timedelta(days=300), monthly.license().renews) == (True, False)
    assert monthly.order().cancels_at == after


def test_a_smaller_plan_of_an_ended_subscription_promises_no_later_credit(
    client: FlaskClient, monthly: Till
) -> None:
    smaller, license_id = monthly.price("mini", amount=100), monthly.license().id
    monthly.shop.life("subscriptions", monthly.subscription(), "change", cancel_at_period_end=True)
    monthly.catch_up()
    come_in(client, monthly.cast)
    told = {"form_token": form_token(client), "price": smaller}

    shown = client.post(f"/account/harbour/licenses/{license_id}/plan-quotes", data=told).text

    lost = "Nothing is charged today, and nothing is given back: what you have paid too much could only"
    assert (lost in shown, "is taken off the next payments" in shown) == (True, False)


def test_a_trial_that_changes_its_plan_goes_on_without_a_charge(client: FlaskClient, till: Till) -> None:
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    bigger, license_id = till.price("agency", amount=2_900, seats=25), till.license().id
    come_in(client, till.cast)
    told = {"form_token": form_token(client), "price": bigger}
    shown = client.post(f"/account/harbour/licenses/{license_id}/plan-quotes", data=told).text
    assert "Nothing is charged today: the trial goes on until" in shown

    client.post(f"/account/harbour/licenses/{license_id}/plan", data=quoted(client, license_id, bigger))

    assert (till.license().plan.code, till.license().is_trial, till.ledger()) == ("agency", True, [])


def test_nobody_else_reaches_them(client: FlaskClient, monthly: Till) -> None:
    license_id = monthly.license().id
    come_in(client, monthly.cast, "bob@buyer.example.com")

    for what in ("bills", "plan"):
        answer = client.post(
            f"/account/harbour/licenses/{license_id}/{what}", data={"form_token": form_token(client)}
        )
        assert answer.status_code == 404
        assert client.post(f"/account/harbour/licenses/{license_id}/{what}").status_code == 403


def test_each_payment_with_a_customer_of_its_own_at_stripe_has_its_button(
    client: FlaskClient, yearly: Till
) -> None:
    license_id, price = yearly.license().id, yearly.order_price()
    yearly.sell(price_id=price, renews=license_id)
    yearly.sell("bob@buyer.example.com", price_id=price, renews=license_id)
    yearly.catch_up()
    session.rollback()
    paid = session.execute(select(Order.email, Order.id, Order.stripe_customer).order_by(Order.id)).all()
    assert len({customer for _email, _id, customer in paid}) == 3
    come_in(client, yearly.cast)

    offered = re.findall(r'name="order" value="(ord_\w+)"', client.get("/account/harbour").text)
    assert offered == [id for email, id, _customer in paid if email == "ana@buyer.example.com"]
    for order_id in [id for _email, id, _customer in paid]:
        answer = client.post(
            f"/account/harbour/licenses/{license_id}/bills",
            data={"form_token": form_token(client), "order": order_id},
        )
        assert answer.status_code == (303 if order_id in offered else 404)
    assert [call["path"] for call in yearly.shop.calls()].count("/v1/billing_portal/sessions") == 2


def test_who_was_given_a_license_reaches_neither_bills_nor_card_of_its_buyer(
    client: FlaskClient, monthly: Till
) -> None:
    monthly.price("agency", amount=2_900, seats=25)
    license_id = monthly.license().id
    with writing():
        bob = customer_for("bob@buyer.example.com", now=clock.now())
        transfer_license(resolve(License, license_id), bob, actor="member:mem_1", now=clock.now())
    come_in(client, monthly.cast, "bob@buyer.example.com")

    page = client.get("/account/harbour").text
    assert license_id in page
    assert "Invoices and payment" not in page
    assert "Change to this plan" not in page
    for what in ("bills", "plan"):
        answer = client.post(
            f"/account/harbour/licenses/{license_id}/{what}",
            data={"form_token": form_token(client), "price": monthly.order_price()},
        )
        assert answer.status_code == 404


def test_who_still_pays_for_a_license_that_was_handed_on_can_end_it(
    client: FlaskClient, monthly: Till
) -> None:
    license_id, order_id = monthly.license().id, monthly.order().id
    with writing():
        bob = customer_for("bob@buyer.example.com", now=clock.now())
        transfer_license(resolve(License, license_id), bob, actor="owner", now=clock.now())
    path = f"/account/harbour/orders/{order_id}/bills"

    come_in(client, monthly.cast, "bob@buyer.example.com")
    assert "still charges you" not in client.get("/account/harbour").text
    assert client.post(path, data={"form_token": form_token(client)}).status_code == 404

    come_in(client, monthly.cast)
    page = client.get("/account/harbour").text
    assert "This license belongs to somebody else now" in page
    assert "There is no license under this address" not in page
    answer = client.post(path, data={"form_token": form_token(client)})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(monthly.shop.url)


def test_what_was_given_by_hand_has_no_bills(client: FlaskClient, monthly: Till) -> None:
    license_id = monthly.license().id
    with writing():
        session.scalars(select(Order)).one().stripe_customer = ""
    come_in(client, monthly.cast)

    assert "Invoices and payment" not in client.get("/account/harbour").text
    answer = client.post(
        f"/account/harbour/licenses/{license_id}/bills", data={"form_token": form_token(client)}
    )
    assert answer.status_code == 404


def test_while_stripe_is_away_the_page_says_so(client: FlaskClient, monthly: Till, shop: RunningShop) -> None:
    license_id = monthly.license().id
    come_in(client, monthly.cast)
    token = form_token(client)
    shop.fail({"kind": "down"})

    answer = client.post(f"/account/harbour/licenses/{license_id}/bills", data={"form_token": token})

    assert answer.status_code == 503
    assert "Stripe does not answer at the moment" in answer.text


def press_renew(client: FlaskClient, license_id: str) -> TestResponse:
    return client.post(
        f"/account/harbour/licenses/{license_id}/renew",
        data={"form_token": form_token(client), "cause": "one-press-of-one-button"},
    )


def test_a_license_is_renewed_and_the_page_says_so(client: FlaskClient, yearly: Till) -> None:
    license_id, before = yearly.license().id, yearly.license().valid_until
    come_in(client, yearly.cast)
    assert "Renew for one year, €49" in client.get("/account/harbour").text

    first, again = (press_renew(client, license_id) for _press in range(2))
    assert first.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    session_id = first.headers["Location"].rsplit("/", 1)[1]
    yearly.shop.pay(session_id, email="ana@buyer.example.com", name="Ana")
    back = {"connection": yearly.connection_id, "session_id": session_id, "renews": "1"}
    after = client.get("/buy/success", query_string=back)

    assert after.headers["Location"].endswith("/account/harbour?done=renewed")
    assert "Thank you. The license was renewed." in client.get(after.headers["Location"]).text
    assert before is not None
    assert yearly.license().valid_until == before.replace(year=before.year + 1)


def test_who_pays_for_another_sees_no_key(client: FlaskClient, yearly: Till) -> None:
    license_id = yearly.license().id
    come_in(client, yearly.cast)
    url = press_renew(client, license_id).headers["Location"]
    client.delete_cookie("keydesk_customer", path="/account/harbour")
    session_id = url.rsplit("/", 1)[1]
    yearly.shop.pay(session_id, email="accounts@buyer.example.com", name="Accounts", later=True)
    back = {"connection": yearly.connection_id, "session_id": session_id, "renews": "1"}

    waiting = client.get("/buy/success", query_string=back)
    assert waiting.headers["Location"].endswith("/account/harbour?done=paying")
    yearly.shop.settle(session_id, succeeded=True)
    page = client.get("/buy/success", query_string=back, follow_redirects=True)

    assert "Send me a link" in page.text
    assert yearly.license().key_hint not in page.text


def test_what_is_not_offered_is_not_sold(client: FlaskClient, monthly: Till) -> None:
    license_id = monthly.license().id
    come_in(client, monthly.cast)

    assert "Renew for" not in client.get("/account/harbour").text
    assert press_renew(client, license_id).status_code == 404
    come_in(client, monthly.cast, "bob@buyer.example.com")
    assert press_renew(client, license_id).status_code == 404
