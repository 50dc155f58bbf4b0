"""Files that are not what they should be: the refusal says what to do, and which column was looked for."""

import zipfile
from pathlib import Path

import pytest

from server.importing.files import FileNotRead, open_source
from tests.conftest import Cast
from tests.server.importing.conftest import Bring


def packed(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "key,email,product\n")
    return path


@pytest.mark.parametrize("names", [("licenses.csv", "plans.csv"), ("export.json",), ()])
def test_a_zip_is_to_be_unpacked_first(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(FileNotRead) as refused:
        open_source(packed(tmp_path / "export.zip", *names))
    assert refused.value.detail == "export.zip is a ZIP. Unpack it first, and give the files that are in it."


def test_a_zip_that_was_cut_off_is_called_one_too(tmp_path: Path) -> None:
    path = packed(tmp_path / "export.zip", "licenses.csv")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(FileNotRead, match=r"is a ZIP\. Unpack it first"):
        open_source(path)


@pytest.mark.parametrize("inside", ["[Content_Types].xml", "mimetype"])
def test_a_spreadsheet_is_to_be_saved_as_csv_though_it_is_a_zip_inside(tmp_path: Path, inside: str) -> None:
    with pytest.raises(FileNotRead, match=r"is no text in UTF-8\. Save it as “CSV UTF-8”"):
        open_source(packed(tmp_path / "licenses.xlsx", inside, "content.xml"))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            "key,mail,product",
            "lacks the column email, which a file of licenses has. Its columns: key, mail, product.",
        ),
        ("key,product", "lacks the column email, which a file of licenses has. Its columns: key, product."),
        (
            "Key,E-Mail",
            "lacks the columns email, product, which a file of licenses has. Its columns: e_mail, key.",
        ),
        (
            "mail,name,locale",
            "lacks the column email, which a file of customers has. Its columns: locale, mail, name.",
        ),
        (
            "product,code,term",
            "lacks the column interval, which a file of plans has. Its columns: code, product, term.",
        ),
        (
            "key,email,prodcut",
            "lacks the column product, which a file of licenses has. Its columns: email, key, prodcut.",
        ),
    ],
)
def test_the_column_that_is_missing_is_named_beside_those_that_are_there(
    bring: Bring, harbour: Cast, tmp_path: Path, header: str, said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n1,2,3\n", encoding="utf-8")
    with pytest.raises(FileNotRead) as refused:
        bring("plain", path)
    assert refused.value.detail == f"a.csv {said}"


def test_a_file_without_a_header_shows_no_key(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("SECRET-KEY-ABCD,nia@example.com,Gallery\n", encoding="utf-8")
    with pytest.raises(FileNotRead) as refused:
        bring("plain", path)
    assert refused.value.detail.startswith("a.csv lacks the columns of this format. A file of licenses has: ")
    assert "secret" not in refused.value.detail.lower()


def test_of_many_columns_the_first_are_named(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    others = [f"column_{n:02}" for n in range(30)]
    path.write_text(",".join(["key", "product", *others]) + "\n1\n", encoding="utf-8")
    with pytest.raises(FileNotRead) as refused:
        bring("plain", path)
    assert refused.value.detail.endswith("column_19 and 12 more.")
