"""A site whose address changed: what it does by itself, what it asks, and what the answer comes to."""

import json

import pytest

from tests.wp_bridge.site.live import Live

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

    assert live.act("resolve", resolution="separate") == 502
    assert live.last["data"]["server_code"] == "seat_limit_reached"
    assert live.act("resolve", resolution="copy") == 200, live.last
    assert live.state == ("active", True)
    assert live.license(license_id)["seats"]["used"] == 1


def test_a_site_that_came_back_goes_on_as_before(live: Live) -> None:
    live.begin("http://shop-8.example.com")
    live.move("http://shop-9.example.com")
    assert live.state[0] == "site_changed"
    live.move("http://shop-8.example.com")
    assert live.state == ("active", True)
