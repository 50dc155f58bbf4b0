"""axe-core in the browser: a page, or our part of it, breaks no rule of WCAG A and AA or best practice."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.tools.needs import skip_or_fail

AXE = "axe-core@4.14.1"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
FETCH_S = 300


def assert_accessible(page: Page, include: str | None = None) -> None:
    """AssertionError that names each violated rule and its places; `include` looks at that part only."""
    found = violations(page, include)
    assert not found, f"{page.url}\n" + "\n".join(map(_told, found))


def violations(page: Page, include: str | None = None) -> list[dict[str, Any]]:
    page.evaluate(_script())
    result: list[dict[str, Any]] = page.evaluate(
        """async ([place, rules]) => {
            if (place && !document.querySelector(place)) throw new Error('nothing matches ' + place);
            const options = { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] };
            return (await axe.run(place ? { include: [place] } : document, options)).violations;
        }""",
        [include, RULES],
    )
    return result


def _told(violation: dict[str, Any]) -> str:
    places = "\n".join(
        f"    {' '.join(map(str, node['target']))}\n      {node['html'][:200]}" for node in violation["nodes"]
    )
    return f"  {violation['id']}: {violation['help']}\n{places}"


@cache
def _script() -> str:
    """axe-core's own file, fetched once by package name into a folder that stays."""
    named = os.environ.get("KEYDESK_CACHE")
    folder = Path(named) if named else Path.home() / ".cache" / "keydesk"
    kept = folder / f"{AXE}.js"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".axe.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            if not shutil.which("npm"):
                skip_or_fail("axe-core is fetched by npm, which is missing (Debian: apt-get install npm)")
            _fetch(kept)
    return kept.read_text()


def _fetch(kept: Path) -> None:
    with tempfile.TemporaryDirectory(dir=kept.parent) as work:
        pack = ["npm", "pack", "--silent", "--ignore-scripts", AXE]
        named = subprocess.run(pack, cwd=work, check=True, stdout=subprocess.PIPE, text=True, timeout=FETCH_S)
        archive = named.stdout.strip().splitlines()[-1]
        subprocess.run(["tar", "-xzf", archive, "package/axe.min.js"], cwd=work, check=True, timeout=FETCH_S)
        (Path(work) / "package" / "axe.min.js").rename(kept)
