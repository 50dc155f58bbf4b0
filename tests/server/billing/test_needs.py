"""What Stripe has to send and to allow is said in one place, as the code needs it."""

import re
from pathlib import Path

from server.billing import stripe_api
from server.billing.stripe_api import HANDLED, MAY_READ, MAY_WRITE
from server.console.words import series

HERE = Path(stripe_api.__file__).parent
GUIDE = Path(__file__).resolve().parents[3] / "docs/guide/sell-with-stripe.md"
CALL = re.compile(r"client\.v1\.([a-z_.]+)\.(create|update|list|retrieve)\(")
NAMES = {
    "checkout.sessions": "Checkout Sessions",
    "subscriptions": "Subscriptions",
    "prices": "Prices",
    "refunds": "Refunds",
    "billing_portal.sessions": "Customer portal",
    "charges": "Charges",
    "invoices": "Invoices",
    "invoice_payments": "Invoices",
    "disputes": "Disputes",
}


def test_the_key_may_do_what_the_code_asks_and_no_more() -> None:
    code = "".join(path.read_text("utf-8") for path in HERE.glob("*.py"))
    calls = CALL.findall(code)

    writes = {NAMES[what] for what, how in calls if how in {"create", "update"}}
    reads = {NAMES[what] for what, how in calls if how in {"list", "retrieve"}} - writes
    assert set(MAY_WRITE) == writes
    inside = {"Customers", "PaymentIntents", "PaymentMethods", "Balance transactions"}
    assert set(MAY_READ) - {"Events"} == reads | inside
    for told in (
        "client.v1.events",
        '"expand": ["customer"]',
        '"payment_intent.latest',
        '"balance_trans',
        '"default_pay',
    ):
        assert told in code, told


def test_the_guide_names_the_events_and_the_rights_of_the_console() -> None:
    guide = " ".join(GUIDE.read_text("utf-8").split())

    assert f"may write {series(MAY_WRITE)}, and read {series(MAY_READ)}." in guide
    told = guide.split("for these events:")[1].split("4. Enter the key")[0]
    assert sorted(re.findall(r"`([^`]+)`", told)) == sorted(HANDLED)
