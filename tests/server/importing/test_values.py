"""Cells of other systems: what they say is understood, and what says nothing is refused in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from server.importing.values import CannotRead, days_after, interval_of, moment, plan_words, sites, slug_of

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-01-10 23:59:59", datetime(2027, 1, 10, 21, 59, 59, tzinfo=UTC)),
        ("2027-07-10 23:59:59", datetime(2027, 7, 10, 20, 59, 59, tzinfo=UTC)),  # summer time
        ("2027-01-10T23:59:59Z", datetime(2027, 1, 10, 23, 59, 59, tzinfo=UTC)),
        ("2027-01-10T23:59:59+05:00", datetime(2027, 1, 10, 18, 59, 59, tzinfo=UTC)),
        ("2027-01-24T14:15:07.000000Z", datetime(2027, 1, 24, 14, 15, 7, tzinfo=UTC)),
        ("2027-01-10", datetime(2027, 1, 10, 21, 59, 59, tzinfo=UTC)),
        ("January 10, 2027", datetime(2027, 1, 10, 21, 59, 59, tzinfo=UTC)),
        ("Jan 10, 2027", datetime(2027, 1, 10, 21, 59, 59, tzinfo=UTC)),
        ("10.1.2027", datetime(2027, 1, 10, 21, 59, 59, tzinfo=UTC)),
        ("10.01.2027 13:30", datetime(2027, 1, 10, 11, 30, tzinfo=UTC)),
        ("31/01/2027", datetime(2027, 1, 31, 21, 59, 59, tzinfo=UTC)),
        ("1/31/2027", datetime(2027, 1, 31, 21, 59, 59, tzinfo=UTC)),
        ("01/01/2027", datetime(2027, 1, 1, 21, 59, 59, tzinfo=UTC)),
        ("20270110", datetime(2027, 1, 10, 21, 59, 59, tzinfo=UTC)),
        ("1797465599", datetime(2026, 12, 16, 23, 59, 59, tzinfo=UTC)),
        ("1797465599000", datetime(2026, 12, 16, 23, 59, 59, tzinfo=UTC)),
        *(
            (never, None)
            for never in ("", "0", "lifetime", "Never", "null", "0000-00-00 00:00:00", "9999-12-31")
        ),
        ("9999-12-31 23:59:59", None),
    ],
)
def test_a_moment_is_read_in_its_zone(text: str, meant: datetime | None) -> None:
    assert moment(text, KYIV, ends=True) == meant


@pytest.mark.parametrize(
    "text",
    [
        "next year",
        "10/11/2027",
        "2027-13-01",
        "31.13.2027",
        "13/13/2027",
        "12",
        "2027-01-10 25:00:00",
        "²",
        "0500-01-01",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(CannotRead):
        moment(text, KYIV)


def test_a_day_that_may_be_another_one_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(CannotRead, match="may be one of two days; write it as 2027-12-31"):
        moment("10/11/2027", KYIV)


def test_days_that_reach_too_far_have_no_end() -> None:
    began = datetime(2026, 1, 31, tzinfo=UTC)

    assert days_after(began, 365) == datetime(2027, 1, 31, tzinfo=UTC)
    assert days_after(began, 999_999_999) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("5", 5), (" 1 ", 1), ("0", None), ("", None), ("Unlimited", None), ("-1", None), ("∞", None)),
        *(("100000", 100_000), ("100001", None), ("999999", None), ("9" * 5000, None)),
    ],
)
def test_a_number_of_sites_is_read(text: str, meant: int | None) -> None:
    assert sites(text) == meant


@pytest.mark.parametrize("text", ["five", "1.5", "-2", "²"])
def test_what_is_no_number_of_sites_is_refused(text: str) -> None:
    with pytest.raises(CannotRead):
        sites(text)


def test_a_term_is_guessed_from_its_length() -> None:
    began = datetime(2026, 1, 31, tzinfo=UTC)
    assert interval_of(began, None) == "lifetime"
    assert interval_of(began, datetime(2026, 2, 28, tzinfo=UTC)) == "month"
    assert interval_of(began, datetime(2027, 1, 31, tzinfo=UTC)) == "year"
    assert interval_of(None, began) == "year"


def test_names_become_short_names() -> None:
    assert slug_of("Harbour Gallery — Pro!") == "harbour-gallery-pro"
    assert slug_of("Galerie Noël") == "galerie-noel"
    assert slug_of("Я") == ""
    assert slug_of("5") == "plan-5"
    assert plan_words(1, "year") == ("1-site", "1 site")
    assert plan_words(None, "lifetime") == ("unlimited-lifetime", "Unlimited sites, for ever")
