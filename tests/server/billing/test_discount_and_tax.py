"""What of an order is tax, and what a promotion code took off: as Stripe told it at the purchase."""

from flask.testing import FlaskClient

from server.billing.models import Order, StripeConnection
from server.billing.schemas import order_view
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from tests.server.billing.conftest import Till


def parts(order: Order) -> tuple[int, int, int]:
    return order.amount, order.tax_amount, order.discount_amount


def take_taxes(till: Till) -> None:
    with writing():
        resolve(StripeConnection, till.connection_id).automatic_tax = True


def test_an_order_keeps_what_a_code_took_off_and_what_of_it_is_tax(till: Till) -> None:
    take_taxes(till)
    till.sell(code="TEST20")
    till.catch_up()

    assert parts(till.order()) == (19_104, 3_184, 3_980)  # 199 less 20 %, and 20 % tax on that
    assert till.ledger() == [("payment", 19_104)]


def test_an_order_without_code_and_tax_has_neither(till: Till) -> None:
    till.sell()
    till.catch_up()

    assert parts(till.order()) == (19_900, 0, 0)


def test_a_trial_has_no_tax_yet(till: Till) -> None:
    take_taxes(till)
    till.sell(price_id=till.price(trial_days=14))
    till.catch_up()

    assert parts(till.order()) == (0, 0, 0)


def test_a_renewal_leaves_the_parts_of_the_first_payment(till: Till) -> None:
    take_taxes(till)
    till.sell(price_id=till.price(), code="TEST20")
    till.catch_up()
    till.shop.advance(days=32)
    till.catch_up()

    assert till.ledger() == [("payment", 864), ("renewal", 1_080)]
    assert parts(till.order()) == (864, 144, 180)


def test_a_code_that_was_entered_after_we_had_looked_counts(till: Till, client: FlaskClient) -> None:
    """Whoever opens the page after paying before paying is told that it is not finished."""
    session_id = till.open()
    client.get(f"/buy/success?connection={till.connection_id}&session_id={session_id}")
    assert (till.order().state, *parts(till.order())) == ("open", 19_900, 0, 0)
    till.shop.pay(session_id, email="ana@buyer.example.com", name="Ana", code="TEST20")
    till.catch_up()

    assert (till.order().state, *parts(till.order())) == ("completed", 15_920, 0, 3_980)


def test_scripts_are_told_both(till: Till) -> None:
    take_taxes(till)
    till.sell(code="TEST20")
    till.catch_up()

    told = order_view(till.order(), [], [])
    assert (told["amount"], told["tax_amount"], told["discount_amount"]) == (19_104, 3_184, 3_980)
