"""How the console says times, sums and sizes: in words, in the language of the reader."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from server.kernel.clock import rfc3339
from server.kernel.currencies import decimals
from server.kernel.i18n import translator

SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£", "uah": "₴", "bgn": "лв. ", "ron": "lei ", "idr": "Rp "}

LANGUAGE = "en"  # of the console itself; the other catalogues bring mails and public pages first


def gettext(text: str) -> str:
    return translator(LANGUAGE).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    return translator(LANGUAGE).ngettext(one, many, count)


_ = gettext


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, to the unit that matters: "just now", "40 min ago", "3 h ago", "yesterday", a day."""
    if moment is None:
        return _("never")
    passed = now - moment
    if passed < timedelta(hours=20):
        return _today(passed)
    days = (now.date() - moment.date()).days
    if days <= 1:
        return _("yesterday")
    if days < 14:
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    return day(moment)


def _today(passed: timedelta) -> str:
    if passed < timedelta(minutes=1):
        return _("just now")
    if passed < timedelta(hours=1):
        return _("%(count)d min ago") % {"count": int(passed.total_seconds() // 60)}
    return _("%(count)d h ago") % {"count": int(passed.total_seconds() // 3600)}


def waited(moment: datetime, now: datetime) -> str:
    """How long somebody has been waiting: "5 min", "3 h", "2 days"."""
    passed = max(now - moment, timedelta(0))
    if passed < timedelta(hours=1):
        return _("%(count)d min") % {"count": max(int(passed.total_seconds() // 60), 1)}
    if passed < timedelta(hours=48):
        return _("%(count)d h") % {"count": int(passed.total_seconds() // 3600)}
    return ngettext("%(count)d day", "%(count)d days", passed.days) % {"count": passed.days}


def day(moment: datetime | None) -> str:
    """A day without its hour: "10 Nov 2026"."""
    if moment is None:
        return _("never")
    # Translators: a date; the month is one of the short names.
    return _("%(day)d %(month)s %(year)d") % {
        "day": moment.day,
        "month": _months()[moment.month - 1],
        "year": moment.year,
    }


def clock_time(moment: datetime) -> str:
    """A moment with its hour, said in the zone it is stored in: "10 Nov 2026, 18:20 UTC"."""
    return _("%(day)s, %(time)s UTC") % {"day": day(moment), "time": f"{moment:%H:%M}"}


def money(amount: int | None, currency: str) -> str:
    """A sum in the smallest unit as people write it: "€199", "$49.50"; nothing in no currency is "free"."""
    if amount is None:
        return "–"
    if not amount and not currency:
        return _("free")
    currency = currency.lower()
    symbol = SYMBOLS.get(currency, f"{currency.upper()} ")
    places = decimals(currency)
    whole, parts = divmod(amount, 10**places)
    return f"{symbol}{whole:,}.{parts:0{places}}" if parts else f"{symbol}{whole:,}"


def size(count: int) -> str:
    """Bytes as people say them: "212 KB"."""
    if count < 1024:
        return _("%(count)d bytes") % {"count": count}
    if count < 1024 * 1024:
        return _("%(count)d KB") % {"count": round(count / 1024)}
    return _("%(count).1f MB") % {"count": count / 1024 / 1024}


def host(address: str) -> str:
    """The name of a site without scheme and slash: `shop.example.com`."""
    return address.partition("://")[2].rstrip("/") or address.rstrip("/")


def pieces(address: str) -> list[str]:
    """An address in the parts between which a narrow screen may break it, none of them long."""
    return re.findall(r"[@+._-]?[^@+._-]{1,16}|[@+._-]", address)


def pretty(facts: Mapping[str, Any]) -> str:
    """Diagnostics for a reader: indented, in their own letters."""
    return json.dumps(facts, ensure_ascii=False, indent=2)


def series(names: Sequence[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    *first, last = names
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def initials(name: str) -> str:
    """At most two letters that stand for a person."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    return "".join(part[0] for part in parts[:2]).upper() or "?"


def language_name(code: str) -> str:
    """The name of a language, as told to the reader."""
    names = {
        "en": _("English"),
        "ru": _("Russian"),
        "uk": _("Ukrainian"),
        "bg": _("Bulgarian"),
        "ro": _("Romanian"),
        "id": _("Indonesian"),
    }
    return names.get(language_tag(code).partition("-")[0], code)


def language_tag(code: str | None) -> str:
    """A WordPress locale as HTML wants it: `ro_MD` becomes `ro-MD`; nothing becomes `en`."""
    return (code or "en").replace("_", "-")


def _months() -> list[str]:
    short = _("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
    return short.split()


FILTERS = {
    "ago": ago,
    "waited": waited,
    "day": day,
    "clock_time": clock_time,
    "money": money,
    "rfc3339": rfc3339,
    "size": size,
    "host": host,
    "pieces": pieces,
    "pretty": pretty,
    "initials": initials,
    "language_name": language_name,
    "language_tag": language_tag,
}
