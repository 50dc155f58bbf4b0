"""The real parsers of the oldest, a middle and the newest PHP read every file that a site gets."""

from pathlib import Path

import pytest

from tests.wp_bridge.full.php_wasm import faults_of

BRIDGE = Path(__file__).resolve().parents[3] / "wp_bridge"

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("php_wasm")]

# construct -> the versions that cannot read it
PLANTED = {
    "enum Suit { case Hearts; }": {"7.4"},  # PHP 8.1
    "final class Key { public function __construct(private string $text) {} }": {"7.4"},  # PHP 8.0
    "$length = strlen(...);": {"7.4"},  # PHP 8.1
    "echo new DateTime()->format('Y');": {"7.4", "8.1"},  # PHP 8.4
    "echo 'a' |> strtoupper(...);": {"7.4", "8.1"},  # PHP 8.5
    "$open = array(1, 2;": {"7.4", "8.1", "8.5"},
    "$text = match (1) { 1 => 'one' };": {"7.4"},  # PHP 8.0
    "static fn (int $one): int => $one + 1;": set(),  # PHP 7.4
}


@pytest.mark.parametrize("version", ["7.4", "8.1", "8.5"])
def test_a_php_reads_every_file(version: str) -> None:
    files = sorted(BRIDGE.rglob("*.php"))
    assert len(files) > 60
    assert faults_of(version, files) == {}


@pytest.mark.parametrize("version", ["7.4", "8.1", "8.5"])
def test_what_a_php_cannot_read_is_found(version: str, tmp_path: Path) -> None:
    files = {tmp_path / f"planted-{place}.php": text for place, text in enumerate(PLANTED)}
    for path, text in files.items():
        path.write_text(f"<?php\n{text}\n")
    faults = faults_of(version, sorted(files))
    assert {files[Path(path)] for path in faults} == {
        text for text, refusing in PLANTED.items() if version in refusing
    }
