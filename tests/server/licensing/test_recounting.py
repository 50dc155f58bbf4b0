"""Seats that do not add up are found, named, and repaired only when that was asked for."""

from dataclasses import replace

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from server.cli import cli
from server.jobs import Job
from server.kernel import db, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import License, Seat
from server.licensing.services.recounting import mend_seats, seat_drift
from server.licensing.tasks import recount
from tests.conftest import NOON, Cast
from tests.server.licensing.conftest import Activate


def spoil(license: License) -> None:
    with writing():
        license.seats_used = 4
        session.add(
            Seat(
                license_id=license.id, site_key="gone.example.com", environment="production", counted=True,
                created_at=NOON,
            )
        )  # fmt: skip


def test_what_adds_up_is_left_alone(activate: Activate) -> None:
    activate("https://shop-1.example.com")
    activate("https://staging.shop.example.com")

    assert list(seat_drift()) == []


def test_a_wrong_counter_and_an_empty_seat_are_named_and_repaired(
    activate: Activate, license: License
) -> None:
    activate("https://shop-1.example.com")
    spoil(license)

    [drift] = seat_drift()
    assert drift == (license.id, 4, 1, 1)
    with writing():
        mend_seats(drift, actor="cli")

    assert license.seats_used == session.scalar(select(func.count()).select_from(Seat)) == 1
    assert list(seat_drift()) == []


def test_the_log_hears_of_it_once_a_day(license: License, caplog: pytest.LogCaptureFixture) -> None:
    spoil(license)

    recount(Job(1, "licensing.recount", None, {}, 1))

    [told] = [record for record in caplog.records if record.message == "seats do not add up"]
    assert told.__dict__["license_id"] == license.id


def run(harbour: Cast, *words: str) -> Result:
    """The command, in a process' place: it opens the database anew."""
    loaded = settings.current()
    environ = {
        "KEYDESK_ENV": "development", "KEYDESK_DATABASE_URL": loaded.database_url,
        "KEYDESK_DATA_DIR": str(loaded.data_dir),
    }  # fmt: skip
    session.remove()
    done = CliRunner().invoke(cli, list(words), env=environ)
    settings.remember(replace(loaded))
    db.connect(loaded.database_url)
    return done


def test_the_commands_say_what_they_did(harbour: Cast, activate: Activate, license: License) -> None:
    license_id, seq = license.id, license.lease_seq
    spoil(license)

    found = run(harbour, "licenses", "recount")
    assert (found.exit_code, license_id in found.output) == (1, True)
    assert run(harbour, "licenses", "recount", "--fix", "--vendor", "harbour").exit_code == 0
    assert "All add up" in run(harbour, "licenses", "recount").output

    assert "1 licenses go on" in run(harbour, "licenses", "bump-seq").output
    with tenant(harbour.vendor.id):
        assert resolve(License, license_id).lease_seq == seq + 1_000_000

    assert "signs from now on" in run(harbour, "keys", "rotate", "lease", "--vendor", "harbour").output
    again = run(harbour, "keys", "rotate", "lease", "--vendor", "harbour")
    assert (again.exit_code, "--force" in again.output) == (1, True)
    assert run(harbour, "keys", "rotate", "lease", "--vendor", "harbour", "--force").exit_code == 0
    for words in (("keys", "rotate", "lease"), ("licenses", "bump-seq"), ("licenses", "recount")):
        unknown = run(harbour, *words, "--vendor", "nobody")
        assert (unknown.exit_code, "no vendor with the short name nobody" in unknown.output) == (1, True)
