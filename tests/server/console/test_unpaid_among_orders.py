"""An order whose renewal failed says so wherever its state stands, and still that it was paid before."""

from server.console.words import day
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    API_KEY,
    Till,
    connection,
    shop,
    stripe_process,
    till,
)
from tests.server.console.conftest import Browser
from tests.server.console.test_parts_of_a_sum import heading_of
from tests.server.console.test_trials_among_orders import row_of


def test_a_renewal_that_failed_is_called_so_until_it_is_paid(
    desk: Browser,
    till: Till,  # noqa: F811
) -> None:
    till.sell(price_id=till.price())
    till.catch_up()
    paid = day(till.order().paid_at)
    assert row_of(desk, "/orders/").endswith("Monthly Paid €9")

    till.shop.life("subscriptions", till.subscription(), "card", declined=True)
    till.shop.advance(days=32)
    till.catch_up()
    assert till.order().subscription_status == "past_due"
    for path in ("/orders/", "/payments/"):
        assert row_of(desk, path).endswith(f"Monthly Renewal unpaid first paid on {paid} €9"), path
    assert f"Renewal unpaid first paid on {paid} €9" in heading_of(desk, till.order().id)
    about = desk.text(f"/licenses/{till.license().id}").partition("<h2>Order</h2>")[2]
    assert ("Renewal unpaid" in about, "€9" in about, paid in about) == (True, True, True)

    bill = next(one for one in till.shop.events(API_KEY) if one["type"] == "invoice.payment_failed")
    till.shop.life("invoices", bill["data"]["object"]["id"], "pay")
    till.catch_up()
    assert row_of(desk, "/orders/").endswith("Monthly Paid €18 in 2 payments")
    assert "unpaid" not in heading_of(desk, till.order().id)


def test_a_refund_is_what_counts_of_an_order_that_also_owes(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell(price_id=till.price())
    till.catch_up()
    till.shop.life("subscriptions", till.subscription(), "card", declined=True)
    till.shop.advance(days=32)
    bill = next(one for one in till.shop.events(API_KEY) if one["type"] == "invoice.paid")
    till.shop.refund(till.payment_of(bill["data"]["object"]["id"]))
    till.catch_up()
    assert till.order().state == "refunded"

    heading = heading_of(desk, till.order().id)
    assert ("Refunded" in heading, "Renewal unpaid" in heading) == (True, False)
