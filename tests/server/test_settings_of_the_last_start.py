"""A command that names no settings takes those of the demo in its data folder, and nothing else does."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from server.kernel import settings
from server.kernel.settings import Settings, as_last_started, remember_start

SHOP = {"KEYDESK_ENV": "development", "KEYDESK_STRIPE_API_BASE": "http://127.0.0.1:1", "HOME": "/home/olena"}


@pytest.fixture
def folder(app_settings: Settings) -> Path:
    """A server was started in it as `./run` does."""
    remember_start({**SHOP, "KEYDESK_DATA_DIR": "as it was named then"}, app_settings)
    return app_settings.data_dir


def test_it_takes_what_the_demo_runs_with(folder: Path) -> None:
    taken = as_last_started({"KEYDESK_DATA_DIR": str(folder), "PATH": "/bin"})

    assert taken == {
        "KEYDESK_ENV": "development",
        "KEYDESK_STRIPE_API_BASE": "http://127.0.0.1:1",
        "KEYDESK_DATA_DIR": str(folder),
        "PATH": "/bin",
    }
    assert settings.load(taken).stripe_api_base == "http://127.0.0.1:1"


def test_what_is_given_in_development_goes_before(folder: Path) -> None:
    given = {
        "KEYDESK_ENV": "development",
        "KEYDESK_DATA_DIR": str(folder),
        "KEYDESK_STRIPE_API_BASE": "http://127.0.0.1:2",
    }
    assert as_last_started(given) == given


def test_settings_of_a_production_are_never_mixed_with_it(folder: Path) -> None:
    given = {"KEYDESK_SECRET_KEY": "x" * 32, "KEYDESK_DATA_DIR": str(folder)}
    assert as_last_started(given) == given


def test_a_production_start_forgets_what_a_demo_left(folder: Path, app_settings: Settings) -> None:
    remember_start({"KEYDESK_SECRET_KEY": "x" * 32}, replace(app_settings, env="production"))
    given = {"KEYDESK_DATA_DIR": str(folder)}

    assert as_last_started(given) == given
    assert not (folder / "run" / "settings.json").exists()


def test_nobody_else_may_read_it(folder: Path) -> None:
    path = folder / "run" / "settings.json"
    assert path.stat().st_mode & 0o077 == 0
    assert "HOME" not in json.loads(path.read_text(encoding="utf-8"))
