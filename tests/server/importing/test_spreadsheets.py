"""What spreadsheets and WordPress put around a value when they write CSV."""

from pathlib import Path

import pytest
from sqlalchemy import select

from server.catalog.models import Product
from server.importing.files import open_source
from server.kernel.db import session
from server.licensing.models import Activation
from server.licensing.services import find_license_by_key, reveal_key
from tests.conftest import Cast
from tests.server.importing.conftest import Bring

EDD = "license_id,license_key,license_status,product_name,customer_email,activation_limit,activated_urls"


def test_what_excel_marks_as_text_is_read_without_the_marks(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "key,email,product\n"
        '="KEY-00000021",lea@buyer.example.com,Harbour Gallery\n'
        '"=""KEY-00000022""",lea@buyer.example.com,Harbour Gallery\n'
        '="KEY-0000=23,lea@buyer.example.com,Harbour Gallery\n'
    )
    bring("plain", path)

    for key in ("KEY-00000021", "KEY-00000022", '="KEY-0000=23'):
        assert reveal_key(find_license_by_key(key)) == key


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;\r"])
def test_a_first_line_for_excel_names_the_separator_and_no_columns(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{line}\nkey;email\nKEY-1,2;lea@example.com\n", newline="")
    source = open_source(path)

    assert source.columns == {"key", "email"}
    assert [(place.line, row) for place, row in source.rows()] == [
        (3, {"key": "KEY-1,2", "email": "lea@example.com"})
    ]


def test_titles_that_wordpress_wrote_for_html_are_one_product(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "edd.csv"
    titles = ("Forms &#038; Maps", "Forms &amp; Maps", "Forms & Maps")
    lines = [
        f"{n},edd-key-000{n},active,{title},lea@buyer.example.com,5," for n, title in enumerate(titles, 1)
    ]
    path.write_text("\n".join([EDD, *lines]) + "\n")
    bring("edd", path)

    named = session.scalars(select(Product.name).where(Product.name.startswith("Forms"))).all()
    assert named == ["Forms & Maps"]


def test_a_title_from_woocommerce_is_read_as_its_words(bring: Bring, harbour: Cast, tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("id,name\n55,Forms &amp; Maps\n")
    bring("lmfwc", "lmfwc-licenses.csv", "lmfwc-orders.csv", path)

    assert find_license_by_key("LM-AAAA-BBBB-CCCC-0001").product.name == "Forms & Maps"


def test_sites_on_lines_of_their_own_in_a_cell_are_all_read(
    bring: Bring, harbour: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "edd.csv"
    cell = '"https://one.example.com/\r\nhttps://two.example.com/, three.example.com"'
    path.write_text(
        f"{EDD}\n7,edd-key-0007,active,Harbour Gallery,lea@buyer.example.com,5,{cell}\n", newline=""
    )
    report = bring("edd", path)

    assert report.shown == []
    assert set(session.scalars(select(Activation.site_key))) == {
        "one.example.com",
        "two.example.com",
        "three.example.com",
    }
