"""Two WordPress with the example plugin: one whose server does not answer, and one with a real server."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from keydesk.bridge import build

from tests.demo.ship_example import build_example_plugin
from tests.tools.keydesk_server import start_keydesk
from tests.tools.mail_sink import caught_mails
from tests.tools.waiting import free_port
from tests.wp_bridge.boot.site import WordPress, boot_wordpress
from tests.wp_bridge.site.live import Live
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


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A shop's site at an address that counts, and the real server with its demo vendor."""
    folder = tmp_path_factory.mktemp("bridge-live")
    with ExitStack() as running:
        mails = running.enter_context(caught_mails())
        settings = {
            "KEYDESK_ENV": "development",
            "KEYDESK_RATE_LIMITS": "off",
            "KEYDESK_SMTP_HOST": "127.0.0.1",
            "KEYDESK_SMTP_PORT": str(mails.port),
        }
        server = start_keydesk(free_port(), folder / "keydesk", settings, demo=True)
        running.callback(server.stop)
        facts = server.demo_facts()
        plugin = build_example_plugin(folder, facts)
        home = "http://shop-1.example.com"
        site = boot_wordpress(folder / "site", free_port(), "7.1", plugins=[plugin], home=home)
        running.callback(site.stop)
        (site.root / "wp-content" / "mu-plugins" / "nonce-tap.php").write_text(NONCE_TAP, "utf-8")
        yield Live(site, mails, facts)
