"""What the owners of imported licenses are told of their ends: news, and nothing of what was over before."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server.importing.driving import import_files
from server.jobs import Job
from server.kernel import clock
from server.kernel.clock import rfc3339
from server.kernel.db import session, writing
from server.licensing.models import License
from server.licensing.services import extend_license, find_license_by_key, resend_purchase_mail
from server.licensing.tasks import remind
from server.mail.models import Mail

pytestmark = pytest.mark.usefixtures("harbour")
DAY = timedelta(days=1)
KEY = "PLAIN-KEY-0001"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "plain.csv"


def move_in(table: Path, *, ends: datetime | None, status: str = "active", at: datetime) -> License:
    """One license that was bought two years ago and is imported at that moment."""
    bought = rfc3339(at - 730 * DAY)
    table.write_text(
        "license_id,key,email,product,status,valid_until,created_at\n"
        f"a-1,{KEY},ana@example.com,Harbour Gallery,{status},{rfc3339(ends) or ''},{bought}\n",
        encoding="utf-8",
    )
    import_plain(table, at=at)
    return find_license_by_key(KEY)


def import_plain(file: Path, *, at: datetime) -> None:
    import_files("plain", [(file, file.name)], now=at, actor="member:mem_1", zone=ZoneInfo("UTC"))


def look() -> list[str]:
    """Run the daily job; the templates of all mails so far."""
    remind(Job(1, "licensing.remind", None, {}, 1))
    return list(session.scalars(select(Mail.template).order_by(Mail.id)))


@pytest.mark.parametrize(
    ("status", "ended"), [("active", 3 * DAY), ("active", DAY / 2), ("expired", 3 * DAY), ("expired", None)]
)
def test_nobody_is_written_to_about_what_was_over_when_it_came(
    table: Path, status: str, ended: timedelta | None
) -> None:
    now = clock.now()
    came = now - DAY
    move_in(table, ends=None if ended is None else came - ended, status=status, at=came)

    assert look() == []


def test_what_ended_after_it_came_is_news(table: Path) -> None:
    now = clock.now()
    move_in(table, ends=now - 2 * DAY, at=now - 10 * DAY)

    assert look() == ["expired"]


def test_what_got_a_term_here_and_ended_is_news(table: Path) -> None:
    now = clock.now()
    license = move_in(table, ends=now - 20 * DAY, at=now - 10 * DAY)
    with writing():
        extend_license(license, now - 2 * DAY, actor="member:mem_1", now=now - 9 * DAY)

    assert look() == ["expired"]


def test_an_end_that_lies_ahead_is_told_as_for_everybody(table: Path) -> None:
    now = clock.now()
    move_in(table, ends=now + 6 * DAY, at=now - DAY)

    assert look() == ["renewal_reminder"]


@pytest.mark.parametrize("is_trial", [False, True])
def test_nothing_is_claimed_of_a_renewal_that_another_shop_may_charge(table: Path, is_trial: bool) -> None:
    """No file says whether the former shop goes on charging for the license."""
    now = clock.now()
    move_in(table, ends=now + 2 * DAY, status="trial" if is_trial else "active", at=now - DAY)
    look()

    mail = session.scalars(select(Mail)).one()
    for words in (mail.text, mail.html):
        assert "If it goes on by itself where you got it, you need not do anything" in words
        assert "It does not renew by itself" not in words
        assert "Nothing is charged" not in words


def test_a_purchase_mail_sent_again_denies_no_charge_of_an_imported_trial(table: Path) -> None:
    now = clock.now()
    license = move_in(table, ends=now + 9 * DAY, status="trial", at=now - DAY)
    with writing():
        resend_purchase_mail(license)

    mail = session.scalars(select(Mail)).one()
    assert KEY in mail.text
    assert "nothing is charged" not in mail.text + mail.html


def test_who_was_imported_before_as_wanting_no_reminders_gets_none(table: Path, tmp_path: Path) -> None:
    """The switch that docs/guide/moving-in.md names for whom the former shop goes on charging."""
    now, customers = clock.now(), tmp_path / "customers.csv"
    customers.write_text("email,name,unwanted_mails\nana@example.com,Ana,reminders\n", encoding="utf-8")
    import_plain(customers, at=now)
    move_in(table, ends=now + 6 * DAY, at=now - DAY)

    assert look() == []
