"""Rows as people leave them: short, with a stray quote; each that is left out is named where it is."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.importing.files import Unreadable, open_source
from server.importing.json_stream import JsonBroken
from server.kernel.db import session
from server.licensing.models import License
from server.licensing.services import find_license_by_key
from tests.conftest import Cast
from tests.server.importing.conftest import SAMPLES, Bring

HEADER = "key,email,product,name\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "licenses.csv"


def test_a_bad_address_in_a_row_is_told_from_a_buyer_that_is_missing(
    bring: Bring, harbour: Cast, table: Path
) -> None:
    table.write_text(f"{HEADER}PLAIN-KEY-1,notmail,Gallery,\nPLAIN-KEY-2,,Gallery,\n", encoding="utf-8")
    report = bring("plain", table)

    assert [(line.place.line, line.code) for line in report.shown] == [
        (2, "email_invalid"),
        (3, "customer_unknown"),
    ]
    assert report.shown[0].detail == "“notmail” is no e-mail address that works."


def test_the_report_goes_down_the_lines_of_each_file(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    report = bring("edd", "edd-licenses.csv", "edd-products.csv")
    told = [line for line in report.shown if line.place.file == "edd-licenses.csv"]
    assert told == sorted(told, key=lambda line: (not line.is_fault, line.place.line))
    assert [line.is_fault for line in told].count(True) > 3

    sites = tmp_path / "sites.csv"
    sites.write_text("site_url,license_id\nhttps://a.example.com,9\n", encoding="utf-8")
    both = bring("plain", sites, "plain.csv")
    assert [(line.place.file, line.place.line) for line in both.shown] == [
        ("plain.csv", 5),
        ("plain.csv", 6),
        ("sites.csv", 2),
    ]


@pytest.mark.parametrize(
    "end", ["", 'KEY-9,"i@example.com",Gallery,I\n'], ids=["to the end", "to a later quote"]
)
def test_a_quote_that_is_not_closed_costs_its_own_line_only(table: Path, end: str) -> None:
    others = "".join(f"KEY-{n},{n}@example.com,Gallery,N\n" for n in range(3, 6))
    table.write_text(f'{HEADER}KEY-2,"nia@example.com,Gallery,N\n{others}{end}', encoding="utf-8")
    rows = [(place.line, row) for place, row in open_source(table).rows()]

    assert [line for line, _row in rows] == list(range(2, 7 if end else 6))
    [(line, wrong)] = [(line, row) for line, row in rows if isinstance(row, Unreadable)]
    assert (line, wrong.code) == (2, "row_unreadable")
    assert "a quote begins here and is not closed" in wrong.detail


def test_a_stray_quote_inside_a_line_is_read_as_it_stands(table: Path) -> None:
    table.write_text(
        f'{HEADER}KEY-1,a@example.com,Gallery,"Nia" Nord\nKEY-2,b@example.com,5" Maps,\n', "utf-8"
    )
    rows = [dict(row) for _place, row in open_source(table).rows() if not isinstance(row, Unreadable)]

    assert [(row["product"], row["name"]) for row in rows] == [("Gallery", "Nia Nord"), ('5" Maps', "")]


def test_objects_that_lie_too_deep_are_refused_in_words(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text('[{"a":' * 5_000, encoding="utf-8")
    with pytest.raises(JsonBroken):
        bring("plain", path)


def test_a_plan_that_cannot_be_is_named_and_the_rest_comes_in(
    bring: Bring, harbour: Cast, table: Path, tmp_path: Path
) -> None:
    plans = tmp_path / "plans.csv"
    plans.write_text(
        "product,code,name,interval,features\nGallery,pro,Pro,year,Export!\nGallery,,Basic,year,\n"
        "Gallery,team,Team,year,export\n",
        encoding="utf-8",
    )
    table.write_text(f"{HEADER}PLAIN-KEY-1,nia@example.com,Gallery,\n", encoding="utf-8")
    dry, report = bring("plain", table, plans, dry_run=True), bring("plain", table, plans)

    assert [(line.place.line, line.code) for line in report.shown] == [
        (2, "cell_unreadable"),
        (3, "cell_unreadable"),
    ]
    assert report.counts["license", "created"] == 1
    assert (dry.shown, dry.counts) == (report.shown, report.counts)
    assert "team" in session.scalars(select(Plan.code)).all(), "a table of plans is brought as it is"


def test_a_first_row_that_is_wrong_takes_no_other_of_its_product_along(
    bring: Bring, harbour: Cast, table: Path, tmp_path: Path
) -> None:
    table.write_text(
        "key,email,product,seats\nPLAIN-KEY-1,nia@example.com,Maps,many\nPLAIN-KEY-2,ole@example.com,Maps,1\n",
        encoding="utf-8",
    )
    assert [line.place.line for line in bring("plain", table).shown] == [2]

    told = json.loads((SAMPLES / "lmfwc-licenses.json").read_text(encoding="utf-8"))
    rows = told["data"] if isinstance(told, dict) else told
    path = tmp_path / "licenses.json"
    sites = [{"label": "https://a.com", "created_at": "some day"}]
    wrong = {**rows[0], "id": 4, "licenseKey": "LM-AAAA-BBBB-CCCC-0004", "activationData": sites}
    path.write_text(json.dumps([wrong, *rows]), encoding="utf-8")
    report = bring("lmfwc", path, "lmfwc-orders.csv")
    assert [(line.ref, line.code) for line in report.shown if line.kind == "license"] == [
        ("4", "cell_unreadable")
    ]


def test_a_license_for_more_sites_than_any_plan_has_none_to_count(
    bring: Bring, harbour: Cast, table: Path
) -> None:
    table.write_text(
        "key,email,product,seats\nPLAIN-KEY-1,nia@example.com,Gallery,999999\n", encoding="utf-8"
    )
    bring("plain", table)
    assert find_license_by_key("PLAIN-KEY-1").seats is None


def test_a_product_is_found_by_its_short_name_in_any_spelling(
    bring: Bring, harbour: Cast, table: Path, tmp_path: Path
) -> None:
    products = tmp_path / "products.csv"
    products.write_text("slug,name\nMaps-Pro,Maps for all\n", encoding="utf-8")
    table.write_text(f"{HEADER}PLAIN-KEY-1,nia@example.com,maps-pro,\n", encoding="utf-8")
    bring("plain", products, table)

    assert find_license_by_key("PLAIN-KEY-1").product.name == "Maps for all"
    assert len(session.scalars(select(Product)).all()) == 2


def test_an_order_of_several_lines_keeps_its_buyer(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("order_id,billing_email\n900,lea@buyer.example.com\n900,\n", encoding="utf-8")
    bring("lmfwc", "lmfwc-licenses.csv", orders)
    assert find_license_by_key("LM-AAAA-BBBB-CCCC-0001").customer.email == "lea@buyer.example.com"


def test_a_lemon_squeezy_key_without_a_product_is_left_out(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    row = {"id": "61", "key": "38b1460a-5104", "user_email": "lou@example.com", "activation_limit": 1}
    keys.write_text(json.dumps([{**row, "status": "active"}]), encoding="utf-8")
    report = bring("lemonsqueezy", keys)

    assert [(line.ref, line.code) for line in report.shown] == [("61", "product_unknown")]
    assert session.scalars(select(License)).all() == []


def test_a_row_without_a_number_is_named_by_the_end_of_its_key_and_no_more(
    bring: Bring, harbour: Cast, table: Path
) -> None:
    rows = "PLAIN-SECRET-0001,nia@example.com,,\nshort,nia@example.com,Gallery,\n,nia@example.com,Gallery,\n"
    table.write_text(HEADER + rows, encoding="utf-8")
    assert [line.ref for line in bring("plain", table).shown] == ["…0001", "…hort", ""]
