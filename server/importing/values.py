"""How cells of other systems are understood: moments, numbers of sites, yes and no, names for addresses."""

import re
import unicodedata
from datetime import UTC, datetime, time, timedelta, tzinfo

from server.kernel.clock import FAR_AWAY, FIRST_YEAR

NEVER = frozenset(("", "0", "-1", "never", "lifetime", "unlimited", "null", "none", "n/a", "-", "—"))
UNLIMITED = NEVER | {"∞"}
YES = frozenset(("1", "true", "yes", "y", "on"))
ZERO_DATE = re.compile(r"0000-00-00\b.*")
UNIX = re.compile(r"[0-9]{9,10}")
UNIX_MS = re.compile(r"[0-9]{12,13}")
DAY = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
YEAR_LAST = re.compile(r"([0-9]{1,2})([./])([0-9]{1,2})\2([0-9]{4})(.*)")
MOST_SITES = 100_000  # more is another word for no limit, and no plan can have it
MONTHS = 12
MONTH_AT_MOST = timedelta(days=45)


class CannotRead(ValueError):
    """A cell does not say what its column should."""


def moment(text: str, zone: tzinfo, *, ends: bool = False) -> datetime | None:
    """A moment, or None for "never". Without a zone it is in `zone`; `ends`: a day lasts to its end."""
    written = text.strip()
    if written.lower() in NEVER or ZERO_DATE.fullmatch(written):
        return None
    year_first = _year_first(written)
    try:
        found: datetime | None = _read_moment(year_first, zone, ends=ends)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.year < FIRST_YEAR:
        raise CannotRead(f"“{written[:40]}” is not a date that can be read; write 2027-12-31 23:59:59.")
    return None if found.year >= FAR_AWAY else found


def _year_first(written: str) -> str:
    """A day as spreadsheets write it: with dots it begins with the day, with slashes where it can be told."""
    if not (found := YEAR_LAST.fullmatch(written)):
        return written
    day, sign, month, year, rest = found.groups()
    if sign == "/" and int(month) > MONTHS:
        day, month = month, day
    elif sign == "/" and int(day) <= MONTHS and int(day) != int(month):
        raise CannotRead(f"“{written[:40]}” may be one of two days; write it as 2027-12-31.")
    return f"{year}-{month:0>2}-{day:0>2}{rest}"


def _read_moment(written: str, zone: tzinfo, *, ends: bool) -> datetime:
    if UNIX.fullmatch(written):
        return datetime.fromtimestamp(int(written), UTC)
    if UNIX_MS.fullmatch(written):
        return datetime.fromtimestamp(int(written) / 1000, UTC)
    if spelled := written[0].isalpha():
        day = datetime.strptime(written, _spelling(written))  # noqa: DTZ007  the zone is added below
    else:
        day = datetime.fromisoformat(written)
    if ends and (spelled or DAY.fullmatch(written)) and day.year < FAR_AWAY:
        day = datetime.combine(day, time(23, 59, 59))
    aware = day.replace(tzinfo=zone) if day.tzinfo is None else day
    return aware if aware.year >= FAR_AWAY else aware.astimezone(UTC)


def _spelling(written: str) -> str:
    """“Dec 31, 2027” or “December 31, 2027”."""
    return "%b %d, %Y" if written[3:4] == " " else "%B %d, %Y"


def days_after(start: datetime, days: int) -> datetime | None:
    """The end of so many days; None when it is too far away to be one."""
    far = datetime(FAR_AWAY, 1, 1, tzinfo=UTC)
    return None if days >= (far - start).days else start + timedelta(days=days)


def sites(text: str) -> int | None:
    """For how many sites; None is as many as they like, which other systems write as 0, nothing or 999999."""
    written = text.strip().lower()
    if written in UNLIMITED:
        return None
    if not written.isascii() or not written.isdigit():
        raise CannotRead(f"“{text[:40]}” is not a number of sites; write a whole number, or 0 for no limit.")
    return int(written) if len(written) < 10 and int(written) <= MOST_SITES else None


def is_yes(text: str) -> bool:
    """Whether a cell says yes."""
    return text.strip().lower() in YES


def number(text: str) -> int | None:
    """A whole number of an id, if it is one that a database keeps."""
    written = text.strip()
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None


def key_end(key: str) -> str:
    """How a report names a license that has no id: by the end of its key, and no more."""
    return key and f"…{key[-4:]}"


def slug_of(name: str) -> str:
    """A short name for addresses; empty when the name holds no latin letter or digit."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    return slug if len(slug) > 1 else (slug and f"plan-{slug}")


def interval_of(created: datetime | None, expires: datetime | None) -> str:
    """The term that a plan most likely has, where the other system does not export it."""
    if expires is None:
        return "lifetime"
    if created is not None and timedelta() < expires - created <= MONTH_AT_MOST:
        return "month"
    return "year"


def plan_words(seats: int | None, interval: str) -> tuple[str, str]:
    """Code and name of a plan that is known by what it grants only."""
    code = "unlimited" if seats is None else f"{seats}-site{'' if seats == 1 else 's'}"
    name = "Unlimited sites" if seats is None else f"{seats} site{'' if seats == 1 else 's'}"
    term = {"lifetime": ("-lifetime", ", for ever"), "month": ("-month", ", a month"), "year": ("", "")}[
        interval
    ]
    return code + term[0], name + term[1]
