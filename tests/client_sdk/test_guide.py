"""The guide does what it says: its blocks run in order, against the server with the demo."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from keydesk.vendor import Vendor

from tests.tools.keydesk_server import KeydeskServer

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide" / "sdk.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, demo_server: KeydeskServer) -> Path:
    """A folder that looks like the repository while `./run` serves."""
    (tmp_path / "keydesk-data").symlink_to(demo_server.data_dir)
    return tmp_path


def blocks(kind: str) -> list[str]:
    return [text for word, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")) if word == kind]


def shell(folder: Path, text: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "PYTHONPATH": str(ROOT / "client_sdk"), "PYTHONUTF8": "1"}
    command = ["sh", "-eu", "-c", text]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_block_of_the_guide_runs(folder: Path) -> None:
    first, *others = blocks("sh")
    shell(folder, first)
    told = shell(folder, "python - <<'GUIDE'\n" + "\n".join(blocks("python")) + "\nGUIDE\n")
    from_shell = "".join(shell(folder, text) for text in others)

    assert "user It happens with large files only." in told
    assert "license_not_found" in told
    assert re.search(r"^valid with list \d+$", told, re.MULTILINE)
    assert "now at python-2.example.com" in told
    assert "then at python-3.example.com" in told
    assert re.search(r"^sold KD1-\S+\nuntil \d{4}-\S+ \S+\nthen revoked$", told, re.MULTILINE)
    assert "lease: valid" in from_shell
    assert not (folder / "keydesk.json").exists(), "the seat was given back"


def test_every_name_of_the_vendors_client_is_in_the_guide() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    shop = Vendor("http://127.0.0.1:1", api_key="kds_live_x")
    for name, part in vars(shop).items():
        [row] = re.findall(rf"^\| `shop\.{name}` \| (.*) \|$", text, re.MULTILINE)
        verbs = {verb for verb in dir(part) if not verb.startswith("_")}
        assert set(re.findall(r"`(\w+)`", row)) == verbs


def test_every_block_is_of_a_kind_that_is_run() -> None:
    assert {word for word, _ in BLOCK.findall(GUIDE.read_text(encoding="utf-8"))} == {"sh", "python"}
