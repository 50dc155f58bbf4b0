"""A product file as the console exports it, and a copy built with it."""

import json
from pathlib import Path
from typing import Any

import pytest
from keydesk.bridge import build

SOURCE = Path(__file__).resolve().parents[3] / "wp_bridge"


@pytest.fixture
def product() -> dict[str, Any]:
    return {
        "server": "https://desk.example.com",
        "tenant": "ven_01",
        "product": "prd_01",
        "product_key": "kdp_" + "A" * 24 + "3v76rY",
        "name": 'Acme\'s "Gallery"',
        "lease_keys": [
            {"kid": "k56475aa75463474c", "public_key": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"},
        ],
        "terms_url": "https://acme.example.com/terms",
        "privacy_url": "https://acme.example.com/privacy",
        "docs_url": "",
    }


@pytest.fixture
def product_file(tmp_path: Path, product: dict[str, Any]) -> Path:
    path = tmp_path / "acme.json"
    path.write_text(json.dumps(product), "utf-8")
    return path


@pytest.fixture
def copy(tmp_path: Path, product_file: Path) -> Path:
    output = tmp_path / "acme-gallery" / "keydesk"
    build(SOURCE, output, slug="acme-gallery", prefix="Acme", product_file=product_file)
    return output
