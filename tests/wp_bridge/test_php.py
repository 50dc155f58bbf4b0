"""The PHP side of the bridge: syntax, house style, unit tests and rules, each by its own program."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BRIDGE = ROOT / "wp_bridge"
HERE = Path(__file__).resolve().parent

NEEDS = {"php": "php8.2-cli", "phpunit": "phpunit", "phpcs": "php-codesniffer"}


def program(name: str) -> str:
    """The program's path, or a skip that says what to install."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is missing (Debian: apt install {NEEDS[name]})")
    return found


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=BRIDGE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_php_reads_every_file_without_a_word() -> None:
    php = program("php")
    files = sorted((*BRIDGE.rglob("*.php"), *HERE.rglob("*.php")))
    assert len(files) > 60
    with ThreadPoolExecutor(2) as two:
        said = dict(zip(files, two.map(lambda path: lint(php, path), files), strict=True))
    assert {path: text for path, text in said.items() if not text.startswith("No syntax errors")} == {}


def lint(php: str, path: Path) -> str:
    done = subprocess.run([php, "-n", "-l", str(path)], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def test_the_house_ruleset_passes() -> None:
    run(program("phpcs"), "--standard=phpcs.xml", "-q", ".")


@pytest.mark.parametrize("suite", ["unit", "rules"])
def test_phpunit_passes(suite: str) -> None:
    run(program("phpunit"), "-c", str(HERE / suite / "phpunit.xml"))
