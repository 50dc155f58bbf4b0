"""A site whose address changed: what it does by itself, what it asks, and what the answer comes to."""

import json
import re

import pytest

from tests.wp_bridge.site.live import Live
from tests.wp_bridge.site.wp_users import RECORDS, run_inside

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_live")]


def test_a_moved_site_asks_and_keeps_its_place(live: Live) -> None:
    license_id = live.begin("http://shop-1.example.com")
    uid = live.record("site")["site_uid"]
    live.move("http://shop-2.example.com")

    assert live.state == ("site_changed", True), "nothing stops before the answer"
    assert "Say what happened" in live.screen("help")
    shown = live.screen()
    assert "shop-1.example.com. This site is now at shop-2.example.com" in shown
    assert "This site has moved here" in shown

    assert live.act("resolve", resolution="moved") == 200
    question = live.told()
    assert "The old address was in use 1 hour ago. Has the site really moved?" in question
    assert "Yes, the site has moved" in question
    assert live.state[0] == "site_changed"

    assert live.act("resolve", resolution="moved", sure="1") == 200, live.last
    assert live.state == ("active", True)
    assert live.record("site")["site_uid"] == uid
    assert live.record("site")["site_key"] == "shop-2.example.com"
    assert live.license(license_id)["seats"]["used"] == 1
    live.wait(61)
    assert live.act("refresh") == 200, live.last


def test_a_copy_at_a_test_address_asks_nothing(live: Live) -> None:
    license_id = live.begin("http://shop-3.example.com")
    before = live.record("site")["site_uid"], live.record("credentials")["token"]
    live.move("http://staging.shop-3.example.com")
    live.tick()

    assert live.state == ("active", True)
    assert live.record("site")["site_key"] == "staging.shop-3.example.com"
    assert live.record("site")["site_uid"] != before[0]
    assert live.record("credentials")["token"] != before[1]
    assert live.license(license_id)["seats"]["used"] == 1


def test_a_site_of_its_own_takes_a_place_and_leaves_the_old_sites_drafts(live: Live) -> None:
    license_id = live.begin("http://shop-4.example.com")
    held = json.dumps(live.record("credentials")["activation"])
    live.move("http://shop-5.example.com")

    assert live.act("resolve", resolution="separate") == 200, live.last
    assert live.state == ("active", True)
    assert live.license(license_id)["seats"]["used"] == 2
    assert json.dumps(live.record("credentials")["activation"]) != held
    assert live.record("queue").get("items", []) == []


def test_a_full_license_says_so_and_the_copy_goes_on_for_a_while(live: Live) -> None:
    license_id = live.begin("http://shop-6.example.com", "solo")
    live.move("http://shop-7.example.com")

    assert live.act("resolve", resolution="separate") == 409
    assert live.last["data"]["server_code"] == "seat_limit_reached"
    assert "below" not in live.last["message"]
    assert live.last["data"]["link"]["url"].endswith("/account/harbour")
    assert live.act("resolve", resolution="copy") == 200, live.last
    assert live.state == ("active", True)
    assert live.license(license_id)["seats"]["used"] == 1
    assert re.search(
        r"This is a temporary copy: it works until \w+ \d+, \d{4} and takes no place", live.screen()
    )

    over = live.record("state")
    over |= {name: over[name] - 15 * 86_400 for name in ("exp", "gexp")}
    run_inside(live.site, f"update_option('{RECORDS}state', '{json.dumps(over)}');")
    shown = live.screen()
    assert "The temporary copy has ended The days of this temporary copy ended on" in shown
    assert "has not been reached" not in shown
    assert 'name="license_key"' in shown


def test_a_person_at_the_screen_is_asked_at_once_and_not_once_it_is_undone(live: Live) -> None:
    license_id = live.begin("http://shop-30.example.com")
    live.nonces  # noqa: B018  asked for at the old address, as by a page that is open
    home = "update_option('home', 'http://shop-%d.example.com');"
    run_inside(live.site, home % 31)
    live.wait(61)
    for act in ("refresh", "release", "transfer"):
        assert live.act(act) == 409
        assert live.last["data"]["server_code"] == "site_changed"
    live.last |= live.last["data"]
    assert "This site is now at shop-31.example.com. Please say what happened" in live.told()
    assert live.license(license_id)["seats"]["used"] == 1, "the old address keeps its place"

    run_inside(live.site, home % 30)
    assert "License Active" in live.screen()
    assert live.state == ("active", True)
    run_inside(live.site, home % 31)
    live.tick()
    assert live.state == ("active", True), "without a person it takes ten minutes again"


def test_an_original_whose_copy_took_the_place_asks_with_the_other_address(live: Live) -> None:
    live.begin("http://shop-32.example.com")
    original = {name: live.record(name) for name in ("state", "site", "credentials", "lease")}
    live.move("http://shop-33.example.com")
    assert live.act("resolve", resolution="moved", sure="1") == 200, live.last
    for name, record in original.items():
        text = json.dumps(record).replace("\\", "\\\\").replace("'", "\\'")
        run_inside(live.site, f"update_option('{RECORDS}{name}', '{text}');")
    run_inside(live.site, "update_option('home', 'http://shop-32.example.com');")
    live.wait(61)

    assert live.act("refresh") == 200, live.last
    assert live.last["notice"] == ""
    shown = live.told()
    assert "activated for shop-33.example.com. This site is now at shop-32.example.com" in shown


def test_a_place_that_is_gone_is_no_question_any_more(live: Live) -> None:
    license_id = live.begin("http://shop-34.example.com")
    live.move("http://shop-35.example.com")
    place = live.record("credentials")["activation"]
    live.vendor(f"licenses/{license_id}/activations/{place}", "DELETE")

    assert live.act("resolve", resolution="moved", sure="1") == 409
    live.last |= live.last["data"]
    assert 'name="license_key"' in live.told()
    assert live.state == ("released", False)


def test_a_site_that_came_back_goes_on_as_before(live: Live) -> None:
    live.begin("http://shop-8.example.com")
    live.move("http://shop-9.example.com")
    assert live.state[0] == "site_changed"
    live.move("http://shop-8.example.com")
    assert live.state == ("active", True)
