"""A multisite: one license for the whole network, or one for each of its sites."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo.ship_example import build_example_plugin
from tests.tools.waiting import free_port
from tests.wp_bridge.boot.site import WordPress, boot_wordpress
from tests.wp_bridge.site.live import Live
from tests.wp_bridge.site.wp_users import Person

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_live")]

HOME = "http://network-1.example.com"
KEYDESK = "Acme\\Keydesk\\Bridge"


@pytest.fixture(scope="module")
def network(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    folder = tmp_path_factory.mktemp("bridge-network")
    plugin = build_example_plugin(folder, live.facts)
    site = boot_wordpress(folder / "site", free_port(), "7.1", plugins=[plugin], home=HOME, network=True)
    yield site
    site.stop()


def inside(site: WordPress, path: str, code: str) -> Any:
    """What PHP says in one site of the network."""
    asked = (
        f"$_SERVER['HTTP_HOST'] = '{site.url.removeprefix('http://')}'; $_SERVER['REQUEST_URI'] = '{path}';"
    )
    acting = (
        "wp_set_current_user(1);"
        f"$w = (fn() => $this->workshop())->bindTo($acme_keydesk, {KEYDESK}\\Bridge::class)(); $now = time();"
        f"$s = (fn() => $this->store)->bindTo($acme_keydesk, {KEYDESK}\\Bridge::class)();"
    )
    done = subprocess.run(
        ["php", "-r", f"{asked} require '{site.root}/wp-load.php'; {acting} {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout) if done.stdout else None


STATE = "echo json_encode(array($acme_keydesk->license_state(), $acme_keydesk->allows('captions')));"


def activate(site: WordPress, path: str, key: str) -> Any:
    code = f"$o = $w->room()->licensing()->activate('{key}', 1, $now);"
    return inside(site, path, code + " echo json_encode(array($o->code(), $o->data()['site'] ?? null));")


def issued(live: Live) -> tuple[str, str]:
    product = live.facts["product_file"]["product"]
    made = live.vendor("licenses", product_id=product, plan="studio", email="n@x.example.com")
    return made["license_id"], made["license_key"]


@pytest.fixture(scope="module")
def license_id(live: Live, network: WordPress) -> str:
    """The network's license, active: tests come in any order."""
    license_id, key = issued(live)
    code, told = activate(network, "/", key)
    assert (code, told["network"], told["site_key"]) == ("", True, "network-1.example.com")
    return license_id


def test_the_sites_of_a_network_share_one_license_and_one_place(
    live: Live, network: WordPress, license_id: str
) -> None:
    assert inside(network, "/", STATE) == ["active", True]
    assert inside(network, "/child/", STATE) == ["active", True]
    assert live.license(license_id)["seats"]["used"] == 1
    rows = 'global $wpdb; echo json_encode($wpdb->get_col("SELECT option_name FROM $wpdb->options WHERE'
    assert inside(network, "/child/", f"{rows} option_name LIKE 'keydesk%'\"));") == []


@pytest.mark.usefixtures("license_id")
def test_a_child_site_does_not_look_after_the_license(network: WordPress) -> None:
    planned = "echo json_encode((bool) wp_next_scheduled('keydesk_acme_gallery_tick'));"
    tick = "do_action('admin_init');"
    assert inside(network, "/child/", f"{tick} {planned}") is False
    assert inside(network, "/", planned) is True


@pytest.mark.usefixtures("license_id")
def test_the_license_screen_stands_in_network_admin(network: WordPress) -> None:
    person = Person(network, network.user, network.password)
    status, text = person.ask("/wp-admin/network/settings.php?page=acme-gallery-keydesk&tab=license")
    assert status == 200
    assert "Release this site" in text
    view = "array('state' => 'active', 'explained' => '')"
    shared = f"echo json_encode($w->screens()->text('license-shared', {view}));"
    assert "the whole network’s" in inside(network, "/child/", shared)


@pytest.fixture
def apart(network: WordPress, license_id: str) -> Iterator[None]:
    """The server said that each site of the network needs a place of its own."""
    inside(network, "/", "$s->merge('state', array('apart' => 1));")
    yield
    inside(network, "/", "$s->merge('state', array('apart' => null));")


@pytest.mark.usefixtures("apart")
def test_with_a_license_for_each_site_a_child_activates_alone(network: WordPress) -> None:
    assert inside(network, "/child/", STATE) == ["unlicensed", False]
    assert inside(network, "/", STATE) == ["active", True]
    size = "array_keys($w->room()->seat()->size())"
    who = f"echo json_encode(array($s->isForNetwork(), $w->identity()->url(), {size}));"
    assert inside(network, "/child/", who) == [False, f"{HOME}/child", []]
    assert inside(network, "/", who) == [True, HOME, ["blog_count"]]


def test_nothing_is_said_to_the_log(network: WordPress) -> None:
    assert [line for line in network.debug_lines() if "acme-gallery" in line or "Keydesk" in line] == []
