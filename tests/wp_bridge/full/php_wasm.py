"""The real parsers of other PHP versions, as WebAssembly out of npm; fetched once into the cache folder."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.tools.needs import skip_or_fail

PACKAGE = "@php-wasm/cli@3.1.56"
READER = Path(__file__).with_name("read-syntax.php")
FETCH_S = 600
READ_S = 120


def faults_of(version: str, files: list[Path]) -> dict[str, str]:
    """What the parser of that PHP version says against each file that it cannot read."""
    done = subprocess.run(
        [php_wasm(), READER, *files],
        env={**os.environ, "PHP": version},
        capture_output=True,
        text=True,
        check=False,
        timeout=READ_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["version"].startswith(f"{version}."), told["version"]
    assert told["read"] == len(files)
    return dict(told["faults"])


def php_wasm() -> Path:
    """The command whose PHP version is named by the variable PHP; the first call fetches it (0.5 GB)."""
    cache = Path(os.environ.get("KEYDESK_CACHE") or Path.home() / ".cache" / "keydesk")
    kept = cache / PACKAGE.replace("/", "-").lstrip("@")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f".{kept.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_dir():
            if not shutil.which("npm"):
                skip_or_fail("other PHP versions are fetched by npm, which is missing (apt-get install npm)")
            _fetch(kept)
    return kept / "node_modules" / ".bin" / "php-wasm-cli"


def _fetch(kept: Path) -> None:
    """Into a folder of its own, which gets the name only when it is whole; no package's script runs."""
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=f".{kept.name}-") as work:
        fresh = Path(work) / "fresh"
        fresh.mkdir()
        (fresh / "package.json").write_text("{}")
        install = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE]
        subprocess.run(install, cwd=fresh, check=True, timeout=FETCH_S)
        fresh.rename(kept)
