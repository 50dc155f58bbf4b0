"""Uploads the example plugin, with a bridge built into it, as the demo product's version."""

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keydesk.bridge import build

from server.catalog.services import product_by_slug
from server.kernel import clock
from server.kernel.db import writing
from server.releases import services as releases
from tests.demo.connect_helpdesk import demo_vendor

ROOT = Path(__file__).resolve().parents[2]
SLUG = "acme-gallery"
DAY_ONE = (2026, 1, 1, 0, 0, 0)  # the same bytes at each build


def ship(environ: Mapping[str, str], facts: dict[str, Any]) -> None:
    """What buyers of the demo download; does nothing when a version is already there."""
    with demo_vendor(environ):
        product = product_by_slug(SLUG)
        if product is None or releases.current_release(product) is not None:
            return
        with tempfile.TemporaryDirectory(prefix="keydesk-example-") as folder:
            raw = packed(build_example_plugin(Path(folder), facts))
        with writing():
            product = product_by_slug(SLUG)
            if product is not None:
                releases.upload_release(product, raw, now=clock.now(), actor="system")


def build_example_plugin(work: Path, facts: dict[str, Any]) -> Path:
    """The example plugin with a bridge of its own inside, as a plugin author would ship it."""
    plugin = work / SLUG
    shutil.rmtree(plugin, ignore_errors=True)  # a kept one is made anew
    shutil.copytree(ROOT / "wp_bridge" / "example" / SLUG, plugin)
    product_file = work / "product.json"
    product_file.write_text(json.dumps(facts["product_file"]), encoding="utf-8")
    build(ROOT / "wp_bridge", plugin / "keydesk", slug=SLUG, prefix="Acme", product_file=product_file)
    return plugin


def packed(plugin: Path) -> bytes:
    """The plugin's folder as a ZIP."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(plugin.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(plugin.parent).as_posix(), DAY_ONE)
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target.getvalue()
