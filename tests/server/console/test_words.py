"""Times, sums and sizes are said the way people say them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

import server
from server.accounts.models import SCOPES
from server.console import words
from server.console.forms import Field, read
from server.console.settings import _scopes
from tests.conftest import NOON

HERE = Path(server.__path__[0])
MAILS, WORDS = HERE / "mail/templates/mail", HERE / "console/templates/console/_words.html"


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=40), "40 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=23), "yesterday"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(days=40), "12 Oct 2026"),
    ],
)
def test_how_long_ago(passed: timedelta, said: str) -> None:
    assert words.ago(NOON - passed, NOON) == said


def test_nobody_waits_zero_minutes() -> None:
    assert words.waited(NOON, NOON) == "1 min"
    assert words.waited(NOON - timedelta(days=3), NOON) == "3 days"


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (19_900, "eur", "€199"),
        (4_950, "usd", "$49.50"),
        (1_234_500, "chf", "CHF 12,345"),
        (980, "jpy", "JPY 980"),
        (65_600, "xof", "XOF 65,600"),
        (50_000, "ugx", "UGX 500"),
        (1_234_567, "kwd", "KWD 1,234.567"),
    ],
)
def test_sums(amount: int, currency: str, said: str) -> None:
    assert words.money(amount, currency) == said


def test_an_address_breaks_before_its_marks_only() -> None:
    assert words.pieces("ana+new@buyer.example.com") == ["ana", "+new", "@buyer", ".example", ".com"]
    assert words.pieces("a" * 30 + "@.com") == ["a" * 16, "a" * 14, "@", ".com"]


def test_every_scope_and_every_kind_of_mail_has_words() -> None:
    assert set(_scopes()) == set(SCOPES)
    shared = {"layout", "notice", "words"}
    kinds = {path.stem for path in MAILS.glob("*.txt")} - shared
    told = WORDS.read_text("utf-8").split("macro template_name")[1].split("endmacro")[0]
    assert kinds == set(re.findall(r'"(\w+)": _\(', told))


def test_every_act_on_a_license_has_words() -> None:
    code = "".join(path.read_text("utf-8") for path in HERE.rglob("*.py"))
    acts = set(re.findall(r'"((?:license|site)\.[a-z_]+)"', code))
    told = WORDS.read_text("utf-8").split("macro event_word")[1]
    assert {act for act in acts if f'"{act}"' not in told} == set()


def test_names_of_people_and_sites() -> None:
    assert words.initials("Олена Савчук") == "ОС"
    assert words.initials("???") == "?"
    assert words.host("https://shop.example.com/blog/") == "shop.example.com/blog"
    assert words.language_tag("ro_MD") == "ro-MD"
    assert words.language_name("ru_RU") == "Russian"


@pytest.mark.parametrize(("names", "said"), [("abc", "a, b and c"), ("ab", "a and b"), ("a", "a")])
def test_names_stand_in_a_sentence(names: str, said: str) -> None:
    assert words.series(names) == said


@pytest.mark.parametrize(
    ("typed", "currency", "smallest"),
    [
        ("49", "eur", 4_900),
        ("49.50", "eur", 4_950),
        ("0.01", "eur", 1),
        ("980", "jpy", 980),
        ("5", "isk", 500),
        ("1.25", "kwd", 1_250),
    ],
)
def test_a_sum_is_read_in_the_smallest_unit(typed: str, currency: str, smallest: int) -> None:
    form = read([Field("amount", "Price", "number", step="0.01")], {"amount": typed})

    assert form
    assert form.sum("amount", currency) == smallest


@pytest.mark.parametrize(("typed", "currency"), [("1.5", "jpy"), ("0.125", "eur"), ("0.5", "xof")])
def test_a_sum_that_nobody_can_pay_is_refused_and_not_rounded(typed: str, currency: str) -> None:
    form = read([Field("amount", "Price", "number", step="0.001")], {"amount": typed})
    assert form

    assert form.sum("amount", currency) == 0
    assert form.errors == {"amount": "The number has too many decimals."}


@pytest.mark.parametrize("typed", ["", "49,50", "1e3", "-1", "٣", "0.001", "NaN", "9" * 30])
def test_what_is_no_price_is_refused(typed: str) -> None:
    assert not read([Field("amount", "Price", "number", step="0.01")], {"amount": typed})


def test_only_what_was_asked_is_read() -> None:
    form = read([Field("name", "Name")], {"name": "  Анна  ", "role": "owner"})

    assert form.values == {"name": "Анна"}
