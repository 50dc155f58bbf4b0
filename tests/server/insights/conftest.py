"""A vendor with something in every table, and a second one beside it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.billing.models import LedgerEntry, Order
from server.importing.driving import import_files
from server.insights.services import write_zip
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from server.support.models import Message, Ticket
from tests.conftest import NOON, Cast

ROWS = """license_id,key,email,name,product,plan,seats,status,valid_until,created_at,mode,sites
{0}-1,{0}-KEY-0001,nia@{0}.example.com,Nia,Gallery,pro,5,active,2027-12-31,2025-12-31,live,https://{0}-nia.com
{0}-2,{0}-KEY-0002,ole@{0}.example.com,"=cmd|'/C calc'!A0",Gallery,pro,,suspended,,2025-12-31,live,
{0}-3,=+{0}-KEY-3,ole@{0}.example.com,Ole,Gallery,,1,trial,2026-12-31,2025-12-31,test,https://{0}-ole.com http://x.test
"""
Unpack = Callable[..., dict[str, Any]]


def fill(cast: Cast, folder: Path) -> None:
    """Licenses by an import, an order with money, a ticket with a message."""
    name = cast.vendor.slug
    path = folder / f"{name}.csv"
    path.write_text(ROWS.format(name), encoding="utf-8")
    with tenant(cast.vendor.id):
        import_files("plain", [(path, path.name)], now=NOON, actor="cli", zone=ZoneInfo("UTC"))
        with writing():
            order = Order(
                root_kind="manual", root_id=f"{name}-1", state="completed", product_id=cast.product.id,
                plan_id=cast.plan.id, amount=4_900, currency="eur", created_at=NOON,
            )  # fmt: skip
            ticket = Ticket(
                number=1, product_id=cast.product.id, site_uid="0" * 32, type="bug", subject="@SUM(1+1)",
                created_at=NOON, last_activity_at=NOON, diagnostics={"php": "8.3"},
            )  # fmt: skip
            session.add_all([order, ticket])
            session.flush()
            session.add_all(
                [
                    LedgerEntry(
                        order_id=order.id, kind="payment", external_id=f"{name}-1", status="succeeded",
                        amount=-4_900, currency="eur", occurred_at=NOON,
                    ),
                    Message(
                        ticket_id=ticket.id, kind="customer", author_name="Nia", body=f"{name}: it is broken",
                        via="dashboard", created_at=NOON,
                    ),
                ]
            )  # fmt: skip


@pytest.fixture
def filled(harbour: Cast, stranger: Cast, tmp_path: Path) -> Cast:
    """The vendor of the story, in scope; the stranger owns as much."""
    fill(harbour, tmp_path)
    fill(stranger, tmp_path)
    return harbour


@pytest.fixture
def unpack(tmp_path: Path) -> Unpack:
    """`unpack(with_keys=True)`: an export of the present vendor; its files by name, `export.json` read."""

    def run(*, with_keys: bool = False) -> dict[str, Any]:
        path = tmp_path / "out" / "export.zip"
        write_zip(path, vendor="harbour", now=NOON, with_keys=with_keys)
        with zipfile.ZipFile(path) as archive:
            found: dict[str, Any] = {name: archive.read(name).decode() for name in archive.namelist()}
        found["export.json"] = json.loads(found["export.json"])
        return found

    return run
