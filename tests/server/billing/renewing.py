"""A holder who presses "Renew" and pays, and what the tests of it look at."""

from datetime import datetime

from server.billing.models import Order
from server.billing.services import find_order, prepare_renewal, renewal_price
from server.billing.settling import open_checkout
from server.kernel import clock
from server.kernel.db import session
from server.kernel.tenancy import resolve
from server.licensing.models import License
from tests.server.billing.conftest import Till


def ends(license: License) -> datetime:
    assert license.valid_until is not None
    return license.valid_until


def renew(till: Till, license_id: str = "", *, later: bool = False) -> str:
    """The holder presses the button and pays, or has a bank do it `later`; the session's id."""
    license = resolve(License, license_id or till.license().id)
    price = renewal_price(license, clock.now())
    assert price is not None
    sale = prepare_renewal(license, price, cancel_url="https://shop.example.com/account", locale="en")
    session_id = open_checkout(sale, cause=f"press-{clock.monotonic()}").rsplit("/", 1)[1]
    till.shop.pay(session_id, email="accounts@buyer.example.com", name="Accounts", later=later)
    return session_id


def order_by(till: Till, session_id: str) -> Order:
    session.rollback()
    found = find_order(till.connection_id, session_id)
    assert found is not None
    return found
