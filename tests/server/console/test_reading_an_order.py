"""An order's page reads the money that moved once, for all that it says about it."""

from server.billing.models import LedgerEntry
from tests.server.billing.conftest import (  # noqa: F401  fixtures
    Till,
    connection,
    shop,
    stripe_process,
    till,
)
from tests.server.console.conftest import Browser
from tests.tools.statements import statements


def test_the_ledger_is_read_once(desk: Browser, till: Till) -> None:  # noqa: F811
    till.sell()
    till.catch_up()
    path = f"/orders/{till.order().id}"
    with statements() as sent:
        page = desk.text(path)
    assert "Refund…" in page
    assert sum(f"FROM {LedgerEntry.__tablename__}" in one for one in sent) == 1
