"""Of several rows with one key the first one counts, also one that is left out: the next may name another."""

from pathlib import Path

import pytest
from sqlalchemy import select

from server.customers.models import Customer
from server.importing.services import running
from server.kernel.db import session
from server.licensing.models import License
from tests.conftest import Cast
from tests.server.importing.conftest import Bring

HEAD = "key,email,product,valid_until"
GOOD = "PLAIN-KEY-0001,bo@buyer.example.com,Harbour Gallery,2030-01-01"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("PLAIN-KEY-0001,ana@buyer.example.com,Harbour Gallery,soon", "cell_unreadable"),
        ("PLAIN-KEY-0001,ana@buyer,Harbour Gallery,2030-01-01", "email_invalid"),
    ],
)
@pytest.mark.parametrize("slice_of", [1_000, 1])
def test_a_key_whose_first_row_is_left_out_comes_in_on_nobody(
    bring: Bring, harbour: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    wrong: str, code: str, slice_of: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(running, "SLICE", slice_of)
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}\n{wrong}\n{GOOD}\n")
    dry, report = bring("plain", path, dry_run=True), bring("plain", path)

    assert [(line.place.line, line.code) for line in report.shown] == [(2, code), (3, "duplicate_key")]
    assert report.shown[-1].detail == "The same key stands in line 2."
    assert dry.shown == report.shown
    assert session.scalars(select(License.id)).all() == []


def test_a_row_that_is_left_out_behind_a_good_one_takes_nothing_from_it(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEAD}\n{GOOD}\nPLAIN-KEY-0001,ana@buyer,Harbour Gallery,2030-01-01\n")
    report = bring("plain", path)

    assert [line.code for line in report.shown] == ["email_invalid"]
    assert session.scalars(select(Customer.email)).all() == ["bo@buyer.example.com"]
