"""The license screen against the real server: what it says, and what its buttons do."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request
from uuid import uuid4

import pytest

from tests.wp_bridge.site.live import Live
from tests.wp_bridge.site.wp_users import RECORDS, ROUTES, run_inside

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
    days = [datetime.now(UTC)]
    live.vendor(f"licenses/{license_id}/revocations", reason="by_vendor")
    days.append(datetime.now(UTC))  # another day only at midnight
    live.wait(61)
    assert live.act("refresh") == 200
    assert live.state == ("revoked", False)
    today = "|".join(f"{day:%B} {day.day}, {day.year}" for day in days)
    said = rf"This license was revoked on (?:{today}): the seller took it back\. What you have"
    assert re.search(said, live.screen())
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
    assert live.act("refresh") == 409
    assert live.state == ("released", False)
    live.last |= live.last["data"]  # the screen has another form now: the script goes there
    assert "The place of this site was released. Activate again" in live.told()
    assert live.license(license_id)["seats"]["used"] == 1


def test_a_full_license_names_its_sites_in_part(live: Live) -> None:
    live.begin("http://shop-16.example.com", "solo")
    held = live.record("credentials")["key"]
    live.move("http://shop-17.example.com")
    assert live.act("activate", license_key=held) == 409
    assert "sh….com" in live.last["message"]
    assert "shop-16" not in live.last["message"]
    assert live.last["data"]["link"] == page(live, "See and release your sites")


def page(live: Live, text: str) -> dict[str, str]:
    """The link to the customer's page of the demo's vendor."""
    return {"url": live.facts["api_url"].removesuffix("/v1") + "/account/harbour", "text": text}


UNKNOWN = "KD1-000000-000000-000000-000000-087TJ8"


@pytest.mark.parametrize(("key", "status"), [("KD1-nonsense", 422), (UNKNOWN, 404)])
def test_a_key_that_cannot_be_used_is_no_fault_of_a_gateway(live: Live, key: str, status: int) -> None:
    assert live.act("activate", license_key=key) == status
    assert live.last["code"] == "keydesk_server_said"


def test_only_a_server_that_cannot_be_reached_is_a_503_and_says_when_to_come_again(live: Live) -> None:
    live.forget("http://shop-23.example.com")
    headers = {"X-WP-Nonce": live.nonces["rest"], "X-Keydesk-Nonce": live.nonces["activate"]}
    headers["Content-Type"] = "application/json"
    body = json.dumps({"license_key": UNKNOWN}).encode()
    with live.server_away(), pytest.raises(HTTPError) as refused:
        live.admin.opener.open(Request(f"{live.site.url}{ROUTES}/activate", body, headers))
    with refused.value as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    live.forget("http://shop-23.example.com")


STOPPED = [
    ("suspensions", "by_vendor", "has been suspended since", "the seller paused it"),
    ("suspensions", "dispute:dp_1", "has been suspended since", "the payment is disputed"),
    ("revocations", "by_vendor", "was revoked on", "the seller took it back"),
]


@pytest.mark.parametrize(("kind", "reason", "since", "why"), STOPPED)
def test_one_sentence_says_why_a_license_is_stopped_on_the_screen_and_with_a_refusal(
    live: Live, kind: str, reason: str, since: str, why: str
) -> None:
    license_id = live.begin("http://shop-24.example.com")
    key = live.record("credentials")["key"]
    live.vendor(f"licenses/{license_id}/{kind}", reason=reason)
    live.wait(61)
    assert live.act("refresh") == 200
    sentence = rf"This license {since} \w+ \d+, \d{{4}}: {why}\."
    shown = live.screen()
    assert len(re.findall(sentence, shown)) == 1
    assert shown.count("isputed") == why.count("isputed")

    live.forget("http://shop-25.example.com")
    assert live.act("activate", license_key=key) == 409
    assert re.fullmatch(sentence + " Ask us if you think that is wrong\\.", live.last["message"])


def test_an_expired_license_links_to_where_it_is_renewed(live: Live) -> None:
    license_id = live.begin("http://shop-26.example.com", starts_at=in_days(-30))
    key = live.record("credentials")["key"]
    live.vendor(f"licenses/{license_id}", "PATCH", valid_until=in_days(-3))
    live.wait(61)
    assert live.act("refresh") == 200
    assert live.state[0] == "expired"
    assert re.search(r"When you have renewed, press the button below\. Renew the license", live.screen())

    live.forget("http://shop-27.example.com")
    assert live.act("activate", license_key=key) == 409
    assert live.last["data"]["link"] == page(live, "Renew the license")
    assert "Renew it, then try again, or ask us. Renew the license" in live.press("activate", license_key=key)


def test_grace_says_that_the_renewal_is_unpaid_and_until_when_it_works(live: Live) -> None:
    live.begin("http://shop-28.example.com")
    assert "unpaid" not in live.screen()
    ended, works = in_days(-3), int((datetime.now(UTC) + timedelta(days=4)).timestamp())
    held, state = live.record("lease"), live.record("state") | {"lexp": works}
    held["license"]["valid_until"] = ended
    for name, record in (("lease", held), ("state", state)):
        text = json.dumps(record).replace("'", "\\'")
        run_inside(live.site, f"update_option('{RECORDS}{name}', '{text}');")
    shown = live.screen()
    assert re.search(r"Active, renewal unpaid .*Everything works until .* Renew the license", shown)
    assert re.search(r"Term Ended on \w+ \d+, \d{4}, works until", shown)
    assert live.state == ("active", True)


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_releasing_a_site_asks_first_also_without_a_script(live: Live) -> None:
    live.begin("http://shop-29.example.com")
    _status, page_text = live.admin.ask("/wp-admin/admin.php?page=acme-gallery-keydesk&tab=license")
    assert 'data-act="release"' not in page_text
    link = re.search(r'href="([^"]+sure=release)"[^>]*>Release this site<', page_text)
    assert link, page_text
    _status, page_text = live.admin.ask(link[1].replace("&#038;", "&").removeprefix(live.site.url))
    assert "Release this site?" in page_text
    assert 'data-act="release"' in page_text
    assert live.state == ("active", True)
    assert "This site is released" in live.press("release")


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
