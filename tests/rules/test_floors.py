"""Each import contract holds, and fails when a breach is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BREACHES = {
    "floors": ("server/catalog/planted.py", "import server.support.models"),
    "floors-sideways": ("server/support/planted.py", "import server.billing.models"),
    "floors-exhaustive": ("server/newroom/__init__.py", "import server.kernel.clock"),
    "flask": ("server/support/planted.py", "import flask"),
    "stripe": ("server/licensing/planted.py", "import stripe"),
    "dramatiq": ("server/mail/planted.py", "import dramatiq"),
    "network": ("server/helpdesks/planted.py", "import requests"),
    "connectors": ("server/console/planted.py", "import server.helpdesks.connectors.roundup"),
    "apart": ("server/kernel/planted.py", "import keydesk"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages in which breaches may be planted."""
    folder = tmp_path_factory.mktemp("house")
    skip = shutil.ignore_patterns("__pycache__", "static", "locales", "*.egg-info")
    shutil.copytree(ROOT / "server", folder / "server", ignore=skip)
    shutil.copytree(ROOT / "client_sdk" / "keydesk", folder / "keydesk", ignore=skip)
    shutil.copy(ROOT / "setup.cfg", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.path[:0] = ['.']; from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_every_contract_is_kept(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("breach", sorted(BREACHES))
def test_a_contract_fails_on_a_planted_breach(copy: Path, breach: str) -> None:
    place, line = BREACHES[breach]
    path = copy / place
    made_folder = not path.parent.exists()
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")
    try:
        done = lint(copy)
        assert done.returncode != 0, f"{line} in {place} went unnoticed"
        assert "planted" in done.stdout or "newroom" in done.stdout, done.stdout[-2000:]
    finally:
        path.unlink()
        if made_folder:
            path.parent.rmdir()
