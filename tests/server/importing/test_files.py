"""Exported files as they are in the world: other encodings and delimiters, cut off, huge, or else."""

import csv
import io
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from server.customers.models import Customer
from server.importing.files import CHUNK, FileNotRead, FilesEmpty, Unreadable, column_name, flat, open_source
from server.importing.json_stream import JsonBroken, objects_of
from server.kernel.db import session
from server.kernel.text import guarded_cell, unguarded_cell
from server.licensing.models import License
from tests.conftest import Cast
from tests.server.importing.conftest import Bring

HEADER = "License Key,Customer Email,Product"


def rows(path: Path) -> list[object]:
    return [row for _place, row in open_source(path).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    text = f"{HEADER}\r\nKEY-1,lea@example.com,Galerie Noël\r\n".replace(",", delimiter)
    path.write_bytes(text.encode(encoding))

    assert rows(path) == [
        {"license_key": "KEY-1", "customer_email": "lea@example.com", "product": "Galerie Noël"}
    ]


def test_an_encoding_that_a_person_names_is_for_files_that_are_not_utf_8(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    text = "key,email,product,name\nPLAIN-KEY-000{n},{n}@buyer.example.com,Harbour Gallery,Олена Коваль\n"
    for n, encoding in ((1, "windows-1251"), (2, "utf-8")):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(text.format(n=n).encode(encoding))
        assert bring("plain", path, encoding="windows-1251").shown == []

    assert set(session.scalars(select(Customer.name))) == {"Олена Коваль"}


def test_an_encoding_that_nobody_named_is_said_with_the_way_to_name_it(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    text = "key,email,product,name\nPLAIN-KEY-0001,lea@buyer.example.com,Harbour Gallery,Zoë “€” "
    path.write_bytes(text.encode("windows-1252") + b"\x81\n")  # a byte that stands for nothing
    report = bring("plain", path)

    [said] = report.shown
    assert said.code == "encoding_guessed"
    assert "read as Windows-1252, Western, for example “Zoë “€” \ufffd”." in said.detail
    assert "--encoding" in said.detail
    assert session.scalars(select(Customer.name)).all() == ["Zoë “€” \ufffd"]


@pytest.mark.parametrize("before", [0, CHUNK - len("PLAIN-KEY-0001,lea@buyer.example.com,Gallery,Lea ")])
def test_a_guessed_encoding_shows_a_name_and_no_key(tmp_path: Path, before: int) -> None:
    path = tmp_path / "a.csv"
    text = f"{'x' * before}PLAIN-KEY-0001,lea@buyer.example.com,Gallery,Lea Жанна Коваль,PLAIN-KEY-0002\n"
    path.write_bytes(text.encode("windows-1251"))

    assert open_source(path).sample() == "Lea Æàííà Êîâàëü"


def test_a_long_text_in_a_guessed_encoding_is_shown_in_part(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"key\n{'so long ' * 9}é{' and on' * 9}\n".encode("latin-1"))

    assert open_source(path).sample() == "ong so long so long é and on and on and o"


@pytest.mark.parametrize("content", [b"", b"\n", HEADER.encode(), f"{HEADER}\n\n\n".encode()])
def test_a_file_without_rows_has_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert rows(path) == []


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("content", [b"", b"key,email,product\n", b"key,email,product\n\n,,\n"])
def test_files_without_any_row_are_refused_in_words(
    bring: Bring, harbour: Cast, tmp_path: Path, content: bytes, dry_run: bool
) -> None:
    path = tmp_path / "licenses.csv"
    path.write_bytes(content)
    with pytest.raises(FilesEmpty, match=r"no row in licenses\.csv"):
        bring("plain", path, dry_run=dry_run)


def test_an_empty_table_beside_one_with_rows_is_no_fault(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("email,name\n", encoding="utf-8")
    assert bring("plain", "plain.csv", path).counts["license", "created"] > 0


def test_a_file_that_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER.encode("utf-16"))
    with pytest.raises(FileNotRead, match="Save it as “CSV UTF-8”"):
        open_source(path)


def test_a_line_that_cannot_be_read_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    long = "x" * (1 << 20 | 1)
    path.write_text(f"{HEADER}\nA,b,c,d\n{long},b,c\nKEY-2,b,c\n", encoding="utf-8")
    found = list(open_source(path).rows())

    assert [place.line for place, _row in found] == [2, 3, 4]
    assert [row.code for _place, row in found if isinstance(row, Unreadable)] == [
        "too_many_cells",
        "row_unreadable",
    ]
    assert isinstance(found[2][1], dict)


def test_a_short_line_and_a_missing_quote_leave_their_rows_out_and_the_next_is_read(
    bring: Bring, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "key,email,product,plan\n"
        "PLAIN-KEY-0001,a@b.example.com\n"
        'PLAIN-KEY-0002,"a@b.example.com,harbour-gallery,studio\n'
        'PLAIN-KEY-0003,"a@b.example.com",harbour-gallery,studio\n'
        "PLAIN-KEY-0004,a@b.example.com,harbour-gallery,studio\n"
        'PLAIN-KEY-0005,a@b.example.com,harbour-gallery,"studio\n',
        encoding="utf-8",
    )
    for dry_run in (True, False):
        report = bring("plain", path, dry_run=dry_run)
        left_out = [(line.place.line, line.code) for line in report.shown if line.outcome == "skipped"]
        assert left_out == [(2, "row_unreadable"), (3, "row_unreadable"), (6, "row_unreadable")]
    hints = sorted(row.key_hint[-4:] for row in session.scalars(select(License)))
    assert hints == ["0003", "0004"], "a quote that is missing hides no other line"


@pytest.mark.parametrize(
    ("system", "whole"),
    [
        ("plain", {"key": "PLAIN-KEY-0001", "email": "a@b.example.com", "product": "Gallery"}),
        ("freemius", {"secret_key": "sk_1", "plan_id": "1", "quota": "1"}),
        ("lemonsqueezy", {"key": "LEMON-KEY-0001", "user_email": "a@b.example.com", "activation_limit": 1}),
        ("lmfwc", {"license_key": "LM-AAAA-0001", "times_activated_max": "1"}),
        ("edd", {"license_key": "0a1b2c3d", "license_status": "active", "product_name": "Gallery"}),
    ],
)
def test_an_object_without_its_fields_is_left_out_in_every_format(
    bring: Bring, tmp_path: Path, system: str, whole: dict[str, object]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps([whole, {"id": "2", "product_id": "7", "product_name": "Gallery"}]), encoding="utf-8"
    )

    report = bring(system, path, dry_run=True)

    assert [line.code for line in report.shown if line.place.line == 2] == ["row_unreadable"]


def test_a_row_is_named_by_its_line_also_behind_breaks_inside_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'{HEADER}\nA,"two\nlines",c\nB,b,c\n', encoding="utf-8")
    assert [place.line for place, _row in open_source(path).rows()] == [2, 4]


@given(st.text(alphabet="'=+-@\t\r\n;\" ab1", max_size=8))
def test_a_guarded_cell_is_read_as_it_was(text: str) -> None:
    guarded = guarded_cell(text)
    assert unguarded_cell(guarded) == text
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text(alphabet="'=+-@\t\r\n;,\" a1", max_size=8), st.sampled_from(",;\t"))
def test_a_guarded_cell_hides_no_formula_from_a_spreadsheet_with_its_own_delimiter(
    text: str, delimiter: str
) -> None:
    csv.writer(file := io.StringIO()).writerow(["cus_1", guarded_cell(text), "x"])
    for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row), row


def test_a_long_text_of_nothing_but_breaks_is_guarded_at_once() -> None:
    begun = time.process_time()
    for filling in ("\n", ";", "\t ", '; "', "'", "\n'"):
        text = filling * 100_000
        assert unguarded_cell(guarded_cell(text)) == text
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "name", ["License Key", "licenseKey", "license_key", " LICENSE-KEY ", "License key:"]
)
def test_spellings_of_one_column_are_one(name: str) -> None:
    assert column_name(name) == "license_key"


def test_fields_of_inner_objects_carry_the_names_around_them() -> None:
    found = flat({"id": "1", "attributes": {"user_email": "a@b"}, "billing": {"email": "c"}, "tags": ["x"]})
    assert found == {"id": "1", "user_email": "a@b", "billing_email": "c"}


ROW = st.fixed_dictionaries(
    {"id": st.integers(0, 10**6), "name": st.text(max_size=12)},
    optional={"products": st.lists(st.fixed_dictionaries({"id": st.integers()}), max_size=2)},
).map(lambda row: {"id": row["id"], **row})


@given(
    st.lists(st.lists(ROW, max_size=4), min_size=1, max_size=4), st.sampled_from(["list", "pages", "lines"])
)
def test_lists_pages_and_lines_of_json_hold_the_same_rows(
    pages: list[list[dict[str, object]]], how: str
) -> None:
    every = [row for page in pages for row in page]
    text = {
        "list": json.dumps(every),
        "pages": "\n".join(
            json.dumps({"meta": {"page": {"to": 1}, "links": []}, "data": page, "more": {"a": 1}})
            for page in pages
        ),
        "lines": "\n".join(json.dumps(row) for row in every),
    }[how]
    assert list(objects_of(io.StringIO(text))) == every


@pytest.mark.parametrize(
    "text", ['{"licenses": [{"id": 1}', "[1, 2", '{"id": ', '[{"id": 1}] nonsense', "{]"]
)
def test_json_that_was_cut_off_is_refused_in_words(text: str) -> None:
    with pytest.raises(JsonBroken):
        list(objects_of(io.StringIO(text)))


@pytest.mark.parametrize("broken", ["{]", '[{"id": 1, "email": "a@b"}, {', '[{"id": 1, "email": "a@b"}] and'])
def test_of_several_files_the_one_that_is_broken_is_named(bring: Bring, tmp_path: Path, broken: str) -> None:
    path = tmp_path / "page-2.json"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(JsonBroken, match=r"^page-2\.json: The file "):
        bring("freemius", "freemius-licenses.json", path)


def test_a_cut_off_file_ends_the_import_and_keeps_what_came_in(bring: Bring, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    line = json.dumps({"key": "PLAIN-KEY-0001", "email": "a@b.example.com", "product": "Gallery"})
    path.write_text(f"{line}\n{line[:40]}", encoding="utf-8")
    with pytest.raises(JsonBroken, match=r"no JSON|cut off"):
        bring("plain", path)
