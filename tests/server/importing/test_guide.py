"""The commands of docs/guide/moving-in.md run on the samples, and it explains every reason of a report."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import cli
from server.kernel import db, settings
from tests.conftest import Cast
from tests.server.importing.conftest import SAMPLES

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "guide" / "moving-in.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMANDS = [
    line for block in BLOCK.findall(GUIDE) for line in block.replace("\\\n", " ").splitlines() if line
]
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


def test_every_reason_is_explained() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "server" / "importing").rglob("*.py")
    )
    said = set(SAID.findall(sources))
    assert {"key_malformed", "same_site", "not_imported", "status_unknown", "row_unreadable"} <= said
    explained = set(re.findall(r"`([a-z]+(?:_[a-z]+)*)`", GUIDE.partition("## Reasons in the report")[2]))
    assert said - explained == set()
