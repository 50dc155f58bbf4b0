"""Subscriptions from the first term to the last, and payments that are given back or fought over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.billing.changing import SubscriptionUnpaid, change_subscription_plan, quote_change
from server.billing.models import Order, OrderRef
from server.billing.services.applying import apply
from server.billing.services.connections import access_to, policy_of
from server.billing.state import Invoice, Policy, Snapshot, Subscription, derive
from server.billing.stripe_api import fetch_snapshot
from server.catalog.models import Price
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.services import extend_license
from tests.fake_stripe.running import RunningShop
from tests.server.billing.conftest import API_KEY, Till

BILL = Invoice("in_1", "paid", "subscription_create", True, 1, 900, "eur", 1, 2_000_000_000)
PLAN = Subscription("sub_1", 1, "active", "prc_1", None, None, 2_000_000_000, (BILL,))


@pytest.fixture
def monthly(till: Till) -> Till:
    """One subscription, in its first month."""
    till.sell(price_id=till.price())
    till.catch_up()
    return till


def test_a_subscription_brings_a_license_for_its_first_term(monthly: Till) -> None:
    license, order = monthly.license(), monthly.order()

    assert license.valid_until is not None
    assert (license.renews, license.is_trial, license.plan.code) == (True, False, "monthly")
    assert license.valid_until == order.renews_at
    assert timedelta(days=27) < license.valid_until - clock.now() < timedelta(days=32)
    assert (order.state, order.subscription_status, order.amount) == ("completed", "active", 900)
    assert len(monthly.mails()) == 1


def test_each_paid_term_moves_the_end_forward(monthly: Till) -> None:
    first = monthly.license().valid_until
    monthly.shop.advance(days=63)
    monthly.catch_up()

    license = monthly.license()
    assert first is not None
    assert license.valid_until is not None
    assert timedelta(days=58) < license.valid_until - first < timedelta(days=63)
    assert monthly.ledger() == [("payment", 900), ("renewal", 900), ("renewal", 900)]
    assert (len(monthly.licenses()), len(monthly.mails())) == (1, 1)


def test_a_term_that_was_paid_never_takes_away_what_the_vendor_gave(monthly: Till) -> None:
    far = clock.now() + timedelta(days=900)
    license = monthly.license()
    with writing():
        extend_license(license, far, actor="system", now=clock.now())
    monthly.shop.advance(days=32)
    monthly.catch_up()
    assert monthly.license().valid_until == far


def test_a_card_that_is_declined_gives_grace_and_a_mail_until_it_is_paid(monthly: Till) -> None:
    before = monthly.license().valid_until
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    monthly.shop.advance(days=32)
    monthly.catch_up()

    license = monthly.license()
    assert before is not None
    assert (license.valid_until, license.revoked_for) == (before, [])
    assert license.grace_until is not None
    assert timedelta(days=6) < license.grace_until - before < timedelta(days=8)
    assert len(monthly.mails("payment_failed")) == 1

    bill = next(one for one in monthly.shop.events(API_KEY) if one["type"] == "invoice.payment_failed")
    monthly.shop.life("invoices", bill["data"]["object"]["id"], "pay")
    monthly.catch_up()
    license = monthly.license()
    assert license.valid_until is not None
    assert (license.valid_until > before, license.grace_until) == (True, None)


def test_a_subscription_that_is_ended_runs_to_what_was_paid(monthly: Till) -> None:
    before = monthly.license().valid_until
    sold = monthly.subscription()
    monthly.shop.life("subscriptions", sold, "change", cancel_at_period_end=True)
    monthly.catch_up()
    assert (monthly.license().renews, monthly.order().cancels_at) == (False, before)

    monthly.shop.advance(days=40)
    monthly.catch_up()
    license, order = monthly.license(), monthly.order()
    assert (license.valid_until, license.renews, license.revoked_for) == (before, False, [])
    assert (order.subscription_status, order.renews_at) == ("canceled", None)


def test_a_term_that_is_over_when_we_hear_of_it_still_brings_its_license(monthly: Till) -> None:
    access, root_id = access_to(monthly.connection, seconds=10), monthly.order().root_id
    monthly.forget_orders()
    told = fetch_snapshot(access, "checkout_session", root_id)
    with writing():
        connection, price = monthly.connection, resolve(Price, told.sold())
        late = clock.now() + timedelta(days=90)
        assert apply(connection, price, told, derive(told, policy_of(connection)), rev=None, now=late)

    license = monthly.license()
    assert license.valid_until is not None
    assert license.starts_at < license.valid_until < late


def test_a_trial_with_a_card_becomes_a_paid_license(till: Till) -> None:
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    license = till.license()
    assert license.valid_until is not None
    assert (license.is_trial, license.renews) == (True, True)
    assert timedelta(days=13) < license.valid_until - clock.now() < timedelta(days=15)
    assert till.ledger() == []

    till.shop.advance(days=15)
    till.catch_up()
    later = till.license()
    assert (later.is_trial, later.id) == (False, license.id)
    assert till.ledger() == [("renewal", 900)]


def test_another_plan_at_stripe_is_another_plan_here(monthly: Till) -> None:
    bigger = monthly.price("agency", amount=2_900, seats=25)
    license_id = monthly.license().id
    assert monthly.change_plan(bigger) == ""

    license, order = monthly.license(), monthly.order()
    assert (license.id, license.plan.code, license.seats) == (license_id, "agency", 25)
    assert (order.plan.code, order.price_id) == ("agency", bigger)
    difference = monthly.ledger()[-1][1]
    assert 1_990 < difference <= 2_000  # of a month that has just begun, charged at once
    monthly.shop.advance(days=32)
    monthly.catch_up()
    assert monthly.ledger() == [("payment", 900), ("payment", difference), ("renewal", 2_900)]
    assert monthly.license().plan.code == "agency"


def test_all_licenses_of_one_purchase_change_their_plan_and_are_paid(till: Till) -> None:
    till.sell(price_id=till.price(), quantity=3)
    till.catch_up()
    bigger = till.price("agency", amount=2_900, seats=25)
    shown = quote_change(till.order(), resolve(Price, bigger))
    assert 5_970 < shown.due <= 6_000
    change_subscription_plan(till.order(), resolve(Price, bigger), actor="system", proof=shown.proof)

    assert [(one.plan.code, one.renews) for one in till.licenses()] == [("agency", True)] * 3
    assert till.ledger()[-1] == ("payment", shown.due)
    till.shop.advance(days=32)
    till.catch_up()
    assert till.ledger()[-1] == ("renewal", 8_700)


def test_a_trial_that_is_over_at_stripe_is_not_promised_a_change_for_nothing(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    bigger, later = till.price("agency", amount=2_900, seats=25), clock.now() + timedelta(days=15)
    till.shop.advance(days=15)  # the news of it is still on its way
    monkeypatch.setattr(clock, "now", lambda: later)
    assert till.order().subscription_status == "trialing"
    assert quote_change(till.order(), resolve(Price, bigger)).due > 1_800


def test_a_change_whose_card_is_declined_changes_nothing_until_it_is_paid(monthly: Till) -> None:
    bigger, before = monthly.price("agency", amount=2_900, seats=25), monthly.license().valid_until
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    pay_url = monthly.change_plan(bigger)
    monthly.catch_up()

    license = monthly.license()
    assert pay_url.startswith(f"{monthly.shop.url}/i/in_")
    assert (license.plan.code, license.valid_until, license.grace_until) == ("monthly", before, None)
    assert (monthly.ledger(), monthly.mails("payment_failed")) == ([("payment", 900)], [])

    monthly.shop.life("invoices", pay_url.rsplit("/", 1)[1], "pay")
    monthly.catch_up()
    assert (monthly.license().plan.code, len(monthly.ledger())) == ("agency", 2)


def test_who_owes_a_term_pays_it_before_the_plan_changes(monthly: Till) -> None:
    bigger = monthly.price("agency", amount=2_900, seats=25)
    shown = quote_change(monthly.order(), resolve(Price, bigger))
    monthly.shop.life("subscriptions", monthly.subscription(), "card", declined=True)
    monthly.shop.advance(days=32)
    monthly.catch_up()
    with pytest.raises(SubscriptionUnpaid):
        change_subscription_plan(monthly.order(), resolve(Price, bigger), actor="system", proof=shown.proof)


def test_a_bank_debit_that_takes_days_gives_grace_without_a_word_of_failure(monthly: Till) -> None:
    before = monthly.license().valid_until
    monthly.shop.life("subscriptions", monthly.subscription(), "card", slow=True)
    monthly.shop.advance(days=32)
    monthly.catch_up()
    license = monthly.license()
    assert before is not None
    assert license.grace_until is not None
    assert (license.valid_until, license.grace_until > before) == (before, True)
    assert monthly.mails("payment_failed") == []

    bill = monthly.shop.events(API_KEY)[0]["data"]["object"]["latest_invoice"]
    monthly.shop.life("invoices", bill, "refuse")
    monthly.catch_up()
    assert len(monthly.mails("payment_failed")) == 1
    monthly.shop.life("invoices", bill, "pay")
    monthly.catch_up()
    assert (monthly.license().grace_until, monthly.ledger()[-1]) == (None, ("renewal", 900))


@pytest.mark.parametrize("usual", [False, True])
def test_a_plan_paid_by_debit_changes_at_once_and_its_bill_is_owed(monthly: Till, usual: bool) -> None:
    bigger = monthly.price("agency", amount=2_900, seats=25)
    monthly.shop.life("subscriptions", monthly.subscription(), "card", slow=True, usual=usual)
    assert monthly.change_plan(bigger) == ""
    assert (monthly.license().plan.code, monthly.license().grace_until) == ("agency", None)

    bill = monthly.shop.events(API_KEY)[0]["data"]["object"]["latest_invoice"]
    monthly.shop.life("invoices", bill, "refuse")
    monthly.catch_up()
    assert len(monthly.mails("payment_failed")) == 1


@pytest.mark.parametrize("sold_before", [True, False])
def test_another_line_of_the_same_subscription_is_the_same_license(till: Till, sold_before: bool) -> None:
    """Who changes a subscription in Stripe's dashboard takes one product off and puts another on."""
    monthly, bigger = till.price(), till.price("agency", amount=2_900, seats=25)
    session_id = till.sell(price_id=monthly)
    if sold_before:
        till.catch_up()
    another = {"id": "si_another", "metadata": {"keydesk_price": bigger}}
    sold = till.shop.life("subscriptions", till.subscription_of(session_id), "change", item=another)
    till.catch_up()
    assert sold["items"]["data"][0]["id"] == "si_another"

    (license,) = till.licenses()
    assert (license.plan.code, license.seats, license.renews) == ("agency", 25, True)
    assert len(till.mails()) == 1
    first = license.valid_until
    till.shop.advance(days=32)
    till.catch_up()
    assert first is not None
    assert (till.license().valid_until or first) > first


def test_more_of_the_same_subscription_is_more_licenses_and_fewer_run_out(monthly: Till) -> None:
    sold = monthly.subscription()
    monthly.shop.life("subscriptions", sold, "change", quantity=3)
    monthly.catch_up()
    assert [license.renews for license in monthly.licenses()] == [True, True, True]

    monthly.shop.life("subscriptions", sold, "change", quantity=2)
    monthly.shop.advance(days=32)
    monthly.catch_up()
    ends = {license.renews: license.valid_until for license in monthly.licenses()}
    kept, dropped = ends[True], ends[False]
    assert kept is not None
    assert dropped is not None
    assert kept > dropped


def test_a_subscription_that_was_made_elsewhere_is_found_by_its_price(till: Till, shop: RunningShop) -> None:
    from tests.fake_stripe.conftest import client_of

    price_id = till.price("elsewhere", amount=1_500)
    client = client_of(shop, API_KEY)
    buyer = client.v1.customers.create({"email": "Bo@buyer.example.com", "name": "Bo"})
    price = client.v1.prices.create(
        {
            "currency": "eur",
            "unit_amount": 1_500,
            "recurring": {"interval": "month"},
            "product_data": {"name": "By hand"},
            "metadata": {"keydesk_price": price_id},
        }
    )
    client.v1.subscriptions.create({"customer": buyer.id, "items": [{"price": price.id}]})
    till.catch_up()

    order = till.order()
    assert (order.root_kind, order.state, order.email) == (
        "subscription",
        "completed",
        "bo@buyer.example.com",
    )
    assert (till.license().plan.code, till.license().customer.name) == ("elsewhere", "Bo")
    till.shop.advance(days=32)
    till.catch_up()
    assert till.ledger() == [("payment", 1_500), ("renewal", 1_500)]


def test_a_refund_that_fails_gives_the_license_back(till: Till) -> None:
    refund = till.shop.refund(till.sell())
    till.catch_up()
    assert (till.license().revoked_for, till.order().state) == (["refunded"], "refunded")

    till.shop.life("refunds", refund["id"], "fail")
    till.catch_up()
    assert (till.license().revoked_for, till.order().state) == ([], "completed")
    assert till.ledger() == [("payment", 19_900), ("refund", 0)]


def test_a_part_given_back_revokes_where_the_vendor_wants_it(till: Till) -> None:
    with writing():
        till.connection.partial_refund = "revoke"
    till.shop.refund(till.sell(), amount=5_000)
    till.catch_up()
    assert (till.order().state, till.order().refunded_amount) == ("completed", 5_000)
    assert till.license().revoked_for == ["refunded"]


@pytest.mark.parametrize(("end", "revoked"), [("won", []), ("lost", ["disputed"])])
def test_a_dispute_pauses_the_license_until_it_is_decided(till: Till, end: str, revoked: list[str]) -> None:
    dispute = till.shop.life("charges", till.sell(), "dispute")
    till.catch_up()
    assert till.license().suspended_for == [f"dispute:{dispute['id']}"]
    assert till.order().disputed

    till.shop.life("disputes", dispute["id"], "close", status=end)
    till.catch_up()
    assert (till.license().suspended_for, till.license().revoked_for) == ([], revoked)
    assert not till.order().disputed
    back = [("dispute_funds", 19_900)] if end == "won" else []
    assert sorted(till.ledger()) == sorted(
        [("payment", 19_900), ("dispute", 0), ("dispute_funds", -21_400), *back]
    )


def test_a_dispute_that_is_won_leaves_the_vendors_own_revocation_alone(till: Till) -> None:
    from server.licensing.services import revoke_license

    dispute = till.shop.life("charges", till.sell(), "dispute")
    till.catch_up()
    license = till.license()
    with writing():
        revoke_license(license, "by_vendor", actor="system", now=clock.now())
    till.shop.life("disputes", dispute["id"], "close", status="won")
    till.catch_up()
    assert (till.license().suspended_for, till.license().revoked_for) == ([], ["by_vendor"])


def test_who_saw_a_subscription_in_between_does_not_write_any_more(monthly: Till) -> None:
    """Ended for the next term and taken back within a second: the slower look must not win."""
    access, order = access_to(monthly.connection, seconds=10), monthly.order()
    sold, root_id, rev = order.subscription, order.root_id, order.rev
    monthly.shop.life("subscriptions", sold, "change", cancel_at_period_end=True)
    between = fetch_snapshot(access, "checkout_session", root_id)
    monthly.shop.life("subscriptions", sold, "change", cancel_at_period_end=False)
    monthly.catch_up()
    session.rollback()
    with writing():
        connection, price = monthly.connection, resolve(Price, monthly.order_price())
        target = derive(between, policy_of(connection))
        assert not apply(connection, price, between, target, rev=rev, now=clock.now())
    assert monthly.license().renews


def test_a_subscription_of_nobody_brings_no_license() -> None:
    nobody = Snapshot("subscription", "sub_1", "complete", "paid", "", "", 900, "eur", subscription=PLAN)
    assert derive(nobody, Policy()).units == ()
    assert derive(replace(nobody, email="ana@buyer.example.com"), Policy()).units == (("sub_1", 0),)


def test_every_object_of_a_purchase_leads_to_its_order(monthly: Till) -> None:
    monthly.shop.advance(days=32)
    monthly.catch_up()
    last = monthly.shop.events(API_KEY)[0]["data"]["object"]["latest_invoice"]
    session.rollback()
    refs = {(ref.kind, ref.external_id) for ref in session.query(OrderRef)}
    assert ("invoice", last) in refs
    assert {kind for kind, _id in refs} == {"checkout_session", "subscription", "invoice", "charge"}
    assert session.query(Order).count() == 1
