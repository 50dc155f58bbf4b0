"""Whoever runs the server gets in: to make the first account, or after a password was forgotten."""

from click.testing import CliRunner, Result
from sqlalchemy import select

from server.accounts.models import AuditEntry, ConsoleSession
from server.accounts.sessions import open_session, recognise
from server.cli import cli
from server.kernel import db, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from tests.conftest import NOON, PASSWORD, Cast

NEW = "a longer horse battery"


def run(*words: str, typed: str = "") -> Result:
    loaded = settings.current()
    environ = {
        "KEYDESK_ENV": "development",
        "KEYDESK_DATABASE_URL": loaded.database_url,
        "KEYDESK_DATA_DIR": str(loaded.data_dir),
    }
    done = CliRunner().invoke(cli, [*words], env=environ, input=typed)
    db.connect(loaded.database_url)
    return done


def test_an_empty_server_is_offered_to_its_first_owner(database: str) -> None:
    offered = run("first-owner")
    assert offered.exit_code == 0, offered.output
    assert "/console/first-owner?token=" in offered.output


def test_a_server_with_an_owner_says_how_to_get_in(harbour: Cast) -> None:
    refused = run("first-owner")
    assert refused.exit_code == 1
    assert "has an owner already, who signs in at http://127.0.0.1:8080/console/" in refused.output
    assert "set-password" in refused.output
    assert "token" not in refused.output
    assert not (settings.current().data_dir / "run" / "first-owner.json").exists()


def test_a_new_password_is_asked_for_twice_and_signs_every_browser_out(harbour: Cast) -> None:
    with writing():
        open_session(harbour.owner, now=NOON)
    done = run("set-password", harbour.owner.email.upper(), typed=f"{NEW}\n{NEW}\n")

    assert done.exit_code == 0, done.output
    assert NEW not in done.output
    assert recognise(harbour.owner.email, NEW).id == harbour.owner.id
    with tenant(harbour.vendor.id):
        assert session.scalars(select(ConsoleSession)).all() == []
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "member.password_changed"))
        assert (entry.actor, entry.subject_id) == ("cli", harbour.owner.id)


def test_a_password_too_short_or_an_unknown_person_changes_nothing(harbour: Cast) -> None:
    short = run("set-password", harbour.owner.email, typed="short\nshort\n")
    unknown = run("set-password", "nobody@example.com")

    assert (short.exit_code, unknown.exit_code) == (1, 1)
    assert "A password has 12 to 128 characters." in short.output
    assert "Nobody signs in with nobody@example.com. Known: owner@harbour.example.com." in unknown.output
    assert recognise(harbour.owner.email, PASSWORD).id == harbour.owner.id
