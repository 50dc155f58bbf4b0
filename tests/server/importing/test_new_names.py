"""A report names the products and plans that an import makes anew: a slip shows before it makes one."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.importing.driving import import_files
from server.importing.services import SLICE
from server.importing.services.reporting import NAMED
from server.kernel.db import session
from tests.conftest import NOON, Cast
from tests.server.importing.conftest import Bring
from tests.server.importing.test_command import command

Goods = Sequence[tuple[str, str]]


def table(folder: Path, goods: Goods) -> Path:
    """A license for each pair of product and plan."""
    path = folder / "licenses.csv"
    rows = (f"{n},NAMED-KEY-{n:05d},nia@example.com,{of},{plan}" for n, (of, plan) in enumerate(goods))
    path.write_text("\n".join(("license_id,key,email,product,plan", *rows)), encoding="utf-8")
    return path


@pytest.mark.parametrize("dry_run", [True, False])
def test_new_products_and_plans_are_named_and_those_that_are_here_are_not(
    bring: Bring, harbour: Cast, tmp_path: Path, dry_run: bool
) -> None:
    here, slip = "harbour-gallery", "Harbour Galery"
    path = table(tmp_path, [(here, "studio"), (here, "Solo"), (slip, "studio"), ("Forms", "")])
    report = bring("plain", path, dry_run=dry_run)

    assert report.names == {
        "product": ["Harbour Galery", "Forms"],
        "plan": ["Harbour Gallery / Solo", "Harbour Galery / studio", "Forms / Unlimited sites, for ever"],
    }
    assert report.shown == []


def test_a_second_run_names_nothing(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, [("Maps", "Pro"), ("Maps", "Solo")])
    bring("plain", path)

    assert bring("plain", path, dry_run=True).names == {"product": [], "plan": []}
    assert bring("plain", path).names == {"product": [], "plan": []}


def test_what_comes_in_several_slices_is_named_once(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, [("Maps", "Pro")] * SLICE + [("Forms", "Pro"), ("Maps", "Pro"), ("maps", "Solo")])
    dry, report = bring("plain", path, dry_run=True), bring("plain", path)

    assert dry.names == report.names
    assert report.names["product"] == ["Maps", "Forms"]
    assert report.names["plan"] == ["Maps / Pro", "Forms / Pro", "Maps / Solo"]


def test_a_run_that_goes_on_after_a_break_names_what_the_first_one_had_not_made(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = table(tmp_path, [("Maps", "Pro")] * SLICE + [("Forms", "Pro")])

    def break_off() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(
            "plain", [(path, path.name)], now=NOON, actor="cli", zone=ZoneInfo("UTC"), each_slice=break_off
        )
    dry, report = bring("plain", path, dry_run=True), bring("plain", path)

    assert dry.names == report.names == {"product": ["Forms"], "plan": ["Forms / Pro"]}


def test_a_name_that_is_too_long_is_told_as_it_is_made(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, [("Maps " * 30, "Pro " * 30)])
    dry, report = bring("plain", path, dry_run=True), bring("plain", path)
    product = session.scalar(select(Product.name).where(Product.slug.startswith("maps")))
    plan = session.scalar(select(Plan.name).where(Plan.code.startswith("pro")))

    assert dry.names == report.names == {"product": [product], "plan": [f"{product} / {plan}"]}


def test_of_many_the_first_are_named_and_the_rest_is_counted(harbour: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, [(f"Map {n}", "Pro") for n in range(NAMED + 5)])
    said = command("plain", str(path), "--vendor", "harbour", "--dry-run").output

    assert f"New products: {', '.join(f'Map {n}' for n in range(NAMED))} and 5 more\n" in said
    assert f"Map {NAMED - 1} / Pro and 5 more\n" in said
    assert f"Map {NAMED}," not in said


@pytest.mark.parametrize("more", [("--dry-run",), ()])
def test_the_command_names_them(harbour: Cast, tmp_path: Path, more: tuple[str, ...]) -> None:
    path = table(tmp_path, [("Gallery Pro", "Solo"), ("Forms", "Duo"), ("Forms", "")])
    said = command("plain", str(path), "--vendor", "harbour", *more).output

    assert "\nNew products: Gallery Pro, Forms\n" in said
    assert "\nNew plans: Gallery Pro / Solo; Forms / Duo; Forms / Unlimited sites, for ever\n" in said


def test_where_nothing_is_new_the_command_says_nothing_of_it(harbour: Cast, tmp_path: Path) -> None:
    path = table(tmp_path, [("Harbour Gallery", "studio")])
    assert "New p" not in command("plain", str(path), "--vendor", "harbour").output
