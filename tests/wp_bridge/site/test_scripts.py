"""The license screen with its scripts, in a browser: a refusal shows the next step by itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.wp_admin import WpAdmin
from tests.tools.browser import open_window
from tests.wp_bridge.site.live import Live
from tests.wp_bridge.site.wp_users import run_inside

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_live")]


@pytest.fixture
def admin(live: Live, browser: Browser) -> Iterator[WpAdmin]:
    """The administrator at the license screen of a site that has none."""
    live.forget("http://shop-50.example.com")
    with open_window(browser) as window:
        window.forgive("status of 409")  # the browser's own word on every refusal
        admin = WpAdmin(window.new_page(), live.site)
        admin.open("license")
        admin.log_in()
        yield admin


def test_check_again_on_a_moved_site_brings_the_question(live: Live, admin: WpAdmin) -> None:
    live.begin("http://shop-51.example.com")
    admin.open("license")
    run_inside(live.site, "update_option('home', 'http://shop-52.example.com');")
    live.wait(61)
    admin.page.get_by_role("button", name="Check again").click()
    expect(admin.page.get_by_role("button", name="It is a copy")).to_be_visible()


def test_a_full_license_links_to_the_customers_page_beside_the_field(live: Live, admin: WpAdmin) -> None:
    live.begin("http://shop-53.example.com", "solo")
    key = live.record("credentials")["key"]
    live.forget("http://shop-54.example.com")
    admin.open("license")
    try_key(admin.page, key)
    error = admin.bridge().locator("#kd-license_key-error")
    expect(error).to_contain_text("All sites of this license are in use.")
    link = error.get_by_role("link", name="See and release your sites")
    expect(link).to_have_attribute("href", live.facts["api_url"].removesuffix("/v1") + "/account/harbour")


def test_a_page_of_something_on_the_way_is_no_message(admin: WpAdmin) -> None:
    admin.page.route("**/activate*", lambda route: route.fulfill(status=409, body="<h1>Gateway</h1>"))
    try_key(admin.page, "KD1-000000-000000-000000-000000-087TJ8")
    expect(admin.bridge().get_by_role("status")).to_contain_text("The connection was lost.")


def try_key(page: Page, key: str) -> None:
    page.get_by_label("License key").fill(key)
    page.get_by_role("button", name="Activate", exact=True).click()
