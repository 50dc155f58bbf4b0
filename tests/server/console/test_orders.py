"""Orders at the desk: found, shown with their money, given back with a reason, moved to another plan."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.billing.changing import prices_to_change_to
from server.billing.models import Order, StripeConnection
from server.billing.services import licenses_of, money_left, record_order
from server.billing.stripe_api import StripeAway
from server.catalog.models import Plan, Price
from server.catalog.services import set_price
from server.console.words import day, money
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import License
from server.licensing.services import revoke_license, unrevoke_license
from server.mail.models import Mail
from tests.conftest import Cast
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    Till,
    connection,
    shop,
    stripe_process,
    till,
)
from tests.server.console.conftest import Browser


@pytest.fixture
def order_id(till: Till) -> str:  # noqa: F811  it is the fixture
    """A purchase of 199 euros."""
    till.sell()
    till.catch_up()
    return till.order().id


def recorded(cast: Cast, *, email: str = "ana@buyer.example.com", **facts: Any) -> str:
    """An order whose money Stripe did not take; its id."""
    with writing():
        plan = resolve(Plan, cast.plan.id)
        order, _new = record_order(plan=plan, email=email, now=clock.now(), actor="system", **facts)
        return order.id


def revoked(order: str) -> list[str]:
    session.rollback()
    found = session.get(Order, order)
    assert found is not None
    return list(session.query(License).one().revoked_for)


def test_an_order_is_found_by_mail_and_by_every_number(desk: Browser, order_id: str) -> None:
    session.rollback()
    order = resolve(Order, order_id)
    for sought in ("ana@", order.id, order.root_id):
        assert f"/console/orders/{order_id}" in desk.text(f"/orders/?q={sought}"), sought
    assert "No order matches" in desk.text("/orders/?q=nobody")
    assert f"/console/orders/{order_id}" not in desk.text("/orders/?mode=test")
    assert "Next 50" not in desk.text("/orders/"), "there is no next one"


def test_the_page_shows_money_licenses_and_numbers(desk: Browser, order_id: str) -> None:
    page = desk.text(f"/orders/{order_id}")
    for words in ("€199", "Payment", "ana@buyer.example.com", "ch_", "/console/licenses/lic_"):
        assert words in page, words


def test_a_refund_asks_for_its_reason_and_ends_the_license(desk: Browser, order_id: str) -> None:
    path = f"/orders/{order_id}"
    without = desk.send(f"{path}/refund", {"reason": "", "note": ""}, page=path)
    assert "Please fill this in." in without.text
    assert revoked(order_id) == []

    done = desk.send(f"{path}/refund", {"reason": "bug", "note": "crashed twice"}, page=path)
    assert done.status_code == 302
    assert revoked(order_id) == ["refunded"]
    page = desk.text(path)
    for words in ("A bug", "crashed twice", "Refunded", "−€199"):
        assert words in page, words
    assert "Refund…" not in page


def test_a_part_can_go_back_and_the_license_stays(desk: Browser, order_id: str) -> None:
    path = f"/orders/{order_id}"
    desk.send(f"{path}/refund", {"reason": "other", "amount": "49.50"}, page=path)
    assert revoked(order_id) == []
    assert "−€49.50" in desk.text(path)

    desk.send(f"{path}/refund", {"reason": "bug", "amount": "50", "note": "crashed twice"}, page=path)
    page = desk.text(path)
    money, history = page.split("<h2>History</h2>")
    for words in ("−€49.50", "Another reason", "−€50", "A bug: crashed twice"):
        assert words in money, words
    for name in ("Olena", "Stripe"):
        assert name in history, name
    assert "member:" not in page
    assert ">stripe<" not in page

    too_much = desk.send(f"{path}/refund", {"reason": "other", "amount": "150"}, page=path)
    assert 'id="error-refund-amount">At most €99.50 can still be given back.' in too_much.text
    assert "error-refund-reason" not in too_much.text


def test_a_purchase_that_the_connected_account_does_not_know_is_called_so(
    desk: Browser, order_id: str
) -> None:
    with writing():
        order = resolve(Order, order_id)
        order.root_id = f"{order.root_id}x"

    refused = desk.send(f"/orders/{order_id}/refund", {"reason": "bug"}, page=f"/orders/{order_id}")
    assert "The connected Stripe account does not know this purchase" in refused.text


def lines_of(page: str) -> list[str]:
    """An order's history as it reads, newest first."""
    return re.findall(r"</time>.*?</td><td>(.*?)</td>", page.split("<h2>History</h2>")[1])


def test_the_history_tells_a_whole_refund_once_and_a_part_with_its_sum(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
) -> None:
    till.shop.refund(till.order().root_id, amount=4_950)
    till.catch_up()
    till.shop.refund(till.order().root_id)
    till.catch_up()

    told = lines_of(desk.text(f"/orders/{order_id}"))
    assert told == ["Given back, €149.50", "Part of the money given back, €49.50", "Paid"]


def test_a_refund_that_fails_is_neither_a_payment_nor_another_refund(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
) -> None:
    refund = till.shop.refund(till.order().root_id)
    till.catch_up()
    till.shop.life("refunds", refund["id"], "fail")
    till.catch_up()

    page = desk.text(f"/orders/{order_id}")
    assert lines_of(page) == ["A refund did not go through, €199", "Given back, €199", "Paid"]
    assert "€0" not in page


def test_what_the_bank_takes_and_gives_back_is_called_so(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
) -> None:
    dispute = till.shop.life("charges", till.order().root_id, "dispute")
    till.catch_up()
    till.shop.life("disputes", dispute["id"], "close", status="won")
    till.catch_up()

    page = desk.text(f"/orders/{order_id}")
    assert page.count(">Won<") == 1, "the dispute was won; its withdrawal was not"
    for words in ("Taken by the bank", "Given back by the bank", "−€214", ">–<"):
        assert words in page, words
    assert "€0" not in page


def test_a_press_that_is_repeated_gives_back_once(desk: Browser, order_id: str) -> None:
    """The answer was lost on its way, or a second window was open: the form knows what its reader saw."""
    path = f"/orders/{order_id}"
    found = re.search(r'name="standing" value="(\w+)"', desk.text(path))
    assert found
    for _press in range(2):
        part = {"reason": "other", "amount": "49.50", "standing": found[1]}
        assert desk.send(f"{path}/refund", part, page=path).status_code == 302
    session.rollback()
    assert resolve(Order, order_id).refunded_amount == 4_950

    desk.send(f"{path}/refund", {"reason": "other", "amount": "49.50"}, page=path)
    session.rollback()
    assert resolve(Order, order_id).refunded_amount == 9_900, "a press that saw the first one is another"


def test_money_that_went_back_is_no_failure_when_it_cannot_be_read_back(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_args: Any, **_more: Any) -> None:
        raise StripeAway

    path = f"/orders/{order_id}"
    with monkeypatch.context() as patched:
        patched.setattr("server.billing.settling.settle", away)
        done = desk.send(f"{path}/refund", {"reason": "bug", "amount": "10"}, page=path)
    assert done.status_code == 302
    assert "The money is on its way back." in desk.text(path)
    till.catch_up()
    assert till.order().refunded_amount == 1_000


def test_nothing_is_not_given_back(desk: Browser, harbour: Cast, order_id: str) -> None:
    by_hand = recorded(harbour, email="bo@buyer.example.com", amount=5_000, currency="eur")
    for one in (order_id, by_hand):
        answer = desk.send(f"/orders/{one}/refund", {"reason": "bug", "amount": "0"}, page=f"/orders/{one}")
        assert 'id="error-refund-amount">The amount must be more than zero.' in answer.text
        assert "can still be given back" not in answer.text
        assert "error-refund-reason" not in answer.text
    session.rollback()
    assert session.scalars(select(Mail.template).where(Mail.template == "refunded")).all() == []


def test_a_part_in_yen_is_as_many_yen(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price("tokyo", amount=9_800, currency="jpy", interval="year", renews=False))
    till.catch_up()
    path = f"/orders/{till.order().id}"
    half = desk.send(f"{path}/refund", {"reason": "other", "amount": "1.5"}, page=path)
    assert "Please enter a whole number" in half.text
    assert till.order().refunded_amount == 0
    desk.send(f"{path}/refund", {"reason": "other", "amount": "500"}, page=path)

    assert till.order().refunded_amount == 500
    assert "−JPY 500" in desk.text(path)


def test_a_part_in_dinars_has_three_decimals(desk: Browser, till: Till) -> None:  # noqa: F811
    order_id = recorded(till.cast, amount=30_000, currency="kwd")
    path = f"/orders/{order_id}"
    assert 'step="0.001"' in desk.text(path)
    desk.send(f"{path}/refund", {"reason": "other", "amount": "1.125"}, page=path)

    assert till.order().refunded_amount == 1_125


def test_test_orders_are_marked_among_the_last_orders(desk: Browser, till: Till) -> None:  # noqa: F811
    for mode in ("live", "test"):
        recorded(till.cast, email=f"{mode}@buyer.example.com", mode=mode, amount=4_200, currency="eur")

    rows = re.findall(r"<tr><td.*?</tr>", desk.text("/payments/"))
    assert [(row.count("@buyer"), '<span class="kd-tag">test</span>' in row) for row in rows] == [
        (1, True),
        (1, False),
    ]


def test_stripes_refusal_stands_at_the_form_and_nothing_has_changed(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
) -> None:
    till.shop.fail({"kind": "refuse", "path": "/v1/refunds"})
    answer = desk.send(f"/orders/{order_id}/refund", {"reason": "bug"}, page=f"/orders/{order_id}")
    assert "Stripe refused this: Your account cannot do this." in answer.text
    assert 'id="error-refund-' not in answer.text, "no answer of the form is to blame"
    assert revoked(order_id) == []
    till.shop.fail({"kind": "down"})
    away = desk.send(f"/orders/{order_id}/refund", {"reason": "bug"}, page=f"/orders/{order_id}")
    assert "Stripe does not answer at the moment" in away.text


def test_a_disputed_order_cannot_be_given_back(desk: Browser, order_id: str, till: Till) -> None:  # noqa: F811
    till.shop.life("charges", resolve(Order, order_id).root_id, "dispute")
    before = desk.send(f"/orders/{order_id}/refund", {"reason": "bug"}, page=f"/orders/{order_id}")
    assert "bank decides about this payment" in before.text
    till.catch_up()
    page = desk.text(f"/orders/{order_id}")
    assert "This payment is disputed." in page
    assert "Refund…" not in page


def test_a_question_of_the_bank_is_settled_by_a_refund(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
) -> None:
    till.shop.life("charges", till.order().root_id, "dispute", inquiry=True)
    till.catch_up()
    page = desk.text(f"/orders/{order_id}")
    assert "The bank asks about this payment." in page
    assert "or give the whole payment back: that settles it." in page

    answer = desk.send(f"/orders/{order_id}/refund", {"reason": "bug"}, page=f"/orders/{order_id}")
    assert answer.status_code == 302
    till.catch_up()
    assert till.order().refunded_amount == till.order().amount


def test_the_page_says_until_when_to_answer_a_dispute_while_that_is_of_use(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
) -> None:
    dispute = till.shop.life("charges", till.order().root_id, "dispute")
    till.catch_up()
    until = day(datetime.fromtimestamp(dispute["evidence_details"]["due_by"], UTC))
    page = desk.text(f"/orders/{order_id}")
    assert f"Answer it at Stripe until {until}; a refund would pay twice." in page
    assert f"Disputed at the bank, answer at Stripe until {until}" in page

    till.shop.life("disputes", dispute["id"], "close", status="lost")
    till.catch_up()
    decided = desk.text(f"/orders/{order_id}")
    assert "The bank decided this dispute for the buyer." in decided
    assert "Answer it at Stripe" not in decided


@pytest.mark.parametrize(
    ("inquiry", "status", "tag"),
    [
        (False, "", "disputed"),
        (False, "lost", "dispute lost"),
        (False, "won", ""),
        (True, "", "the bank asks"),
        (True, "warning_closed", ""),
    ],
)
def test_the_list_says_what_the_bank_did_with_a_payment(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
    inquiry: bool,
    status: str,
    tag: str,
) -> None:
    dispute = till.shop.life("charges", till.order().root_id, "dispute", inquiry=inquiry)
    if status:
        till.shop.life("disputes", dispute["id"], "close", status=status)
    till.catch_up()

    listed = desk.text("/orders/")

    assert re.findall(r'class="kd-tag">([^<]*)', listed) == ([tag] if tag else [])


def test_the_history_calls_a_question_of_the_bank_no_dispute(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
) -> None:
    till.shop.life("charges", till.order().root_id, "dispute", inquiry=True)
    till.catch_up()
    page = desk.text(f"/orders/{order_id}")

    assert "The bank asks about the payment, answer at Stripe until" in page
    assert "Disputed at the bank" not in page


def test_an_order_without_money_is_free_and_no_bare_number(desk: Browser, harbour: Cast) -> None:
    path = f"/orders/{recorded(harbour)}"

    assert '<td class="kd-num">free</td>' in desk.text("/orders/")
    assert "<span>free</span>" in desk.text(path)


def test_a_script_that_revoked_for_a_dispute_decides_no_dispute_at_the_bank(
    desk: Browser,
    order_id: str,
) -> None:
    license_id = session.query(License).one().id
    with writing():
        revoke_license(resolve(License, license_id), "disputed", actor="key:key_1", now=clock.now())

    page = desk.text(f"/orders/{order_id}")

    assert "decided this dispute" not in page
    assert "Refund…" in page, "the money is still here"
    assert "a dispute was lost" not in desk.text(f"/licenses/{license_id}")


def test_a_lost_dispute_stays_lost_when_its_license_is_given_back(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
) -> None:
    dispute = till.shop.life("charges", till.order().root_id, "dispute")
    till.shop.life("disputes", dispute["id"], "close", status="lost")
    till.catch_up()
    license_id = till.license().id
    with writing():
        unrevoke_license(resolve(License, license_id), "disputed", actor="owner", now=clock.now())

    page = desk.text(f"/orders/{order_id}")

    assert "The bank decided this dispute for the buyer." in page
    assert "Refund…" not in page, "it would pay twice"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("won", "The dispute is won"),
        ("lost", "The dispute is lost"),
        ("warning_closed", "The bank has closed its question"),
    ],
)
def test_the_history_says_how_a_dispute_was_decided(
    desk: Browser,
    order_id: str,
    till: Till,  # noqa: F811
    outcome: str,
    words: str,
) -> None:
    dispute = till.shop.life("charges", till.order().root_id, "dispute")
    till.catch_up()
    till.shop.life("disputes", dispute["id"], "close", status=outcome)
    till.catch_up()

    assert words in lines_of(desk.text(f"/orders/{order_id}"))


def test_an_order_whose_payment_failed_waits_for_no_payment(desk: Browser, till: Till) -> None:  # noqa: F811
    session_id = till.open()
    till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana", later=True)
    till.catch_up()
    path = f"/orders/{till.order().id}"
    assert "None yet: the payment has not arrived." in desk.text(path)

    till.shop.settle(session_id, succeeded=False)
    till.catch_up()
    page = desk.text(path)
    assert "None: the payment failed, and no license was made." in page
    assert "None yet" not in page


def test_a_subscription_changes_its_plan_and_its_bills_are_a_link(desk: Browser, till: Till) -> None:  # noqa: F811
    bigger = till.price("agency", amount=2_900, seats=25)
    till.sell(price_id=till.price())
    till.catch_up()
    path = f"/orders/{till.order().id}"
    assert "Agency, €29 a month" in desk.text(path)
    wanted = {"price": bigger, "note": "asked by mail"}
    shown = desk.send(f"{path}/plan", wanted, page=path).text
    proof = re.findall(r'name="proof" value="([^"]+)"', shown)[0]
    assert "Change the plan and charge €" in shown
    assert till.license().plan.code == "monthly"
    done = desk.send(f"{path}/plan", wanted | {"cost_of": bigger, "proof": proof}, page=path)
    assert done.status_code == 302
    assert till.ledger()[-1][1] > 1_990
    assert till.license().plan.code == "agency"
    assert "Plan changed to Agency: asked by mail" in lines_of(desk.text(path))
    assert "/p/session/bps_" in desk.send(f"{path}/portal", page=path).text


def sums_of(page: str) -> list[str]:
    """The column of the sums, as it reads."""
    cells = re.findall(r'<td class="kd-num">(.*?)</td>', page)
    return [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in cells]


def test_beside_a_plan_stands_all_that_was_paid_for_the_order(desk: Browser, till: Till) -> None:  # noqa: F811
    """The first payment bought another plan; together they are what the order's own page lists."""
    till.sell(price_id=till.price())
    till.catch_up()
    assert sums_of(desk.text("/orders/")) == ["€9"]
    till.change_plan(till.price("agency", amount=2_900, seats=25))
    both = money(900 + till.ledger()[-1][1], "eur")

    for page in ("/orders/", "/payments/"):
        assert sums_of(desk.text(page)) == [f"{both} in 2 payments"]
    heading = desk.text(f"/orders/{till.order().id}").partition("Money</h2>")[0]
    assert (f"{both} <span" in heading, "in 2 payments" in heading) == (True, True)
    facts = desk.text(f"/licenses/{till.license().id}").partition("<dt>Paid</dt>")[2].partition("</dl>")[0]
    assert (f"{both} <span" in facts, "in 2 payments" in facts) == (True, True)


def test_a_trial_that_became_paid_shows_what_came_in(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()
    assert sums_of(desk.text("/orders/")) == ["–"]

    till.shop.advance(days=15)
    till.catch_up()

    assert sums_of(desk.text("/orders/")) == ["€9"]


def test_of_several_payments_one_that_went_back_is_named(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price())
    till.shop.advance(days=32)
    till.catch_up()
    path = f"/orders/{till.order().id}"
    desk.send(f"{path}/refund", {"reason": "bug"}, page=path)
    till.catch_up()

    assert till.order().state == "refunded"
    assert sums_of(desk.text("/orders/")) == ["€18 in 2 payments −€9"]


def test_the_desk_may_also_choose_plans_off_sale_and_what_the_present_one_costs_by_now(
    desk: Browser,
    till: Till,  # noqa: F811
) -> None:
    """Whoever pays is offered other plans on sale; a vendor also brings one subscription to a new price."""
    bought = till.price()
    till.sell(price_id=bought)
    till.catch_up()
    bigger, hidden = till.price("agency", amount=2_900), till.price("staff", amount=100, on_sale=False)
    till.price("dollars", currency="usd")
    till.price("once", renews=False)
    with writing():
        raised = set_price(resolve(Price, bought).plan, amount=1_200, currency="eur", actor="owner").id
        left = set_price(resolve(Price, bigger).plan, amount=3_900, currency="eur", actor="owner").id

    offered = re.findall(r'value="(prc_\w+)"', desk.text(f"/orders/{till.order().id}"))

    assert offered == [raised, left, hidden]
    assert [price.id for price in prices_to_change_to(till.order(), at_desk=False)] == [left]


def test_a_subscription_that_is_given_back_charges_nothing_more(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price())
    till.catch_up()
    path = f"/orders/{till.order().id}"
    desk.send(f"{path}/refund", {"reason": "other", "amount": "1"}, page=path)
    assert till.order().subscription_status == "active"

    desk.send(f"{path}/refund", {"reason": "bug"}, page=path)
    till.shop.advance(days=60)
    till.catch_up()

    assert till.order().subscription_status == "canceled"
    assert till.license().revoked_for == ["refunded"]
    assert money_left(till.order()) == 0


def test_a_refund_names_the_sum_that_goes_back(desk: Browser, order_id: str) -> None:
    path = f"/orders/{order_id}"
    assert "Left empty, €199 goes back; the license ends, and a subscription too." in desk.text(path)

    desk.send(f"{path}/refund", {"reason": "other", "amount": "9"}, page=path)

    assert "Left empty, €190 goes back; the license ends, and a subscription too." in desk.text(path)


def test_a_refund_of_one_of_several_payments_says_which(desk: Browser, till: Till) -> None:  # noqa: F811
    """Only the present term goes back: what was paid for the terms before it stays."""
    till.sell(price_id=till.price())
    till.shop.advance(days=32)
    till.catch_up()
    path = f"/orders/{till.order().id}"
    assert "Left empty, all that was paid for the present term goes back" in desk.text(path)

    for _press in range(2):
        answer = desk.send(f"{path}/refund", {"reason": "bug"}, page=path)

    assert money_left(till.order()) == 900
    told = "What was paid for the present term was given back already. Give earlier payments back at Stripe."
    assert told in answer.text


def test_a_renewal_names_the_license_it_renewed(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price("yearly", amount=4_900, interval="year", renews=False))
    till.catch_up()
    first, license_id, price_id = till.order().id, till.license().id, till.order_price()
    renewal = till.sell(price_id=price_id, renews=license_id)
    till.catch_up()

    page = desk.text(f"/orders/?q={renewal}")
    session.rollback()
    second = session.scalars(select(Order.id).where(Order.root_id == renewal)).one()
    assert f"/console/orders/{second}" in page
    page = desk.text(f"/orders/{second}")
    assert f"/console/licenses/{license_id}" in page
    assert "renewed" in page
    assert "renewed" not in desk.text(f"/orders/{first}")
    assert f"/console/orders/{first}" in desk.text(f"/licenses/{license_id}")


def test_a_license_leads_to_renewals_that_somebody_else_paid(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price("yearly", amount=4_900, interval="year", renews=False))
    till.catch_up()
    license_id, price_id = till.license().id, till.order_price()
    assert "Renewals" not in desk.text(f"/licenses/{license_id}")
    renewal = till.sell("bo@agency.example.com", price_id=price_id, renews=license_id)
    till.catch_up()

    page = desk.text(f"/licenses/{license_id}")

    session.rollback()
    second = session.scalars(select(Order.id).where(Order.root_id == renewal)).one()
    assert f"/console/orders/{second}" in page.partition("Renewals</h2>")[2]
    assert "by bo@agency.example.com" in page


def test_a_manual_order_is_given_back_without_stripe(desk: Browser, harbour: Cast) -> None:
    order_id = recorded(harbour, email="bo@buyer.example.com", amount=5_000, currency="eur")
    desk.send(f"/orders/{order_id}/refund", {"reason": "license_key"}, page=f"/orders/{order_id}")
    assert revoked(order_id) == ["refunded"]


@pytest.mark.parametrize(
    ("source", "elsewhere"), [("woocommerce:129", "in the other shop"), (None, "the way it was paid")]
)
def test_money_that_stripe_did_not_take_is_only_noted(
    desk: Browser, harbour: Cast, source: str | None, elsewhere: str
) -> None:
    """Nobody sends it from here: a vendor who believes so leaves the customer without it."""
    order_id = recorded(harbour, email="bo@buyer.example.com", source=source, amount=5_000, currency="eur")
    path = f"/orders/{order_id}"
    before = desk.text(path)
    assert f"Give it back {elsewhere}; here it is only noted." in before
    assert "At Stripe" not in before
    assert "and a subscription too" not in before

    desk.send(f"{path}/refund", {"reason": "bug"}, page=path)
    after = desk.text(path)
    assert "The refund is noted." in after
    assert "on its way" not in after
    session.rollback()
    mail = session.scalars(select(Mail).where(Mail.template == "refunded")).one()
    assert "The license has ended with it" in mail.text
    assert "goes back" not in mail.text


def test_the_next_page_is_offered_only_where_there_is_one(desk: Browser, harbour: Cast) -> None:
    def buy(times: int) -> None:
        with writing():
            for number in range(times):
                record_order(
                    plan=resolve(Plan, harbour.plan.id),
                    email=f"a{number}@buyer.example.com",
                    now=clock.now(),
                    actor="system",
                    send_mail=False,
                )

    buy(50)
    for path in ("/orders/", "/licenses/"):
        assert "Next 50" not in desk.text(path)
    buy(1)
    for path in ("/orders/", "/licenses/"):
        page = desk.text(path)
        behind = re.search(r'<a href="/console(/[^"]+before=[^"]+)">Next 50', page)
        assert behind is not None
        assert desk.text(behind[1].replace("&amp;", "&")).count('<th scope="row"') == 1


def test_a_license_in_grace_is_called_so_on_its_order(desk: Browser, harbour: Cast) -> None:
    now = clock.now()
    with writing():
        order, _new = record_order(
            plan=resolve(Plan, harbour.plan.id), email="g@buyer.example.com", now=now, actor="system"
        )
        license, order_id = licenses_of(order)[0], order.id
        license.valid_until, license.grace_until = now - timedelta(days=2), now + timedelta(days=5)
    assert "Renewal unpaid" in desk.text(f"/orders/{order_id}")


def test_another_vendors_order_is_not_there(desk: Browser, stranger: Cast) -> None:
    with tenant(stranger.vendor.id):
        foreign = recorded(stranger, email="x@y.example.com")
    assert desk.open(f"/orders/{foreign}").status_code == 404
    for act in ("refund", "plan", "portal"):
        assert desk.send(f"/orders/{foreign}/{act}", {"reason": "bug"}).status_code == 404


def test_the_vendor_decides_about_grace_codes_and_tax(desk: Browser, till: Till) -> None:  # noqa: F811
    path = f"/payments/connection/{till.connection_id}/policy"
    page = desk.text("/payments/")
    assert "Last checked" in page
    assert "<h2>Test shop</h2>" in page
    assert "Stripe, test mode" not in page
    wrong = desk.send(path, {"grace_days": "99", "partial_refund": "keep"}, page="/payments/")
    assert "From 0 to 60." in wrong.text
    desk.send(
        path, {"grace_days": "3", "partial_refund": "revoke", "automatic_tax": "yes"}, page="/payments/"
    )

    session.rollback()
    kept = resolve(StripeConnection, till.connection_id)
    assert (kept.grace_days, kept.partial_refund) == (3, "revoke")
    assert (kept.promotion_codes, kept.automatic_tax) == (False, True)
