"""A person says what a product or plan of the files is called here, by the names or numbers it has there."""

from pathlib import Path

import pytest
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.kernel.db import session
from server.licensing.models import License
from tests.conftest import Cast
from tests.server.importing.conftest import Bring

ROWS = """license_id,key,email,product,plan
1,PLAIN-KEY-0001,nia@example.com,Maps,Pro
2,PLAIN-KEY-0002,ole@example.com,Maps,Basic
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "licenses.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def goods() -> dict[str | None, tuple[str, str]]:
    """Of each license: product and plan."""
    rows = session.scalars(select(License))
    return {row.source: (row.product.slug, row.plan.code) for row in rows}


def test_one_plan_is_mapped_without_its_product(bring: Bring, harbour: Cast, table: Path) -> None:
    report = bring("plain", table, **{"Maps/Pro": "harbour-gallery/studio"})

    assert goods() == {"plain:1": ("harbour-gallery", "studio"), "plain:2": ("maps", "basic")}
    assert report.shown == []


def test_a_table_may_say_the_short_names_of_product_and_plan(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "licenses.csv"
    path.write_text(ROWS.replace("Maps,Pro", "harbour-gallery,studio").partition("2,")[0], encoding="utf-8")
    bring("plain", path)

    assert goods() == {"plain:1": ("harbour-gallery", "studio")}
    assert session.scalars(select(Product.slug)).all() == ["harbour-gallery"]


def test_a_plan_goes_before_the_product_it_is_of(bring: Bring, harbour: Cast, table: Path) -> None:
    bring("plain", table, **{"Maps": "harbour-gallery", "maps/pro": "harbour-gallery/studio"})

    assert goods() == {"plain:1": ("harbour-gallery", "studio"), "plain:2": ("harbour-gallery", "basic")}


def test_a_number_maps_all_plans_of_a_product_too(bring: Bring, harbour: Cast) -> None:
    bring("freemius", "freemius-licenses.json", "freemius-users.json", **{"77": "harbour-gallery/studio"})

    assert set(goods().values()) == {("harbour-gallery", "studio")}
    assert session.scalars(select(Product.slug)).all() == ["harbour-gallery"]
    assert session.scalars(select(Plan.code)).all() == ["studio"]


def test_a_slip_in_a_mapping_is_said_before_anything_is_made(
    bring: Bring, harbour: Cast, table: Path
) -> None:
    report = bring(
        "plain", table, dry_run=True, **{"Maps": "harbour-gallery", "Mpas/Pro": "harbour-gallery/studio"}
    )

    [said] = report.shown
    assert (said.code, said.place, said.outcome) == ("mapping_unused", ("mapping", 2), "unused")
    assert "is called “mpas/pro”" in said.detail
