"""A WordPress between the two of the quick run: the example plugin works there, and PHP is content."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.demo.ship_example import build_example_plugin
from tests.tools.needs import skip_or_fail
from tests.tools.waiting import free_port
from tests.wp_bridge.boot.needs import Missing
from tests.wp_bridge.boot.site import WordPress, boot_wordpress
from tests.wp_bridge.site.wp_users import NONCE_TAP, PLUGIN, ROUTES, Person

SCREENS = {
    "help": "Contact",
    "license": "License key",
    "contact": "What happens, and what did you expect?",
    "tickets": "You have not asked anything yet",
}
PRODUCT = {
    "server": "http://127.0.0.1:9",
    "tenant": "ven_01",
    "product": "prd_01",
    "product_key": "kdp_" + "A" * 24 + "3v76rY",
    "name": "Acme Gallery",
    "lease_keys": [
        {"kid": "k56475aa75463474c", "public_key": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"},
    ],
}

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("other_wordpress")]


@pytest.fixture(scope="module", params=["6.8"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    folder = tmp_path_factory.mktemp("other-site")
    plugin = build_example_plugin(folder, {"product_file": PRODUCT})
    try:
        site = boot_wordpress(folder / "site", free_port(), request.param, plugins=[plugin])
    except Missing as missing:
        skip_or_fail(str(missing))
    assert site.version.startswith(request.param)
    yield site
    site.stop()


def test_the_plugin_is_active_and_its_screens_come_without_a_word_from_php(site: WordPress) -> None:
    admin = Person(site, site.user, site.password)
    [row] = re.findall(rf"<tr[^>]*data-slug=.{PLUGIN}\W[^>]*>", admin.ask("/wp-admin/plugins.php")[1])
    assert re.search(r"class=.active\b", row), row
    for tab, words in SCREENS.items():
        status, page = admin.ask(f"/wp-admin/admin.php?page={PLUGIN}-keydesk&tab={tab}")
        assert (status, words in page, "</html>" in page) == (200, True, True), tab
    assert [line for line in site.debug_lines() if "keydesk" in line.lower()] == []


def test_an_act_without_a_server_says_so_and_nothing_breaks(site: WordPress) -> None:
    (site.root / "wp-content" / "mu-plugins" / "nonce-tap.php").write_text(NONCE_TAP, "utf-8")
    admin = Person(site, site.user, site.password)
    own = admin.nonces(["activate"])
    headers = {
        "Content-Type": "application/json",
        "X-WP-Nonce": own["rest"],
        "X-Keydesk-Nonce": own["activate"],
    }
    status, text = admin.ask(f"{ROUTES}/activate", b'{"license_key": "KD-NOT-A-KEY"}', headers)
    assert (status, json.loads(text)["code"]) == (503, "keydesk_unreachable")
    assert [line for line in site.debug_lines() if "keydesk" in line.lower()] == []
