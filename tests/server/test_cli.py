"""The command refuses a start that could lose something, in one sentence and with its own exit code."""

import pytest
from click.testing import CliRunner, Result

from server.cli import cli
from server.kernel import settings
from server.starting import LOCKED, REFUSED_START
from server.worker import hold_lock


def migrate(url: str, **more: str) -> Result:
    loaded = settings.current()
    environ = {
        "KEYDESK_ENV": "development",
        "KEYDESK_DATABASE_URL": url,
        "KEYDESK_DATA_DIR": str(loaded.data_dir),
    }
    return CliRunner().invoke(cli, ["migrate"], env={**environ, **more})


def test_a_filled_database_is_never_opened_with_new_keys(empty_database: str) -> None:
    assert migrate(empty_database).exit_code == 0
    (settings.current().data_dir / "keys" / "master.json").unlink()
    refused = migrate(empty_database)
    assert refused.exit_code == REFUSED_START
    assert "master.json is missing" in refused.output
    assert not (settings.current().data_dir / "keys" / "master.json").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEYDESK_RATE_LIMIT", "on"),
        ("KEYDESK_SMTP_PORT", "many"),
        ("KEYDESK_BROKER", "pigeon"),
        ("KEYDESK_ENV", "production"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(empty_database: str, name: str, value: str) -> None:
    refused = migrate(empty_database, **{name: value})
    assert refused.exit_code == REFUSED_START
    assert (name if name != "KEYDESK_ENV" else "KEYDESK_SECRET_KEY") in refused.output


def test_a_second_worker_on_the_same_data_is_refused(empty_database: str) -> None:
    assert migrate(empty_database).exit_code == 0
    loaded = settings.current()
    environ = {"KEYDESK_ENV": "development", "KEYDESK_DATA_DIR": str(loaded.data_dir)}
    with hold_lock(loaded.data_dir):
        done = CliRunner().invoke(cli, ["worker"], env={**environ, "KEYDESK_DATABASE_URL": empty_database})
    assert done.exit_code == LOCKED
