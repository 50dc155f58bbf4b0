"""The license screen against the real server: what it says, and what its buttons do."""

import json
import re
from uuid import uuid4

import pytest

from tests.wp_bridge.site.live import Live
from tests.wp_bridge.site.wp_users import RECORDS, run_inside

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("bridge_live")]


def test_the_screen_says_plan_places_and_term(live: Live) -> None:
    live.begin("http://shop-11.example.com")
    shown = live.screen()
    assert re.search(r"License Active .*Plan Studio Term Expires on .* Sites 1 of 5 in use", shown), shown[
        -1500:
    ]
    assert "Manage license" in shown


def test_a_person_checks_again_once_a_minute(live: Live) -> None:
    live.begin("http://shop-12.example.com")
    live.wait(61)
    assert live.act("refresh") == 200
    assert live.act("refresh") == 429
    assert re.search(r"You can check again in \d+ seconds", live.last["message"])


def test_a_revoked_license_is_said_and_a_lifted_one_comes_back(live: Live) -> None:
    license_id = live.begin("http://shop-13.example.com")
    live.vendor(f"licenses/{license_id}/revocations", reason="by_vendor")
    live.wait(61)
    assert live.act("refresh") == 200
    assert live.state == ("revoked", False)
    assert "It was taken back" in live.screen()
    assert live.record("lease")["list"]["ids"] == [license_id]

    live.vendor(f"licenses/{license_id}/revocations/by_vendor", "DELETE")
    live.wait(61)
    assert live.act("refresh") == 200
    assert live.state == ("active", True)


def test_a_code_takes_the_license_to_another_site(live: Live) -> None:
    license_id = live.begin("http://shop-14.example.com")
    assert live.act("transfer") == 201
    shown = live.told()
    code = re.search(r'value="(kdx_\w{48})"', shown)
    assert code, shown
    assert code[1] not in live.told(), "a code is shown once"
    assert live.state == ("active", True)

    there = {"site_uid": uuid4().hex, "site_url": "http://shop-15.example.com", "environment": "production"}
    product = live.facts["product_file"]["product_key"]
    live.call("activations", product, {"transfer_code": code[1], **there}, uuid4().hex)
    live.wait(61)
    assert live.act("refresh") == 502
    assert live.state == ("released", False)
    assert "The place of this site was released. Activate again" in live.screen()
    assert live.license(license_id)["seats"]["used"] == 1


def test_a_full_license_names_its_sites_in_part(live: Live) -> None:
    live.begin("http://shop-16.example.com", "solo")
    held = live.record("credentials")["key"]
    live.move("http://shop-17.example.com")
    assert live.act("activate", license_key=held) == 502
    assert "sh….com" in live.last["message"]
    assert "shop-16" not in live.last["message"]


def test_a_mail_releases_a_site_and_brings_the_license_without_a_key(live: Live) -> None:
    license_id = live.begin("http://shop-18.example.com", "solo", email="olha@studio.example.com")
    live.forget("http://shop-19.example.com", keep="site")  # a copied database whose license is gone
    assert live.act("mail_ask", email="olha@studio.example.com") == 202
    assert "a mail is on its way" in live.screen()
    assert live.act("mail_look") == 200
    assert live.last["waits"] is True

    mail = live.mails.wait_for(to="olha@studio.example.com")
    link = re.search(r"http://\S+/activate/[\w-]+", mail.text)
    assert link, mail.text
    page = live.open(link[0])
    assert "shop-19.example.com" in page
    seated = re.search(r'name="activation_id" value="(\w+)"', page)
    assert seated, page
    live.open(f"{link[0]}/releases", activation_id=seated[1])
    live.open(f"{link[0]}/confirmation", yes="1")

    assert live.act("mail_look") == 200
    assert live.state == ("active", True)
    assert live.record("site")["site_key"] == "shop-19.example.com"
    assert live.license(license_id)["seats"]["used"] == 1


def test_releasing_works_while_the_server_is_away_and_in_any_state(live: Live) -> None:
    license_id = live.begin("http://shop-20.example.com")
    live.vendor(f"licenses/{license_id}/revocations", reason="by_vendor")
    with live.server_away():
        assert live.act("release") == 200
        assert live.state == ("released", False)
        assert live.record("queue")["items"][0]["kind"] == "release"
    live.tick()
    assert live.record("queue")["items"] == []
    assert live.license(license_id)["seats"]["used"] == 0


def test_without_a_script_the_same_buttons_lead_to_the_same_screens(live: Live) -> None:
    live.begin("http://shop-21.example.com")
    page = live.press("transfer")
    assert re.search(r'value="kdx_\w{48}"', page)
    assert "Enter this code on the license screen of the other site" in page


def test_a_license_of_the_test_shop_is_marked(live: Live) -> None:
    live.begin("http://shop-22.example.com")
    assert "test shop" not in live.screen()
    state = live.record("state") | {"mode": "test"}
    run_inside(live.site, f"update_option('{RECORDS}state', '{json.dumps(state)}', true);")
    assert "Test This license comes from the test shop" in live.screen()
