"""Six languages for what people read: the catalogue of a locale, dates and sums as it writes them."""

from datetime import UTC, datetime
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

from server.kernel.currencies import decimals

LANGUAGES = ("en", "ru", "uk", "bg", "ro", "id")
NAMES = {
    "en": "English",
    "ru": "Русский",
    "uk": "Українська",
    "bg": "Български",
    "ro": "Română",
    "id": "Bahasa Indonesia",
}
LOCALES = Path(__file__).parents[1] / "locales"

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "bg": "януари февруари март април май юни юли август септември октомври ноември декември",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
}
SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£"}
_BLANK = "\N{NO-BREAK SPACE}"
# Between thousands, before the cents; only these two put the sign in front.
_MARKS = {"en": (",", "."), "id": (".", ","), "ro": (".", ",")}
_SIGN_FIRST = frozenset({"en", "id"})
_YEAR_SIGN = {"ru": f"{_BLANK}г.", "uk": f"{_BLANK}р.", "bg": f"{_BLANK}г."}  # never alone in a line


def language_of(locale: str) -> str:
    """The language we speak for a locale: `ro_MD` and `ro-MD` are `ro`; what we do not know is `en`."""
    language = locale.replace("-", "_").partition("_")[0].lower()
    return language if language in LANGUAGES else "en"


def translator(locale: str) -> NullTranslations:
    """The catalogue for a locale; English is the source and needs none."""
    return _catalogue(language_of(locale))


def long_date(moment: datetime, locale: str) -> str:
    """`10 November 2027` in the language of the locale (UTC)."""
    language = language_of(locale)
    day = moment.astimezone(UTC)
    month = _MONTHS[language].split()[day.month - 1]
    return f"{day.day} {month} {day.year}{_YEAR_SIGN.get(language, '')}"


def date_and_time(moment: datetime, locale: str) -> str:
    """`10 November 2027, 10:52 UTC`: readers sit in many zones, so the zone is named."""
    return f"{long_date(moment, locale)}, {moment.astimezone(UTC):%H:%M} UTC"


def money(amount: int, currency: str, locale: str) -> str:
    """`19900, eur` is `€199.00`, in Russian `199,00 €`; yen and won have no cents."""
    language = language_of(locale)
    thousands, point = _MARKS.get(language, (_BLANK, ","))
    places = decimals(currency)
    whole, parts = divmod(amount, 10**places)
    number = f"{whole:,}".replace(",", thousands) + (f"{point}{parts:0{places}}" if places else "")
    sign = SYMBOLS.get(currency)
    if sign and language in _SIGN_FIRST:
        return f"{sign}{number}"
    return f"{number}{_BLANK}{sign or currency.upper()}"


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    return translation("keydesk", LOCALES, languages=[language])
