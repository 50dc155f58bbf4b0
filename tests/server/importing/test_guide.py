"""The commands of docs/guide/moving-in.md run, the lines it shows come in, and it explains every reason."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from server.cli import cli
from server.importing.formats import FORMATS
from server.kernel import db, settings
from server.kernel.db import session
from server.licensing.models import License
from tests.conftest import NOON, Cast
from tests.server.importing.conftest import SAMPLES, Bring

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "guide" / "moving-in.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMANDS = [
    line for block in BLOCK.findall(GUIDE) for line in block.replace("\\\n", " ").splitlines() if line
]
SHOWN = re.compile(r"^`([\w-]+\.csv)`:\n+```csv\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# The code of a reason is the first word with an underscore behind the call that says it.
SAID = re.compile(
    r'(?:skip|note|warn|RowWrong|Refusal|Unreadable)\((?:(?!\n\n).){0,160}?"([a-z]+_[a-z_]+)"', re.DOTALL
)


def test_every_format_has_its_command() -> None:
    assert {shlex.split(command)[2] for command in COMMANDS if " import " in command} == {
        "edd",
        "freemius",
        "lmfwc",
        "lemonsqueezy",
        "plain",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_runs(
    harbour: Cast, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLES, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    loaded = settings.current()
    environ = {
        "KEYDESK_ENV": "development",
        "KEYDESK_DATABASE_URL": loaded.database_url,
        "KEYDESK_DATA_DIR": str(loaded.data_dir),
    }
    done = CliRunner().invoke(cli, shlex.split(command)[1:], env=environ)
    db.connect(loaded.database_url)
    assert done.exit_code == 0, done.output


def shown_lines(system: str) -> dict[str, str]:
    """The files that the guide shows of this system."""
    return {name: text for name, text in SHOWN.findall(GUIDE) if name.startswith(system)}


def test_the_guide_shows_lines_of_every_format_and_none_besides() -> None:
    assert all(shown_lines(system) for system in FORMATS)
    assert sum(len(shown_lines(system)) for system in FORMATS) == GUIDE.count("```csv")


@pytest.mark.parametrize("system", FORMATS)
def test_the_lines_that_the_guide_shows_come_in_whole(
    bring: Bring, harbour: Cast, tmp_path: Path, system: str
) -> None:
    files = shown_lines(system)
    for name, text in files.items():
        assert len(text.splitlines()) == 3, name
        (tmp_path / name).write_text(text, encoding="utf-8")
    report = bring(system, *(tmp_path / name for name in files))

    assert report.shown == []
    assert report.counts["license", "created"] == report.counts["customer", "created"] == 2
    assert report.counts["activation", "created"] > 0
    licenses = session.scalars(select(License).order_by(License.source)).all()
    assert len({one.product_id for one in licenses}) == 1
    assert {one.status(NOON) for one in licenses} == {"active"}
    assert all(one.customer.name for one in licenses)
    assert [one.seats for one in licenses] == [3, None]
    assert licenses[0].valid_until is not None


def test_every_reason_is_explained() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "server" / "importing").rglob("*.py")
    )
    said = set(SAID.findall(sources))
    assert {"key_malformed", "same_site", "not_imported", "status_unknown", "row_unreadable"} <= said
    explained = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", GUIDE.partition("## Reasons in the report")[2]))
    assert said - explained == set()
