"""The project's own WordPress: both quick versions boot, serve and tick, and leave nothing behind."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Page, expect

from tests.tools.needs import skip_or_fail
from tests.tools.processes import process_is_gone
from tests.tools.waiting import free_port, port_is_free, wait_until
from tests.wp_bridge.boot.log_in import log_in
from tests.wp_bridge.boot.needs import Missing
from tests.wp_bridge.boot.site import QUICK_VERSIONS, WordPress, boot_wordpress, pass_time, run_cron

GUEST = Path(__file__).with_name("example-guest")
SHOP = "http://shop-1.example.com"

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("wordpress_boot")]


@pytest.fixture(scope="module", params=QUICK_VERSIONS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    folder = tmp_path_factory.mktemp("site") / "site"
    try:
        site = boot_wordpress(folder, free_port(), request.param, plugins=[GUEST], home=SHOP)
    except Missing as missing:
        skip_or_fail(str(missing))
    yield site
    site.stop()


def test_the_site_says_its_version_itself(site: WordPress) -> None:
    with urllib.request.urlopen(f"{site.url}/feed/", timeout=20) as reply:
        assert f"?v={site.version}</generator>" in reply.read().decode()

    assert site.version.startswith(QUICK_VERSIONS)


def test_an_administrator_logs_in_and_sees_the_plugin_active(site: WordPress, page: Page) -> None:
    open_dashboard(site, page)
    page.goto(f"{site.admin}plugins.php")

    expect(page.locator("tr.active[data-plugin^='example-guest/']")).to_be_visible()
    assert page.url.startswith(site.admin)


def test_the_stored_home_names_the_shop_and_every_address_stays_reachable(site: WordPress) -> None:
    facts = told(site)

    assert facts["home"] == SHOP
    assert facts["home_url"] == f"{site.url}/"
    assert facts["admin_url"] == site.admin
    assert facts["rest_url"] == f"{site.url}/wp-json/"
    assert facts["environment"] == "production"


def test_pretty_addresses_are_served(site: WordPress) -> None:
    with urllib.request.urlopen(f"{site.url}/hello-world/", timeout=20) as reply:
        assert reply.status == 200


def test_an_event_runs_when_its_time_has_come(site: WordPress) -> None:
    before = told(site)["ticks"]

    run_cron(site)
    assert told(site)["ticks"] == before

    pass_time(site, "guest_", 3600)
    run_cron(site)
    assert told(site)["ticks"] == before + 1


def test_time_passes_for_the_records_of_one_plugin(site: WordPress) -> None:
    before = told(site)["waiting"]["items"][0]["next"]

    pass_time(site, "guest_", 600)

    waiting = told(site)["waiting"]
    assert waiting["items"][0] == {"next": before - 600, "id": "одно"}
    assert told(site)["open_until"] == 5


def test_every_outgoing_request_is_written_down(site: WordPress) -> None:
    ask(site, f"{site.url}/?written-down")

    assert [line["url"] for line in site.requests()].count(f"{site.url}/?written-down") == 1


def test_a_host_outside_of_this_machine_is_not_asked(site: WordPress) -> None:
    assert "block" in str(ask(site, "http://example.com/")).lower()


def test_the_home_of_core_is_answered_inside_the_site(site: WordPress) -> None:
    assert ask(site, "https://api.wordpress.org/plugins/update-check/1.1/") == 200


def test_php_complains_about_nothing_on_a_current_version(site: WordPress, page: Page) -> None:
    open_dashboard(site, page)
    page.wait_for_load_state("networkidle")
    told(site)

    # 6.1 has deprecations of its own on PHP 8.2; nothing else may stand there.
    lines = [line for line in site.debug_lines() if "Deprecated" not in line]
    assert lines == []
    if site.version.startswith("7."):
        assert site.debug_lines() == []


def test_after_the_end_neither_a_process_nor_a_port_is_left(tmp_path: Path) -> None:
    port = free_port()
    site = boot_wordpress(tmp_path / "site", port, "7.1")
    workers = children_of(site.pid)

    site.stop()

    assert workers
    assert process_is_gone(site.pid)
    wait_until(lambda: all(map(process_is_gone, workers)), 30, "the end of PHP's workers")
    assert port_is_free(port)


def test_a_kept_site_comes_back_as_it_was_on_another_port(tmp_path: Path) -> None:
    first = boot_wordpress(tmp_path / "site", free_port(), plugins=[GUEST], home=SHOP, reuse=True)
    ticks = told(first)["ticks"]
    pass_time(first, "guest_", 3600)
    run_cron(first)
    first.stop()

    again = boot_wordpress(tmp_path / "site", free_port(), home=SHOP, reuse=True)
    facts = told(again)
    again.stop()

    assert facts["ticks"] == ticks + 1
    assert (facts["home"], facts["admin_url"]) == (SHOP, again.admin)
    assert again.version == first.version


def open_dashboard(site: WordPress, page: Page) -> None:
    page.goto(site.admin)
    log_in(page, site)
    expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()


def children_of(pid: int) -> list[int]:
    """The workers; PHP forks them when it starts."""
    listed = wait_until(lambda: Path(f"/proc/{pid}/task/{pid}/children").read_text(), 30, "PHP's workers")
    return [int(word) for word in listed.split()]


def told(site: WordPress) -> dict[str, Any]:
    with urllib.request.urlopen(f"{site.url}/wp-json/guest/v1/facts", timeout=20) as reply:
        return cast("dict[str, Any]", json.load(reply))


def ask(site: WordPress, url: str) -> object:
    with urllib.request.urlopen(f"{site.url}/wp-json/guest/v1/ask?url={url}", timeout=20) as reply:
        return json.load(reply)
