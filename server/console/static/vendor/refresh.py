"""Fetch the style sheets and the script that the console carries, at the versions named in manifest.json.

Run `python server/console/static/vendor/refresh.py` after changing a version in manifest.json. It asks
`npm pack` for the packages, copies the named files unchanged and writes their sha256 into the manifest.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "manifest.json"


def main() -> int:
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text(encoding="utf-8"))
    for package in manifest["packages"]:
        with tempfile.TemporaryDirectory() as folder:
            refresh(package, Path(folder))
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return 0


def refresh(package: dict[str, Any], folder: Path) -> None:
    """Unpack one package and take its files; the manifest entry is changed in place."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to refresh the vendored files")
    wanted = f"{package['name']}@{package['version']}"
    subprocess.run([npm, "pack", "--silent", wanted], cwd=folder, check=True)  # noqa: S603 - names of our manifest
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as unpacked:
        unpacked.extractall(folder, filter="data")
    for file in package["files"]:
        content = (folder / "package" / file["source"]).read_bytes()
        (HERE / file["path"]).write_bytes(content)
        file["sha256"] = hashlib.sha256(content).hexdigest()
    described = json.loads((folder / "package" / "package.json").read_text(encoding="utf-8"))
    package["license"] = described["license"]


if __name__ == "__main__":
    sys.exit(main())
