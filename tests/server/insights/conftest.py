"""A vendor with something in every table, and a second one beside it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server.accounts.services import create_api_key
from server.billing.models import LedgerEntry, Order, OrderLicense, OrderRef, StripeConnection
from server.helpdesks.models import HelpdeskConnection, HelpdeskLink
from server.importing.driving import import_files
from server.insights.services import write_zip
from server.kernel import files
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from server.licensing.models import Activation, Revocation, SiteResolution
from server.mail.models import Mail
from server.releases.models import Release
from server.support.models import Attachment, Message, Ticket
from tests.conftest import NOON, Cast

ROWS = """license_id,key,email,name,product,plan,seats,status,valid_until,created_at,mode,sites
{0}-1,{0}-KEY-0001,nia@{0}.example.com,Nia;=1+1,Gallery,pro,5,active,2027-12-31,2025-12-31,live,https://{0}-nia.com
{0}-2,{0}-KEY-0002,ole@{0}.example.com,"=cmd|'/C calc'!A0",Gallery,pro,,suspended,,2025-12-31,live,
{0}-3,=+{0}-KEY-3,ole@{0}.example.com,Ole,Gallery,,1,trial,2026-12-31,2025-12-31,test,https://{0}-ole.com http://x.test
"""
Unpack = Callable[..., dict[str, Any]]


def fill(cast: Cast, folder: Path) -> None:
    """Licenses by an import, an order with money, a ticket with a message and a file, a row of all else."""
    name = cast.vendor.slug
    path = folder / f"{name}.csv"
    path.write_text(ROWS.format(name), encoding="utf-8")
    with tenant(cast.vendor.id):
        import_files("plain", [(path, path.name)], now=NOON, actor="cli", zone=ZoneInfo("UTC"))
        with writing():
            create_api_key(name="Shop", scopes=["orders:write"], now=NOON)
            sell(cast)
            answer(cast)
            digest = files.keep(f"{name}: a plugin".encode())
            release = Release(
                product_id=cast.product.id, version="1.0", file_name="gallery-1.0.zip", size=9,
                sha384="0" * 96, sha256=digest, is_current=True, created_at=NOON,
            )  # fmt: skip
            session.add(release)


def sell(cast: Cast) -> None:
    """A purchase over Stripe, a site that moved, a lease that was ended, a mail."""
    name, site = cast.vendor.slug, session.scalars(select(Activation).order_by(Activation.id)).first()
    assert site is not None
    shop = StripeConnection(
        mode="live", api_key_sealed=f"{name}-sealed".encode(), hook_secret_sealed=b"sealed", created_at=NOON
    )
    session.add(shop)
    session.flush()
    order = Order(
        connection_id=shop.id, root_kind="checkout_session", root_id=f"{name}-1", state="completed",
        product_id=cast.product.id, plan_id=cast.plan.id, amount=4_900, currency="eur", created_at=NOON,
    )  # fmt: skip
    session.add(order)
    session.flush()
    of_order = {"connection_id": shop.id, "order_id": order.id}
    session.add_all(
        [
            OrderLicense(order_id=order.id, line="0", ordinal=0, license_id=site.license_id),
            OrderRef(kind="charge", external_id=f"{name}-ch", **of_order),
            LedgerEntry(
                kind="payment", external_id=f"{name}-1", status="succeeded", amount=-4_900, currency="eur",
                occurred_at=NOON, **of_order,
            ),
            SiteResolution(
                license_id=site.license_id, activation_id=site.id, resolution="moved",
                old_site_key="old.example.com", new_site_key=site.site_key, created_at=NOON,
            ),
            Revocation(serial=1, product_id=cast.product.id, subject=site.id, created_at=NOON),
            Mail(
                template="purchase", to_address=f"nia@{name}.example.com", from_name=name, reply_to="",
                subject="Your license", text=f"{name}-KEY-0001", html="", locale="en", dedupe_key="1",
                created_at=NOON,
            ),
        ]
    )  # fmt: skip


def answer(cast: Cast) -> None:
    """A question with a file, forwarded to a helpdesk."""
    name = cast.vendor.slug
    ticket = Ticket(
        number=1, product_id=cast.product.id, site_uid="0" * 32, type="bug", subject="@SUM(1+1)",
        created_at=NOON, last_activity_at=NOON, diagnostics={"php": "8.3"},
    )  # fmt: skip
    desk = HelpdeskConnection(
        kind="roundup", name="Desk", settings={"url": f"https://desk.{name}.example.com"}, secrets=b"sealed",
        created_at=NOON,
    )  # fmt: skip
    session.add_all([ticket, desk])
    session.flush()
    message = Message(
        ticket_id=ticket.id, kind="customer", author_name="Nia", body=f"{name}: it is broken",
        via="dashboard", created_at=NOON,
    )  # fmt: skip
    link = HelpdeskLink(connection_id=desk.id, local_type="ticket", local_id=ticket.id, created_at=NOON)
    session.add_all([message, link])
    session.flush()
    raw = f"{name}: a log".encode()
    attachment = Attachment(
        message_id=message.id, name="error.log", content_type="text/plain", size=len(raw),
        sha256=files.keep(raw, room="attachments"), created_at=NOON,
    )  # fmt: skip
    session.add(attachment)


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
