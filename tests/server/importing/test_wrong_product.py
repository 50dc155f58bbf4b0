"""A first import had a wrong product: later imports of the same keys say where they are, and what to do."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from server.catalog.models import Product
from server.catalog.services import create_product
from server.insights.services.exporting import write_zip
from server.kernel.db import session, writing
from server.licensing.models import License
from server.licensing.services import find_license_by_key, regenerate_key, revoke_license
from tests.conftest import NOON, Cast
from tests.server.importing.conftest import Bring

KEY = "PLAIN-KEY-0001"
Change = Callable[[dict[str, str]], dict[str, str]]


@pytest.fixture
def forms(harbour: Cast) -> Product:
    with writing():
        return create_product(name="Forms", slug="forms", now=NOON, actor="cli")


def table(folder: Path, product: str, *, key: str = KEY) -> Path:
    """What the vendor brings in first, without ids."""
    path = folder / "first.csv"
    path.write_text(f"key,email,product,plan\n{key},nia@example.com,{product},Pro\n", encoding="utf-8")
    return path


def own_export(folder: Path, change: Change = dict) -> list[Path]:
    """The tables of this server's export, with each license changed."""
    write_zip(folder / "own.zip", vendor="harbour", now=NOON, with_keys=True)
    paths = [folder / f"{name}.csv" for name in ("products", "plans", "licenses")]
    with zipfile.ZipFile(folder / "own.zip") as archive:
        texts = {path: archive.read(path.name).decode() for path in paths}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="")
    rows = list(csv.DictReader(io.StringIO(texts[paths[-1]])))
    with paths[-1].open("w", encoding="utf-8", newline="") as file:
        changed = csv.DictWriter(file, rows[0])
        changed.writeheader()
        changed.writerows(change(row) for row in rows)
    return paths


@pytest.mark.usefixtures("forms")
def test_a_key_that_is_here_on_another_product_is_named_with_both_products(
    bring: Bring, tmp_path: Path
) -> None:
    bring("plain", table(tmp_path, "Harbour Gallery"))
    files = own_export(tmp_path, lambda row: row | {"product": "forms"})
    dry, report = bring("plain", *files, dry_run=True), bring("plain", *files)

    [said] = report.shown
    assert (said.kind, said.outcome, said.code) == ("license", "skipped", "other_product")
    assert said.detail == (
        "The key is on the product “Harbour Gallery” here, and on “Forms” in the file; it stays where it is. "
        "If the file is right, give the license here a new key, revoke it, and import again."
    )
    assert dry.shown == report.shown
    assert find_license_by_key(KEY).product.name == "Harbour Gallery"


def test_a_key_that_is_here_on_another_product_is_named_also_where_the_one_of_the_file_is_not_here(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    bring("plain", table(tmp_path, "Harbour Gallery"))
    report = bring("plain", *own_export(tmp_path, lambda row: row | {"product": "Maps"}))

    [said] = report.shown
    assert said.code == "other_product"
    assert "on “Maps” in the file" in said.detail
    assert report.names == {"product": [], "plan": []}


@pytest.mark.usefixtures("forms")
def test_what_the_report_says_to_do_brings_the_key_to_the_right_product(bring: Bring, tmp_path: Path) -> None:
    bring("plain", table(tmp_path, "Harbour Gallery"))
    files = own_export(tmp_path, lambda row: row | {"product": "forms"})
    with writing():
        wrong = find_license_by_key(KEY)
        regenerate_key(wrong, actor="cli", now=NOON)
        revoke_license(wrong, "by_vendor", actor="cli", now=NOON)
    report = bring("plain", *files)

    assert report.counts["license", "created"] == 1
    assert find_license_by_key(KEY).product.name == "Forms"
    assert find_license_by_key(KEY).status(NOON) == "active"


def test_a_key_that_is_here_on_the_product_of_the_file_needs_nothing(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    bring("plain", table(tmp_path, "Harbour Gallery"))
    report = bring("plain", *own_export(tmp_path))

    assert [(line.code, line.detail) for line in report.shown] == [
        ("key_here", "You already have a license with this key.")
    ]


def test_a_key_that_somebody_else_has_here_is_named_with_the_way_out(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    bring("plain", table(tmp_path, "Harbour Gallery"))
    files = own_export(tmp_path, lambda row: row | {"email": "ana@buyer.example.com"})
    dry, report = bring("plain", *files, dry_run=True), bring("plain", *files)

    [said] = report.shown
    assert (said.kind, said.outcome, said.code) == ("license", "skipped", "key_of_another")
    assert "ana@buyer.example.com" in said.detail
    assert dry.shown == report.shown


@pytest.mark.usefixtures("forms")
def test_the_same_table_with_the_product_set_right_says_where_its_licenses_are(
    bring: Bring, tmp_path: Path
) -> None:
    bring("plain", table(tmp_path, "Harbour Gallery"))
    report = bring("plain", table(tmp_path, "Forms"))

    [said] = report.shown
    assert (said.code, said.detail) == (
        "differs",
        "Kept as it is here. product: Forms in the file, Harbour Gallery here.",
    )
    assert [one.product.name for one in session.scalars(select(License))] == ["Harbour Gallery"]


@pytest.mark.usefixtures("forms")
def test_with_an_id_of_its_own_and_its_key_free_a_row_comes_in_on_the_right_product(
    bring: Bring, tmp_path: Path
) -> None:
    bring("plain", table(tmp_path, "Harbour Gallery"))
    with writing():
        regenerate_key(find_license_by_key(KEY), actor="cli", now=NOON)
    path = tmp_path / "again.csv"
    path.write_text(f"license_id,key,email,product\nn-1,{KEY},nia@example.com,Forms\n", encoding="utf-8")
    bring("plain", path)

    assert find_license_by_key(KEY).product.name == "Forms"


ATLAS, FORMS = (
    "forms,Atlas",
    "forms-2,Forms",
)  # what was called Forms by a slip was renamed, its short name stays
TWO_PRODUCTS = pytest.mark.parametrize(
    "rows", [(ATLAS, FORMS), (FORMS, ATLAS)], ids=["slip first", "slip last"]
)


def exported(folder: Path, *rows: str) -> list[Path]:
    """Tables as an export has them: licenses name their product by its short name."""
    products, licenses = folder / "products.csv", folder / "licenses.csv"
    products.write_text("\n".join(("slug,name", *rows)), encoding="utf-8")
    keys = [f"lic_{slug},KEY-OF-{slug},nia@example.com,{slug},pro" for slug in ("forms", "forms-2")]
    licenses.write_text("\n".join(("license_id,key,email,product,plan", *keys)), encoding="utf-8")
    return [products, licenses]


def goods() -> dict[str | None, tuple[str, str]]:
    """Of each license that was imported: short name and name of its product."""
    return {one.source: (one.product.slug, one.product.name) for one in session.scalars(select(License))}


@TWO_PRODUCTS
def test_a_product_that_is_called_like_the_short_name_of_another_stays_apart_from_it(
    bring: Bring, harbour: Cast, tmp_path: Path, rows: tuple[str, ...]
) -> None:
    files = exported(tmp_path, *rows)
    dry, report = bring("plain", *files, dry_run=True), bring("plain", *files)

    assert sorted(report.names["product"]) == ["Atlas", "Forms"]
    assert (dry.names, dry.counts) == (report.names, report.counts)
    right = {"plain:lic_forms": ("forms", "Atlas"), "plain:lic_forms-2": ("forms-2", "Forms")}
    assert goods() == right
    again = bring("plain", *files)
    assert (again.shown, again.names["product"], goods()) == ([], [], right)


@TWO_PRODUCTS
def test_after_a_wrong_product_was_renamed_an_export_goes_to_the_products_it_names(
    bring: Bring, harbour: Cast, tmp_path: Path, rows: tuple[str, ...]
) -> None:
    bring("plain", table(tmp_path, "Forms"))
    with writing():
        [slip] = session.scalars(select(Product).where(Product.slug == "forms"))
        slip.name = "Atlas"
        create_product(name="Forms", slug="forms-2", now=NOON, actor="cli")
    report = bring("plain", *exported(tmp_path, *rows))

    assert report.names["product"] == []
    assert goods()["plain:lic_forms"] == ("forms", "Atlas")
    assert goods()["plain:lic_forms-2"] == ("forms-2", "Forms")
