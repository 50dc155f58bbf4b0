"""What is sold comes back as it was: export of a vendor, import into a second one, export again."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server.accounts.models import Vendor
from server.catalog.models import Plan, Product
from server.catalog.services import change_plan, change_product, create_plan, create_product, find_product
from server.importing.driving import import_files
from server.importing.services import Report
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from tests.conftest import NOON, Cast
from tests.server.insights.conftest import Unpack

GOODS = ("products", "plans")
# Its own on every server, or a decision that an import leaves to a person (on_sale).
NEW = {"id", "product_id", "created_at", "public_slug", "sources", "on_sale"}


def second_vendor() -> str:
    with writing():
        other = Vendor(slug="other", name="Other", support_email="help@other.example.com", created_at=NOON)
        session.add(other)
        session.flush()
        return other.id


def sell_much(cast: Cast) -> None:
    """Every setting of a product and a plan says something else than at first; parts stand behind wholes."""
    with writing():
        gallery, pro = find_product(cast.product.id), resolve(Plan, cast.plan.id)
        change_plan(pro, actor="cli", renews=True, trial_days=14, trial_needs_card=True)
        base = create_product(
            slug="base", name="Base", edition="free", now=NOON, actor="cli", description="The free one",
            docs_url="https://docs.example.com/base", homepage="https://example.com", author="Nia",
            after_expiry="limit", network_policy="per_site", doors=["edd", "puc"], puc_auto_activate=True,
        )  # fmt: skip
        middle = create_product(slug="middle", name="Middle", now=NOON, actor="cli", addon_of_id=base.id)
        change_product(gallery, actor="cli", addon_of_id=middle.id)
        parts = [
            create_plan(
                product, code="part", name="Part", seats=None, interval="month", max_version="2.9",
                trial_days=7, trial_needs_card=False, features=["captions"], actor="cli",
            )
            for product in (base, middle)
        ]  # fmt: skip
        change_plan(pro, actor="cli", bundled_plan_ids=[part.id for part in parts])
        create_plan(gallery, code="last", name="Last", seats=1, interval="lifetime", actor="cli")


def bring(folder: Path, files: dict[str, Any], kind: str, *, dry_run: bool = False) -> Report:
    found = [folder / f"{name}.{kind}" for name in GOODS]
    for path in found:
        path.write_text(files[path.name], encoding="utf-8", newline="")
    return import_files(
        "plain", [(path, path.name) for path in found], now=NOON, actor="cli", zone=ZoneInfo("UTC"),
        dry_run=dry_run,
    )  # fmt: skip


def sold(files: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The two tables by names in place of ids."""
    tables = {name: [json.loads(line) for line in files[f"{name}.jsonl"].splitlines()] for name in GOODS}
    slugs = {row["id"]: row["slug"] for row in tables["products"]}
    codes = {row["id"]: f"{row['product']}/{row['code']}" for row in tables["plans"]}
    for row in tables["products"]:
        row["addon_of_id"] = slugs.get(row["addon_of_id"])
    for row in tables["plans"]:
        row["bundled_plan_ids"] = [codes[one] for one in row["bundled_plan_ids"].split()]
    return {
        name: sorted(({key: value for key, value in row.items() if key not in NEW} for row in rows), key=repr)
        for name, rows in tables.items()
    }


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_products_and_plans_keep_every_setting(
    harbour: Cast, unpack: Unpack, tmp_path: Path, kind: str
) -> None:
    sell_much(harbour)
    files = unpack()
    with tenant(second_vendor()):
        dry, report = bring(tmp_path, files, kind, dry_run=True), bring(tmp_path, files, kind)
        again = bring(tmp_path, files, kind)
        there = sold(unpack())
        assert not any(session.scalars(select(Plan.on_sale)))

    assert there == sold(files)
    assert [row["addon_of_id"] for row in there["products"]].count(None) == 1
    assert ["base/part", "middle/part"] in [row["bundled_plan_ids"] for row in there["plans"]]
    assert dry.counts == report.counts
    assert dry.shown == report.shown
    assert {line.code for line in report.shown} == {"public_slug_differs"}, "they are taken on this server"
    assert again.shown == []


@pytest.fixture
def behind_a_door(harbour: Cast) -> str:
    """The name by which a door of the vendor's only product is asked."""
    with writing():
        product = find_product(harbour.product.id)
        product.public_slug = product.slug
        return product.slug


def test_a_report_names_the_address_of_a_door_that_became_another_one(
    behind_a_door: str, unpack: Unpack, tmp_path: Path
) -> None:
    files = unpack()
    with tenant(second_vendor()):
        dry, report = bring(tmp_path, files, "csv", dry_run=True), bring(tmp_path, files, "csv")
        here = session.scalars(select(Product.public_slug)).one()

    [said] = report.shown
    assert (said.outcome, said.kind, said.code) == ("noted", "product", "public_slug_differs")
    assert here == f"{behind_a_door}-2"
    assert f"{here} here, {behind_a_door} in the file" in said.detail
    assert dry.shown == report.shown


def test_nothing_is_said_of_an_address_that_stays(behind_a_door: str, unpack: Unpack, tmp_path: Path) -> None:
    files = {name: str(text).replace(behind_a_door, "of-no-other") for name, text in unpack().items()}
    with tenant(second_vendor()):
        report = bring(tmp_path, files, "csv")
        here = session.scalars(select(Product.public_slug)).one()

    assert here == "of-no-other"
    assert report.shown == []


def test_an_import_changes_no_setting_of_what_is_here(harbour: Cast, unpack: Unpack, tmp_path: Path) -> None:
    sell_much(harbour)
    files = unpack()
    with writing():
        gallery = find_product(harbour.product.id)
        change_product(gallery, actor="cli", addon_of_id=None, description="Told anew")
        change_plan(resolve(Plan, harbour.plan.id), actor="cli", trial_days=3, bundled_plan_ids=[])
    before = sold(unpack())
    assert before != sold(files)
    report = bring(tmp_path, files, "csv")

    assert sold(unpack()) == before
    assert report.shown == []


def test_keys_that_cannot_be_used_are_shown_before_the_tables_that_stay_out(
    filled: Cast, unpack: Unpack, tmp_path: Path
) -> None:
    files = unpack(with_keys=True)
    names = sorted(name for name in files if name.endswith(".csv"))
    for name in names:
        (tmp_path / name).write_text(files[name], encoding="utf-8", newline="")
    with tenant(second_vendor()):
        report = import_files(
            "plain", [(tmp_path / name, name) for name in names], now=NOON, actor="cli", zone=ZoneInfo("UTC")
        )

    assert report.reasons["skipped", "license", "key_taken"] == 3
    assert report.reasons["skipped", "file", "not_imported"] > len(report.shown) == 20
    codes = [line.code for line in report.shown]
    assert codes[:5] == ["key_taken"] * 3 + ["license_unknown"] * 2
    assert set(codes[5:]) <= {"license_unknown", "not_imported"}
    assert codes == sorted(codes, key="not_imported".__eq__)
