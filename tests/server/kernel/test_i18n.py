"""Six languages, found by any spelling of a locale."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from server.kernel.i18n import LANGUAGES, date_and_time, language_of, long_date, money, translator

MOMENT = datetime(2027, 11, 10, 23, 52, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("ro_MD", "ro"),
        ("ru-RU", "ru"),
        ("UK", "uk"),
        ("bg_BG", "bg"),
        ("id", "id"),
        ("de_DE", "en"),
        ("", "en"),
    ],
)
def test_a_locale_falls_back_to_its_language_and_then_to_english(locale: str, language: str) -> None:
    assert language_of(locale) == language


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en_GB", "10 November 2027"),
        ("ru_RU", "10 ноября 2027\u00a0г."),
        ("uk", "10 листопада 2027\u00a0р."),
        ("bg_BG", "10 ноември 2027\u00a0г."),
        ("ro_RO", "10 noiembrie 2027"),
        ("id_ID", "10 November 2027"),
    ],
)
def test_a_date_is_written_as_its_language_writes_it(locale: str, words: str) -> None:
    assert long_date(MOMENT, locale) == words


def test_a_time_names_its_zone() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=2)))

    assert date_and_time(elsewhere, "en") == "10 November 2027, 23:52 UTC"


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "words"),
    [
        (4_900, "eur", "en", "€49.00"),
        (4_900, "eur", "ru_RU", "49,00 €"),
        (123_450, "usd", "uk", "1 234,50 $"),
        (4_900, "eur", "bg", "49,00 €"),
        (123_450, "ron", "ro", "1.234,50 RON"),
        (123_450, "eur", "ro", "1.234,50 €"),
        (123_450, "usd", "id", "$1.234,50"),
        (1_980, "jpy", "en", "1,980 JPY"),
        (1_980, "jpy", "ru", "1 980 JPY"),
        (65_600, "xaf", "en", "65,600 XAF"),
        (50_000, "ugx", "en", "500.00 UGX"),
        (1_234_005, "kwd", "ru", "1 234,005 KWD"),
    ],
)
def test_a_sum_is_written_as_its_language_writes_it(
    amount: int, currency: str, locale: str, words: str
) -> None:
    assert money(amount, currency, locale).replace("\N{NO-BREAK SPACE}", " ") == words


def test_every_language_has_a_catalogue() -> None:
    texts = {translator(language).gettext("License key") for language in LANGUAGES}

    assert len(texts) == len(LANGUAGES)
