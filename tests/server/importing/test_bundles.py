"""A license that came with a bundle comes with it again; without its bundle it stands for itself."""

from pathlib import Path

import pytest
from sqlalchemy import select

from server.kernel.db import session
from server.licensing.models import License
from server.licensing.services import find_license_by_key
from tests.conftest import Cast
from tests.server.importing.conftest import Bring

HEADER = "license_id,key,email,product,parent_id\n"
BUNDLE = "1,BUNDLE-KEY-1,nia@example.com,Everything,\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "licenses.csv"


def test_the_bundle_may_stand_below_its_parts(bring: Bring, harbour: Cast, table: Path) -> None:
    table.write_text(f"{HEADER}2,PART-KEY-0002,nia@example.com,Gallery,1\n{BUNDLE}", encoding="utf-8")
    dry, report = bring("plain", table, dry_run=True), bring("plain", table)

    assert report.shown == dry.shown == []
    assert find_license_by_key("PART-KEY-0002").parent_id == find_license_by_key("BUNDLE-KEY-1").id


def test_a_part_that_comes_later_finds_the_bundle_that_is_here(
    bring: Bring, harbour: Cast, table: Path
) -> None:
    table.write_text(HEADER + BUNDLE, encoding="utf-8")
    bring("plain", table)
    table.write_text(f"{HEADER}{BUNDLE}2,PART-KEY-0002,nia@example.com,Gallery,1\n", encoding="utf-8")
    bring("plain", table)

    assert find_license_by_key("PART-KEY-0002").parent_id == find_license_by_key("BUNDLE-KEY-1").id


@pytest.mark.parametrize(
    ("rows", "alone"),
    [
        ("2,PART-KEY-0002,nia@example.com,Gallery,9\n", ["2"]),
        ("2,PART-KEY-0002,nia@example.com,Gallery,2\n", ["2"]),
        ("2,PART-KEY-0002,nia@example.com,Gallery,3\n3,PART-KEY-0003,nia@example.com,Forms,2\n", ["2", "3"]),
        ("2,PART-KEY-0002,nia@example.com,Gallery,1\n3,PART-KEY-0003,nia@example.com,Gallery,1\n", ["3"]),
    ],
    ids=["unknown", "itself", "a circle", "a second one of the product"],
)
def test_what_cannot_be_its_bundle_is_said_and_the_license_taken_alone(
    bring: Bring, harbour: Cast, table: Path, rows: str, alone: list[str]
) -> None:
    table.write_text(HEADER + BUNDLE + rows, encoding="utf-8")
    report = bring("plain", table)

    assert [(line.ref, line.code) for line in report.shown] == [(ref, "bundle_unknown") for ref in alone]
    taken = {row.source: row.parent_id for row in session.scalars(select(License))}
    assert [source for source in taken if source in {f"plain:{ref}" for ref in alone} and taken[source]] == []
