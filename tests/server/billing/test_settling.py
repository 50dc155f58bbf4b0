"""A paid session brings exactly one license and one mail, whatever order its events come in."""

import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from server.billing.models import Order, OrderLicense, OrderRef, StripeConnection
from server.billing.services import find_order, licenses_of, purchase_page_of
from server.billing.settling import fulfil, settle
from server.billing.stripe_api import StripeAway
from server.jobs.models import JobRow
from server.kernel import outbound
from server.kernel.db import session
from server.kernel.tenancy import resolve, tenant
from server.licensing.services import purchase_page_address
from tests.conftest import Cast
from tests.fake_stripe.running import RunningShop
from tests.server.billing.conftest import API_KEY, Till

COMPLETED, REFUNDED = "checkout.session.completed", "charge.refunded"


def test_a_paid_session_brings_a_license_and_its_mail(till: Till, harbour: Cast) -> None:
    till.sell("Ana@Buyer.example.com")
    till.record()
    till.work()

    (license,) = till.licenses()
    assert (license.customer.email, license.seats) == ("ana@buyer.example.com", 5)
    assert (license.product_id, license.plan_id) == (harbour.product.id, harbour.plan.id)
    (mail,) = till.mails()
    assert mail.to_address == "ana@buyer.example.com"
    order = till.order()
    assert (order.state, order.amount, order.currency) == ("completed", 19_900, "eur")
    assert order.paid_at is not None


def test_the_site_where_the_purchase_began_reaches_the_purchase_page(till: Till) -> None:
    till.sell(
        site_url="https://shop-1.example.com",
        admin_url="https://shop-1.example.com/wp/wp-admin/",
        locale="uk",
    )
    till.record()
    till.work()

    page = purchase_page_of(till.order())
    assert page is not None
    assert (page.site_url, page.admin_url) == (
        "https://shop-1.example.com",
        "https://shop-1.example.com/wp/wp-admin/",
    )
    assert till.licenses()[0].customer.locale == "uk"
    assert purchase_page_address(page).startswith("http://localhost/get/")


def test_a_full_refund_revokes_and_a_second_purchase_stays(till: Till) -> None:
    first = till.sell()
    till.record()
    till.work()
    till.sell()
    till.shop.refund(first)
    till.record()
    till.work()

    assert sorted(license.revoked_for for license in till.licenses()) == [[], ["refunded"]]
    states = session.scalars(select(Order.state).order_by(Order.state)).all()
    assert list(states) == ["completed", "refunded"]


def test_a_part_of_the_money_back_takes_nothing_away(till: Till) -> None:
    till.shop.refund(till.sell(), amount=5_000)
    till.record()
    till.work()

    assert till.order().state == "completed"
    assert till.licenses()[0].revoked_for == []


def test_every_order_of_the_events_ends_the_same(till: Till) -> None:
    for order in sorted(set(itertools.permutations([COMPLETED, REFUNDED, COMPLETED]))):
        session_id = till.sell()
        till.shop.refund(session_id)
        for kind in order:
            till.record_of(session_id, kind)
            till.work()
        bought = find_order(till.connection_id, session_id)
        assert bought is not None
        assert bought.state == "refunded", order
        assert [license.revoked_for for license in licenses_of(bought)] == [["refunded"]], order

    assert till.mails() == []  # nobody is sent a key that has ended


def test_a_refund_that_is_heard_of_first_finds_the_same_order(till: Till) -> None:
    session_id = till.sell()
    till.shop.refund(session_id)
    till.record(REFUNDED)
    till.work()

    assert till.order().root_id == session_id
    kinds = session.scalars(select(OrderRef.kind).order_by(OrderRef.kind)).all()
    assert list(kinds) == ["charge", "checkout_session", "invoice", "payment_intent", "refund"]
    till.record(COMPLETED)
    till.work()
    assert len(till.licenses()) == 1


def test_a_payment_that_takes_days_brings_its_license_when_it_arrives(till: Till) -> None:
    session_id = till.open()
    till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana", later=True)
    till.record()
    till.work()
    assert (till.order().state, till.licenses()) == ("pending", [])

    till.shop.settle(session_id, succeeded=True)
    till.record()
    till.work()
    assert till.order().state == "completed"
    assert len(till.licenses()) == len(till.mails()) == 1


def test_a_payment_that_the_bank_refuses_closes_the_order(till: Till) -> None:
    session_id = till.open()
    till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana", later=True)
    till.shop.settle(session_id, succeeded=False)
    till.record()
    till.work()

    assert (till.order().state, till.licenses()) == ("failed", [])


def test_a_session_that_expires_closes_the_order(till: Till) -> None:
    till.shop.expire(till.open())
    till.record()
    till.work()

    assert (till.order().state, till.licenses(), till.mails()) == ("failed", [], [])


def test_a_sale_that_is_not_ours_is_left_alone(till: Till) -> None:
    line = "line_items[0][price_data]"
    form = {
        "mode": "payment",
        f"{line}[currency]": "eur",
        f"{line}[unit_amount]": "900",
        f"{line}[product_data][name]": "A T-shirt",
        "line_items[0][quantity]": "1",
        "success_url": "https://shop-1.example.com/",
    }
    answer = outbound.request(
        "POST",
        f"{till.shop.url}/v1/checkout/sessions",
        headers={"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form).encode(),
    )
    till.shop.pay(json.loads(answer.body)["id"])
    till.shop.refund(json.loads(answer.body)["id"])
    till.record()
    till.work()

    assert till.inbox() == 2
    assert till.licenses() == []
    assert session.scalars(select(Order)).all() == []


def test_stripe_away_means_later_and_nothing_is_lost(till: Till) -> None:
    till.sell()
    till.record(COMPLETED)
    till.shop.fail({"kind": "down", "times": 1})
    till.work()
    assert till.licenses() == []
    job = session.scalars(select(JobRow).where(JobRow.kind == "stripe.process")).one()
    assert (job.state, job.last_error) == ("pending", "stripe_unavailable")

    till.work(ahead_s=10)
    assert len(till.licenses()) == 1


def test_the_same_purchase_settled_by_many_at_once_is_one_license(till: Till) -> None:
    session_id = till.sell()
    till.record()
    vendor_id, connection_id = till.cast.vendor.id, till.connection_id

    def ask(_n: int) -> str:
        try:
            with tenant(vendor_id):
                order = fulfil(resolve(StripeConnection, connection_id), session_id)
                assert order is not None
                return order.state
        finally:
            session.remove()

    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(ask, n) for n in range(6)]
        till.work()
        states = {one.result() for one in asked}
    assert states == {"completed"}
    assert len(till.licenses()) == len(till.mails()) == 1
    assert len(session.scalars(select(OrderLicense)).all()) == 1


def test_the_success_page_waits_for_stripe_but_not_for_ever(till: Till, shop: RunningShop) -> None:
    session_id = till.sell()
    shop.fail({"kind": "latency", "seconds": 8})
    began = time.monotonic()
    with pytest.raises(StripeAway):
        settle(till.connection, "checkout_session", session_id, seconds=0.5)
    assert time.monotonic() - began < 7


def test_a_settled_purchase_is_shown_without_asking_stripe(till: Till) -> None:
    session_id = till.sell()
    assert fulfil(till.connection, session_id) is not None
    till.shop.fail({"kind": "down"})
    order = fulfil(till.connection, session_id)

    assert order is not None
    assert order.state == "completed"
