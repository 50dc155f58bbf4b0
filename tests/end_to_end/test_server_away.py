"""While the Keydesk server is down a site goes on: its pages, its license, and a question that waits."""

import time

import pytest
from playwright.sync_api import expect

from tests.end_to_end.parts import PREFIX, SHOP_SITE, Parts
from tests.end_to_end.vendor_api import listed
from tests.end_to_end.wp_admin import WpAdmin
from tests.tools.waiting import wait_until
from tests.wp_bridge.boot.site import WordPress, pass_time, run_cron

SCREENS = ("index.php", "plugins.php", "edit.php", "admin.php?page=acme-gallery", "options-general.php")
TABS = ("help", "contact", "tickets", "license")
SUBJECT = "Кнопка не видна на телефоне"
HOUR = 3600

pytestmark = pytest.mark.timeout(420)


@pytest.mark.parametrize("version", ["6.1", "7.1"])
def test_a_site_goes_on_without_the_server_and_its_question_arrives_once(parts: Parts, version: str) -> None:
    site = parts.wordpress(version, home=SHOP_SITE)
    window = parts.window()
    window.forgive("/wp-json/keydesk-acme-gallery/v1/tickets")  # an open list of tickets asks in vain
    admin = WpAdmin(window.new_page(), site)
    activate_by_key(admin, parts.facts["license_key"])

    parts.server.stop()
    no_page_asks_the_server(parts, admin)
    the_license_is_still_active(admin)
    file_a_question_that_waits(admin)

    parts.server.restart()
    time_goes_by(site)
    wait_until(lambda: arrived(parts) == 1, 20, "the question at the server")
    time_goes_by(site)
    assert arrived(parts) == 1

    admin.open("tickets")
    expect(admin.bridge().get_by_role("link", name=SUBJECT)).to_have_count(1)
    expect(admin.bridge()).not_to_contain_text("Waiting, will be sent by itself")
    nobody_complained(site)


def activate_by_key(admin: WpAdmin, key: str) -> None:
    admin.open("license")
    admin.log_in()
    admin.activate(key)


def no_page_asks_the_server(parts: Parts, admin: WpAdmin) -> None:
    """The front page and every screen, ours too: none sends a request while it is made."""
    addresses = [admin.site.url, *(f"{admin.site.admin}{screen}" for screen in SCREENS)]
    addresses += [f"{admin.site.admin}admin.php?page=acme-gallery-keydesk&tab={tab}" for tab in TABS]
    slowest = max(seconds_of_loading(admin, address) for address in addresses)

    asked = [line for line in admin.site.requests() if line["url"].startswith(parts.server.url)]
    assert [line for line in asked if line["method"] == "GET" and "/wp-admin/" in line["page"]] == []
    assert slowest < 10, f"a page took {slowest:.1f} s"


def seconds_of_loading(admin: WpAdmin, address: str) -> float:
    begun = time.monotonic()
    admin.page.goto(address)
    return time.monotonic() - begun


def the_license_is_still_active(admin: WpAdmin) -> None:
    admin.open("license")
    expect(admin.license_row("License")).to_contain_text("Active")


def file_a_question_that_waits(admin: WpAdmin) -> None:
    admin.open("contact")
    admin.page.get_by_label("Subject").fill(SUBJECT)
    admin.page.get_by_label("What happens, and what did you expect?").fill("На телефоне кнопки нет.")
    expect(admin.bridge().locator(".kd-sent")).to_be_visible()
    admin.send()
    expect(admin.bridge()).to_contain_text("Waiting, will be sent by itself")


def time_goes_by(site: WordPress) -> None:
    """Two hours, with the site's crontab at work."""
    for _ in range(2):
        pass_time(site, PREFIX, HOUR)
        run_cron(site)


def arrived(parts: Parts) -> int:
    return sum(ticket["subject"] == SUBJECT for ticket in listed(parts.facts, "tickets"))


def nobody_complained(site: WordPress) -> None:
    """6.1 has deprecated lines of its own on PHP 8.2."""
    lines = [line for line in site.debug_lines() if "Deprecated" not in line]
    assert lines == [], "\n".join(lines)
