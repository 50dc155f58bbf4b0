"""The vendored style sheets and script are exactly what their manifest says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

VENDOR = Path(__file__).parents[3] / "server" / "console" / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
PACKAGES: list[dict[str, Any]] = MANIFEST["packages"]
FILES: list[dict[str, str]] = [file for package in PACKAGES for file in package["files"]]


@pytest.mark.parametrize("file", FILES, ids=[file["path"] for file in FILES])
def test_a_vendored_file_has_the_checksum_of_the_manifest(file: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / file["path"]).read_bytes()).hexdigest() == file["sha256"]


def test_every_vendored_file_stands_in_the_manifest() -> None:
    present = {path.name for path in VENDOR.iterdir() if path.is_file()}

    assert present - {"manifest.json", "refresh.py"} == {file["path"] for file in FILES}


@pytest.mark.parametrize("package", PACKAGES, ids=[package["name"] for package in PACKAGES])
def test_every_package_has_a_free_license_and_brings_its_text(package: dict[str, Any]) -> None:
    assert package["version"]
    assert package["license"] in {"MIT", "BSD-0-Clause", "0BSD"}
    assert any(file["path"].startswith("LICENSE.") for file in package["files"])
