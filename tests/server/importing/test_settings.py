"""Settings of products and plans in plain tables: taken with what is made, or named when they cannot be."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.importing.driving import import_files
from server.importing.services import running
from server.kernel.db import session
from tests.conftest import NOON, Cast
from tests.server.importing.conftest import Bring

PRODUCTS = "id,slug,name,edition,docs_url,doors,addon_of_id\n"
PLANS = "id,product,code,interval,renews,trial_days,trial_needs_card,bundled_plan_ids\n"


class BrokeOff(Exception):
    """The machine went down."""


def breaking_off(behind: int) -> Callable[[], None]:
    """Called behind each slice; ends the run behind this one."""
    slices = count(1)

    def each_slice() -> None:
        if next(slices) == behind:
            raise BrokeOff

    return each_slice


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ("1,base,Base,silver,,,", "edition"),
        ("1,base,Base,,http://docs.example.com,,", "docs_url"),
        ("1,base,Base,free,,edd garden,", "doors"),
        ("1,base,Base,,,,9", "addon_of_id"),
        ("1,base,Base,,ftp://x,garden,9", "addon_of_id, docs_url, doors"),
    ],
)
def test_a_product_is_made_without_the_setting_that_it_cannot_have(
    bring: Bring, harbour: Cast, tmp_path: Path, row: str, left: str
) -> None:
    path = tmp_path / "products.csv"
    path.write_text(f"{PRODUCTS}{row}\n", encoding="utf-8")
    dry, report = bring("plain", path, dry_run=True), bring("plain", path)

    [said] = report.shown
    assert (said.place.line, said.kind, said.code) == (2, "product", "settings_left_out")
    assert said.detail.startswith(f"Made without {left}:")
    assert dry.shown == report.shown
    assert session.scalars(select(Product).where(Product.slug == "base")).one().doors == []
    assert bring("plain", path).shown == []  # it is here now, and nothing is taken over


@pytest.mark.parametrize(
    ("row", "left"),
    [
        ("9,base,pro,lifetime,true,,,", "renews"),
        ("9,base,pro,lifetime,true,14,true,", "renews, trial_days, trial_needs_card"),
        ("9,base,pro,year,,900,false,", "trial_days"),
        ("9,base,pro,year,,soon,false,", "trial_days"),
        ("9,base,pro,year,,14,,", "trial_days"),
        ("9,base,pro,year,true,14,true,1 77", "bundled_plan_ids"),
        ("9,base,pro,year,,,,1 2", "bundled_plan_ids"),
        ("9,base,pro,year,,,,4", "bundled_plan_ids"),
        ("9,base,pro,year,,,,5", "bundled_plan_ids"),
    ],
)
def test_a_plan_is_made_without_the_setting_that_it_cannot_have(
    bring: Bring, harbour: Cast, tmp_path: Path, row: str, left: str
) -> None:
    others = "1,one,a,year,,,,\n2,one,b,year,,,,\n4,base,own,year,,,,\n5,two,whole,year,,,,1\n"
    path = tmp_path / "plans.csv"
    path.write_text(f"{PLANS}{row}\n{others}", encoding="utf-8")
    dry, report = bring("plain", path, dry_run=True), bring("plain", path)

    [said] = report.shown
    assert (said.place.line, said.kind, said.code) == (2, "plan", "settings_left_out")
    assert said.detail.startswith(f"Made without {left}:")
    assert dry.shown == report.shown
    assert len(session.scalars(select(Plan.id).where(Plan.code == "pro")).all()) == 1


def test_a_circle_of_add_ons_is_cut_once_and_said(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(f"{PRODUCTS}1,base,Base,,,,2\n2,more,More,,,,1\n", encoding="utf-8")
    report = bring("plain", path)

    assert [(line.ref, line.code) for line in report.shown] == [("more", "settings_left_out")]
    [base] = session.scalars(select(Product).where(Product.slug == "base"))
    assert base.addon_of is not None
    assert base.addon_of.slug == "more"
    assert base.addon_of.addon_of is None


def test_an_import_that_breaks_off_between_slices_leaves_no_part_before_its_whole(
    bring: Bring, harbour: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "SLICE", 1)
    products, plans = tmp_path / "products.csv", tmp_path / "plans.csv"
    products.write_text(f"{PRODUCTS}1,more,More,,,,2\n2,base,Base,,,,\n", encoding="utf-8")
    plans.write_text(f"{PLANS}1,base,all,year,,,,2\n2,more,part,year,,,,\n", encoding="utf-8")
    files = [(path, path.name) for path in (products, plans)]
    for end in range(1, 5):  # a run dies behind each slice, and the next one goes on
        with pytest.raises(BrokeOff):
            import_files(
                "plain", files, now=NOON, actor="cli", zone=ZoneInfo("UTC"), each_slice=breaking_off(end)
            )  # fmt: skip
    report = bring("plain", products, plans)

    [more] = session.scalars(select(Product).where(Product.slug == "more"))
    [whole] = session.scalars(select(Plan).where(Plan.code == "all"))
    [part] = session.scalars(select(Plan).where(Plan.code == "part"))
    assert more.addon_of is not None
    assert whole.bundled_plan_ids == [part.id]
    assert report.shown == []
    assert not any(outcome == "created" for _kind, outcome in report.counts)
