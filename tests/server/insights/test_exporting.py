"""An export holds everything of one vendor and nothing of another, safe for sheets, whole for scripts."""

import csv
import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from server.accounts.models import Vendor
from server.billing.models import Order, OrderLicense
from server.billing.services import licenses_of, record_order
from server.catalog.services import change_product, find_product
from server.cli import cli
from server.customers.unsubscribing import REMINDERS, set_wanted
from server.importing.driving import import_files
from server.insights.tables import tables
from server.kernel import db, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from server.licensing.models import Activation, License
from server.licensing.services import find_license_by_key, reveal_key, revoke_license
from tests.conftest import NOON, Cast
from tests.server.insights.conftest import Unpack

NAMES = [table.name for table in tables(with_keys=False)]
DOCUMENTED = Path(__file__).parents[3] / "docs" / "reference" / "export.md"


def lines(files: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[f"{name}.jsonl"].splitlines()]


def cells(files: dict[str, Any], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"{name}.csv"])))


def test_every_table_holds_as_many_rows_as_the_vendor_has(filled: Cast, unpack: Unpack) -> None:
    files = unpack()
    for table in tables(with_keys=False):
        here = session.scalar(select(func.count()).select_from(table.model))
        here = 1 if table.model is Vendor else here  # the one row that is not of a vendor but a vendor
        assert here, table.name
        assert len(lines(files, table.name)) == here, table.name
        assert len(cells(files, table.name)) == here, table.name
        assert files["export.json"]["rows"][table.name] == here


def test_nothing_of_another_vendor_is_in_it(filled: Cast, stranger: Cast, unpack: Unpack) -> None:
    files = unpack(with_keys=True)
    text = "\n".join(str(content) for content in files.values())

    assert "harbour-nia.com" in text
    assert "stranger" not in text.lower()
    assert stranger.vendor.id not in text
    assert stranger.product.id not in text


def test_keys_stand_in_it_only_when_they_are_asked_for(filled: Cast, unpack: Unpack) -> None:
    without, with_them = unpack(), unpack(with_keys=True)

    assert "KEY-0001" not in "\n".join(map(str, without.values()))
    assert {row["key"] for row in lines(without, "licenses")} == {""}
    assert {row["key"] for row in lines(with_them, "licenses")} == {
        "harbour-KEY-0001",
        "harbour-KEY-0002",
        "=+harbour-KEY-3",
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_cell_runs_in_a_spreadsheet_and_json_lines_hold_the_text(
    filled: Cast, unpack: Unpack, name: str
) -> None:
    files = unpack(with_keys=True)
    for delimiter in ",;\t":  # spreadsheets of many countries divide by semicolons
        for row in csv.reader(io.StringIO(files[f"{name}.csv"], newline=""), delimiter=delimiter):
            for cell in row:
                assert not re.match(r"[=+@\t\r]|-(?![0-9])", cell), cell
    if name == "tickets":
        assert [row["subject"] for row in lines(files, name)] == ["@SUM(1+1)"]
        assert [row["subject"] for row in cells(files, name)] == ["'@SUM(1+1)"]
        assert [row["diagnostics"] for row in lines(files, name)] == [{"php": "8.3"}]


@pytest.mark.parametrize("name", NAMES)
def test_each_tables_columns_are_documented_in_their_order(name: str) -> None:
    [table] = [one for one in tables(with_keys=False) if one.name == name]
    text = DOCUMENTED.read_text(encoding="utf-8")
    section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == list(table.columns)


def test_a_renewed_license_stands_there_once_with_the_order_that_issued_it(
    filled: Cast, unpack: Unpack
) -> None:
    with writing():
        issued = session.scalars(select(Order)).one()
        license = session.scalars(select(OrderLicense)).one().license
        facts = {name: getattr(issued, name) for name in ("state", "product_id", "plan_id", "amount")}
        renewal = Order(root_kind="manual", root_id="again", currency="eur", created_at=NOON, **facts)
        session.add(renewal)
        session.flush()
        brought = {"order_id": renewal.id, "license_id": license.id, "kind": "renewed"}
        session.add(OrderLicense(line="0", ordinal=0, **brought))
        license_id, issued_id = license.id, issued.id

    rows = lines(unpack(), "licenses")
    assert [row["order_id"] for row in rows if row["license_id"] == license_id] == [issued_id]
    assert len(rows) == 3


def test_money_of_the_test_shop_is_told_from_live_money(filled: Cast, unpack: Unpack) -> None:
    with writing():
        record_order(
            plan=filled.plan, email="nia@harbour.example.com", now=NOON, actor="key:key_1", amount=1,
            currency="eur", mode="test", send_mail=False,
        )  # fmt: skip
    files = unpack()

    assert sorted((row["amount"], row["mode"]) for row in lines(files, "ledger")) == [
        (-4_900, "live"),
        (1, "test"),
    ]
    modes = {row["order_id"]: row["mode"] for row in lines(files, "order_licenses")}
    assert modes == {row["id"]: row["mode"] for row in lines(files, "orders")}
    assert sorted(modes.values()) == ["live", "test"]


def test_what_came_of_a_test_purchase_is_told_from_what_is_live(filled: Cast, unpack: Unpack) -> None:
    with writing():
        seller = session.get(Vendor, filled.vendor.id)
        assert seller is not None
        seller.revocation_serial = 1  # of the entry that stands there
        order, _is_new = record_order(
            plan=filled.plan, email="nia@harbour.example.com", now=NOON, actor="key:key_1", amount=1,
            currency="eur", mode="test",
        )  # fmt: skip
        [license] = licenses_of(order)
        revoke_license(license, "manual", now=NOON, actor="cli")
        change_product(find_product(filled.product.id), actor="cli", name="Another")
        order_id, license_id = order.id, license.id
    files = unpack()

    mails = {row["template"]: row["mode"] for row in lines(files, "mails") if row["mode"] is not None}
    assert mails == {"purchase": "test"}
    licenses = {row["license_id"]: row["mode"] for row in lines(files, "licenses")}
    sites = {row["activation_id"]: licenses[row["license_id"]] for row in lines(files, "activations")}
    assert {row["mode"] for row in lines(files, "revocations")} == {"live", "test"}
    for row in lines(files, "revocations"):
        assert row["mode"] == (licenses | sites)[row["subject"]]
    told = {row["subject_id"]: row["mode"] for row in lines(files, "audit")}
    assert (told[order_id], told[license_id], told[filled.product.id]) == ("test", "test", None)
    assert {told[one] for one in licenses} == {"live", "test"}
    assert [row["mode"] for row in cells(files, "mails")] == [
        row["mode"] or "" for row in lines(files, "mails")
    ]


def kept(row: License) -> tuple[Any, ...]:
    """What a license is, without the ids of its rows."""
    bundle = session.get(License, row.parent_id) if row.parent_id else None
    return (
        row.key_hint, row.key_profile, row.mode, row.seats, row.seats_used, row.starts_at, row.valid_until,
        row.grace_until, bundle.key_hint if bundle else None, row.is_trial, row.suspended_for,
        row.revoked_for, row.created_at, row.product.slug, row.product.name, row.plan.code,
        row.plan.seats, row.plan.interval, row.customer.email, row.customer.name,
        row.customer.unwanted_mails, reveal_key(row),
    )  # fmt: skip


def remembered(vendor_id: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """All licenses and sites of a vendor."""
    with tenant(vendor_id):
        licenses = session.scalars(select(License).order_by(License.key_hint)).all()
        sites = session.execute(
            select(
                Activation.site_url,
                Activation.site_key,
                Activation.label,
                Activation.counted,
                Activation.created_at,
            )
            .join(License, License.id == Activation.license_id)
            .order_by(License.key_hint, Activation.site_key)
        ).all()
        return [kept(row) for row in licenses], [tuple(row) for row in sites]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_an_export_that_is_imported_again_gives_the_same_licenses(
    filled: Cast, unpack: Unpack, tmp_path: Path, kind: str
) -> None:
    with writing():
        bundle, *_, child = session.scalars(select(License).order_by(License.id))
        child.parent_id, child.product_id, child.plan_id = bundle.id, filled.product.id, filled.plan.id
        child.mode, child.grace_until = bundle.mode, NOON + timedelta(days=400)
        set_wanted(bundle.customer, REMINDERS, wanted=False, actor="customer")
        laptop = session.scalars(select(Activation).order_by(Activation.id)).first()
        assert laptop is not None
        laptop.site_url, laptop.site_key = "http://nias-laptop-1a2b.instance", "nias-laptop-1a2b.instance"
        laptop.label = "Nia’s laptop"  # all that it is known by
    before = remembered(filled.vendor.id)
    files = unpack(with_keys=True)
    with writing():
        for row in session.scalars(select(License)):
            row.key_lookup = row.id.encode()  # the keys are free again on this server
        other = Vendor(slug="other", name="Other", support_email="help@other.example.com", created_at=NOON)
        session.add(other)
        session.flush()
        other_id = other.id
    found = [tmp_path / f"{name}.{kind}" for name in NAMES]
    for path in found:
        path.write_text(files[path.name], encoding="utf-8", newline="")
    if kind == "jsonl":
        found.append(tmp_path / "nothing.jsonl")  # as a table without rows is written
        found[-1].touch()
    with tenant(other_id):
        report = import_files(
            "plain", [(path, path.name) for path in found], now=NOON, actor="cli", zone=ZoneInfo("UTC")
        )

    assert remembered(other_id) == before
    assert len(before[0]) == 3
    assert report.reasons == {
        ("skipped", "file", "not_imported"): len(NAMES) - 5,
        ("noted", "product", "public_slug_differs"): 2,  # both names are the first vendor's on this server
    }


def command(vendor: str, out: Path, *more: str) -> Result:
    loaded = settings.current()
    environ = {
        "KEYDESK_ENV": "development",
        "KEYDESK_DATABASE_URL": loaded.database_url,
        "KEYDESK_DATA_DIR": str(loaded.data_dir),
    }
    done = CliRunner().invoke(cli, ["export", "--vendor", vendor, "--out", str(out), *more], env=environ)
    db.connect(loaded.database_url)
    return done


def test_the_command_writes_the_file_and_says_what_it_holds(filled: Cast, tmp_path: Path) -> None:
    out = tmp_path / "everything.zip"
    done, refused = command("harbour", out), command("nobody", tmp_path / "nobody.zip")

    assert done.exit_code == 0, done.output
    assert re.search(r"^licenses +3$", done.output, re.MULTILINE)
    assert "no license keys" in done.output
    assert out.stat().st_mode & 0o077 == 0
    assert refused.exit_code == 1
    assert "There is no vendor with the short name nobody." in refused.output
    assert find_license_by_key("harbour-KEY-0001").source == "plain:harbour-1"


def test_a_file_that_is_there_is_written_over_only_on_demand(filled: Cast, tmp_path: Path) -> None:
    out = tmp_path / "thesis.zip"
    out.write_text("years of work")
    refused = command("harbour", out)

    assert refused.exit_code == 1
    assert f"{out} is there already; choose another name, or add --force" in refused.output
    assert out.read_text() == "years of work"
    assert command("harbour", out, "--force").exit_code == 0
    assert zipfile.is_zipfile(out)


def test_a_mistyped_folder_is_not_made(filled: Cast, tmp_path: Path) -> None:
    refused = command("harbour", tmp_path / "nowhere" / "x.zip")

    assert refused.exit_code == 1
    assert f"There is no folder {tmp_path / 'nowhere'}; make it first" in refused.output
    assert not (tmp_path / "nowhere").exists()
