"""What an order's sum is made of: its tax, and what a promotion code took off before."""

import re

from server.billing.models import StripeConnection
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from tests.fake_stripe.conftest import client_of
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    API_KEY,
    Till,
    connection,
    shop,
    stripe_process,
    till,
)
from tests.server.console.conftest import Browser


def heading_of(desk: Browser, order_id: str) -> str:
    """What stands above the money on an order's page, as it reads."""
    head = desk.text(f"/orders/{order_id}").partition("<h1")[2].partition("Money</h2>")[0]
    return " ".join(re.sub("<[^>]+>", " ", head.partition(">")[2]).split()).replace(" ,", ",")


def test_beside_the_sum_stand_its_tax_and_the_discount(desk: Browser, till: Till) -> None:  # noqa: F811
    with writing():
        resolve(StripeConnection, till.connection_id).automatic_tax = True
    till.sell(price_id=till.price("yearly", amount=11_900, interval="year"), code="TEST20")
    till.catch_up()
    order_id = till.order().id
    assert "€114.24, including tax of €19.04, after a discount of €23.80" in heading_of(desk, order_id)

    till.shop.refund(till.payment_of(bill_of(till)), amount=1_000)
    till.shop.advance(days=366)
    till.catch_up()
    several = "€257.04 in 2 payments, the first term including tax of €19.04, after a discount of €23.80 −€10"
    assert several in heading_of(desk, order_id)


def bill_of(till: Till) -> str:  # noqa: F811
    told = till.shop.events()
    return str(next(one["data"]["object"]["id"] for one in told if one["type"] == "invoice.paid"))


def test_a_sum_without_tax_and_discount_stands_alone(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell()
    till.catch_up()
    page = heading_of(desk, till.order().id)
    assert ("€199" in page, "tax" in page, "discount" in page) == (True, False, False)


def test_a_discount_of_all_of_it_says_why_nothing_was_paid(desk: Browser, till: Till) -> None:  # noqa: F811
    stripe = client_of(till.shop, API_KEY)
    coupon = stripe.v1.coupons.create({"percent_off": 100, "duration": "once"})
    stripe.v1.promotion_codes.create({"code": "GIFT", "promotion": {"type": "coupon", "coupon": coupon.id}})
    till.sell(price_id=till.price(), code="GIFT")
    till.catch_up()
    assert "Paid €0, after a discount of €9 " in heading_of(desk, till.order().id)

    till.shop.advance(days=32)
    till.catch_up()
    assert "Paid €9, the first term after a discount of €9 " in heading_of(desk, till.order().id)
