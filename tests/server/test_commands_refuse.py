"""A command on the data of a server says in one sentence what is missing, and makes nothing."""

import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from server import migrate
from server.cli import cli
from server.kernel import db, settings
from server.starting import REFUSED_START
from tests.conftest import Cast

SAMPLE = str(Path(__file__).parent / "importing" / "samples" / "plain.csv")
ON_DATA = {
    "first-owner": [],
    "set-password": ["olena@example.com"],
    "import": ["plain", SAMPLE, "--vendor", "harbour"],
    "export": ["--vendor", "harbour", "--out", "out.zip"],
    "keys rotate lease": ["--vendor", "harbour"],
    "licenses recount": [],
    "licenses bump-seq": [],
    "stripe reconcile": [],
}
MAKE_OR_RUN = {"serve", "web", "worker", "migrate"}


def run(folder: Path, name: str, *more: str, **environ: str) -> Result:
    """The command as typed, in an environment of its own."""
    words = [*name.split(), *ON_DATA.get(name, []), *more, "--data-dir", str(folder)]
    nothing = dict.fromkeys(found for found in os.environ if found.startswith("KEYDESK_"))
    given = {"KEYDESK_ENV": "development", "KEYDESK_DATA_DIR": str(folder), **environ}
    return CliRunner().invoke(cli, words, env={**nothing, **given})


def names(group: click.Group, before: str = "") -> set[str]:
    """Every command with the groups it stands in."""
    found: set[str] = set()
    for name, command in group.commands.items():
        found |= names(command, f"{before}{name} ") if isinstance(command, click.Group) else {before + name}
    return found


def test_every_command_is_tried_here() -> None:
    assert names(cli) == ON_DATA.keys() | MAKE_OR_RUN


def groups(group: click.Group, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """What is typed to reach each group."""
    below = [(name, one) for name, one in group.commands.items() if isinstance(one, click.Group)]
    return [words, *(found for name, one in below for found in groups(one, (*words, name)))]


@pytest.mark.parametrize("words", groups(cli))
def test_the_list_of_commands_says_what_each_is_for_to_the_end(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*words, "--help"], terminal_width=80).output

    lines = shown.partition("Commands:\n")[2].splitlines()
    assert lines
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


def test_a_moment_that_is_none_is_answered_with_one_that_is(tmp_path: Path) -> None:
    refused = run(tmp_path, "stripe reconcile", "--since", "yesterday")

    assert refused.exit_code == 2
    assert "'yesterday' is no moment. Write it like 2026-01-31 or 2026-01-31T09:30, in UTC." in refused.output
    assert "%" not in refused.output
    assert "%" not in run(tmp_path, "stripe reconcile", "--help").output


def test_a_moment_may_be_given_to_the_minute(tmp_path: Path) -> None:
    for moment in ("2026-01-31", "2026-01-31T09:30", "2026-01-31T09:30:15"):
        refused = run(tmp_path / "nowhere", "stripe reconcile", "--since", moment)
        assert "is no data folder of a server" in refused.output, "the next thing that is wrong"


@pytest.mark.parametrize("name", ON_DATA)
def test_a_mistyped_folder_is_said_and_not_made(tmp_path: Path, name: str) -> None:
    refused = run(tmp_path / "nowhere", name)

    assert refused.exit_code == REFUSED_START, refused.output
    assert f"{tmp_path / 'nowhere'} is no data folder of a server" in refused.output
    assert "--data-dir" in refused.output
    assert "keydesk-server migrate" in refused.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_things_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    assert run(tmp_path, "licenses recount").exit_code == REFUSED_START
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


@pytest.mark.parametrize("name", ON_DATA)
def test_keys_without_tables_are_told_from_a_server(empty_database: str, name: str) -> None:
    refused = run(settings.current().data_dir, name, KEYDESK_DATABASE_URL=empty_database)

    assert refused.exit_code == REFUSED_START, refused.output
    assert "holds no tables of Keydesk" in refused.output
    assert not (settings.current().data_dir / "keydesk.sqlite3").exists()


def test_tables_of_another_version_are_not_touched(harbour: Cast) -> None:
    loaded = settings.current()
    with db.engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    refused = run(loaded.data_dir, "licenses recount", KEYDESK_DATABASE_URL=loaded.database_url)
    newer = run(loaded.data_dir, "migrate", KEYDESK_DATABASE_URL=loaded.database_url)

    assert refused.exit_code == newer.exit_code == REFUSED_START
    assert "of another version of Keydesk" in refused.output
    assert "belongs to a newer Keydesk" in newer.output


@pytest.mark.parametrize(
    "url", ["postgresql://nobody:none@127.0.0.1:1/none", "nonsense", "sqlite:///{folder}/keys/master.json"]
)
def test_a_database_that_cannot_be_opened_is_one_sentence(app_settings: settings.Settings, url: str) -> None:
    folder = app_settings.data_dir
    refused = run(folder, "licenses recount", KEYDESK_DATABASE_URL=url.format(folder=folder))

    assert refused.exit_code == REFUSED_START
    assert "The database cannot be opened: " in refused.output
    assert "none@" not in refused.output
    assert refused.output.count("\n") == 1


def test_the_newest_revision_is_the_one_that_migrations_end_at(empty_database: str) -> None:
    migrate.upgrade(empty_database)
    migrate.refuse_unless_current(empty_database)
