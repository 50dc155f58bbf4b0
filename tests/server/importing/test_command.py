"""`keydesk-server import`: what it says, what it leaves in a report, and how it ends."""

import csv
import re
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import select

from server.cli import IMPORT_ENCODINGS, IMPORT_FORMATS, cli
from server.customers.models import Customer
from server.importing.files import ENCODINGS
from server.importing.formats import FORMATS
from server.kernel import db, settings
from server.kernel.db import session
from server.kernel.tenancy import tenant
from server.licensing.models import License
from tests.conftest import Cast
from tests.server.importing.conftest import SAMPLES


def command(*words: str) -> Result:
    loaded = settings.current()
    environ = {
        "KEYDESK_ENV": "development",
        "KEYDESK_DATABASE_URL": loaded.database_url,
        "KEYDESK_DATA_DIR": str(loaded.data_dir),
    }
    done = CliRunner().invoke(cli, ["import", *words], env=environ)
    db.connect(loaded.database_url)
    return done


def test_the_command_knows_every_format_and_its_help_says_what_each_is() -> None:
    assert set(IMPORT_FORMATS) == set(FORMATS)
    assert set(IMPORT_ENCODINGS) == set(ENCODINGS)
    told = CliRunner().invoke(cli, ["import", "--help"]).output
    for one in FORMATS.values():
        assert re.search(rf"^ +{one.name} +\S", told, re.MULTILINE), one.name


def test_a_report_that_cannot_be_written_ends_with_one_sentence(harbour: Cast, tmp_path: Path) -> None:
    report = tmp_path / "nowhere" / "left-out.csv"
    refused = command("plain", str(SAMPLES / "plain.csv"), "--vendor", "harbour", "--report", str(report))

    assert refused.exit_code == 1
    assert f"keydesk: {report}: No such file or directory" in refused.output
    with tenant(harbour.vendor.id):
        assert session.scalars(select(License)).all() == []


def test_it_imports_says_the_counts_and_writes_a_report(harbour: Cast, tmp_path: Path) -> None:
    report = tmp_path / "left-out.csv"
    done = command("edd", str(SAMPLES / "edd-licenses.csv"), "--vendor", "harbour", "--report", str(report))

    assert done.exit_code == 0, done.output
    assert "license              7          0        4" in done.output
    assert "edd-licenses.csv, line 8, license 107: This cannot be a key: 8 to 128 printable" in done.output
    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["line"]) for row in rows] == sorted(int(row["line"]) for row in rows)
    assert {row["line"] for row in rows if row["kind"] == "license" and row["outcome"] == "skipped"} == {
        "8",
        "9",
        "10",
        "11",
    }
    with tenant(harbour.vendor.id):
        assert len(session.scalars(select(License)).all()) == 7


def test_who_has_a_report_is_not_told_to_ask_for_one(harbour: Cast, tmp_path: Path) -> None:
    path, report = tmp_path / "licenses.csv", tmp_path / "left-out.csv"
    path.write_text("key,email,product\n" + "short,a@example.com,Gallery\n" * 23, encoding="utf-8")
    words = ["plain", str(path), "--vendor", "harbour", "--dry-run"]
    without, with_it = command(*words).output, command(*words, "--report", str(report)).output

    assert "  and 3 more; --report FILE.csv writes all of them down.\n" in without
    assert with_it.endswith(f"  and 3 more.\nAll of them: {report}\n")
    assert "line 2, license …hort: This cannot be a key" in without


def test_files_without_rows_end_with_one_sentence(harbour: Cast, tmp_path: Path) -> None:
    names = [tmp_path / "licenses.csv", tmp_path / "sites.csv"]
    for path in names:
        path.write_bytes(b"")
    refused = command("plain", *map(str, names), "--vendor", "harbour")

    assert refused.exit_code == 1
    assert "keydesk: There is nothing to import, no row in licenses.csv, sites.csv." in refused.output


def test_names_of_a_cyrillic_spreadsheet_come_in_as_they_are(harbour: Cast, tmp_path: Path) -> None:
    path = tmp_path / "licenses.csv"
    row = "PLAIN-KEY-0001;ivan@buyer.example.com;Harbour Gallery;Иван Петров"
    path.write_bytes(f"key;email;product;name\n{row}\n".encode("windows-1251"))
    done = command("plain", str(path), "--vendor", "harbour", "--encoding", "windows-1251")

    assert done.exit_code == 0, done.output
    with tenant(harbour.vendor.id):
        assert session.scalars(select(Customer.name)).all() == ["Иван Петров"]


def test_a_dry_run_says_so_and_writes_nothing(harbour: Cast) -> None:
    done = command("plain", str(SAMPLES / "plain.csv"), "--vendor", "harbour", "--dry-run")

    assert done.exit_code == 0, done.output
    assert "Nothing was written: this was a dry run." in done.output
    with tenant(harbour.vendor.id):
        assert session.scalars(select(License)).all() == []


def test_a_vendor_file_or_mapping_that_is_not_known_ends_with_one_sentence(harbour: Cast) -> None:
    sample = str(SAMPLES / "edd-licenses.csv")
    unknown = command("edd", sample, "--vendor", "nobody")
    assert unknown.exit_code == 1
    assert "There is no vendor with the short name nobody. Known: harbour." in unknown.output
    other = command("freemius", sample, "--vendor", "harbour")
    assert other.exit_code == 1
    assert "edd-licenses.csv lacks the columns of this format." in other.output
    mapped = command("edd", sample, "--vendor", "harbour", "--map", "Harbour Gallery=nowhere")
    assert mapped.exit_code == 1
    assert "There is no product with the short name “nowhere”." in mapped.output
