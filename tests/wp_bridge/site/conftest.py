"""One WordPress with the example plugin for all tests here; its Keydesk server does not answer."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from keydesk.bridge import build

from tests.tools.waiting import free_port
from tests.wp_bridge.boot.site import WordPress, boot_wordpress
from tests.wp_bridge.site.wp_users import NONCE_TAP, PLUGIN, run_inside

SOURCE = Path(__file__).resolve().parents[3] / "wp_bridge"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    folder = tmp_path_factory.mktemp("bridge-site")
    plugin = folder / PLUGIN
    shutil.copytree(SOURCE / "example" / PLUGIN, plugin, ignore=shutil.ignore_patterns("keydesk"))
    product = {
        "server": f"http://127.0.0.1:{free_port()}",
        "tenant": "ven_01",
        "product": "prd_01",
        "product_key": "kdp_" + "A" * 24 + "3v76rY",
        "name": "Acme Gallery",
        "lease_keys": [
            {"kid": "k56475aa75463474c", "public_key": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"},
        ],
    }
    (folder / "product.json").write_text(json.dumps(product), "utf-8")
    build(SOURCE, plugin / "keydesk", slug=PLUGIN, prefix="Acme", product_file=folder / "product.json")
    site = boot_wordpress(folder / "site", free_port(), "7.1", plugins=[plugin])
    (site.root / "wp-content" / "mu-plugins" / "nonce-tap.php").write_text(NONCE_TAP, "utf-8")
    for role in ("subscriber", "editor"):
        user = f"array('user_login' => '{role}', 'user_pass' => 'pass-{role}', 'role' => '{role}')"
        run_inside(site, f"wp_insert_user({user});")
    yield site
    site.stop()
