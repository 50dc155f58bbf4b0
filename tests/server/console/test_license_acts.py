"""An owner changes a license by hand; each time the page asks why, and the history says it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from server.accounts.services import create_api_key
from server.billing.services import licenses_of, record_order
from server.catalog.models import Product
from server.catalog.services import create_plan, create_product
from server.console.words import day
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License
from server.licensing.services import (
    children_of,
    extend_license,
    find_license_by_key,
    issue_license,
    release_site,
    reveal_key,
    suspend_license,
)
from server.mail.models import Mail
from tests.conftest import NOON
from tests.server.console.conftest import Browser
from tests.server.console.story import KEY_MAIL, Story
from tests.tools.statements import statements

WHO = "member:mem_1"
SOLO: dict[str, Any] = {"code": "solo", "name": "Solo", "seats": 1, "interval": "year", "actor": WHO}


def sold(story: Story) -> License:
    session.expire_all()
    return resolve(License, story.license_id)


def page_of(story: Story, act: str = "") -> str:
    return f"/licenses/{story.license_id}" + (f"/acts/{act}" if act else "")


def test_the_end_is_set_and_the_history_says_who_and_why(desk: Browser, story: Story) -> None:
    desk.send(page_of(story, "extend"), {"until": "2031-05-01", "note": "goodwill for the outage"})

    assert f"{sold(story).valid_until:%Y-%m-%d %H:%M}" == "2031-05-01 23:59"
    page = desk.text(page_of(story))
    for words in ("End set by hand", "until 1 May 2031", "goodwill for the outage", "Olena"):
        assert words in page


def test_an_end_needs_a_day_or_for_ever(desk: Browser, story: Story) -> None:
    assert 'id="error-until"' in desk.send(page_of(story, "extend"), {"until": ""}).text
    assert 'id="error-until"' in desk.send(page_of(story, "extend"), {"until": "2020-01-01"}).text
    assert sold(story).valid_until is not None

    desk.send(page_of(story, "extend"), {"until": "", "for_ever": "yes"})
    assert sold(story).valid_until is None


def test_of_day_and_for_ever_the_one_that_was_changed_decides(desk: Browser, story: Story) -> None:
    extend = page_of(story, "extend")
    desk.send(extend, {"until": "2031-05-01", "for_ever": "yes"})
    assert sold(story).valid_until is None
    assert "20" not in re.findall(r'<input[^>]*name="until"[^>]*>', desk.open(extend).text)[0]

    desk.send(extend, {"until": "2031-05-01", "for_ever": "yes"})
    assert f"{sold(story).valid_until:%Y-%m-%d}" == "2031-05-01"


def test_an_end_that_it_has_already_is_said_and_noted_nowhere(desk: Browser, story: Story) -> None:
    for again, words in (
        ({"until": "2031-05-01"}, "then already"),
        ({"for_ever": "yes"}, "for ever already"),
    ):
        desk.send(page_of(story, "extend"), {"until": "", **again})
        acts = desk.text(page_of(story)).count("End set by hand")
        assert words in desk.send(page_of(story, "extend"), {"until": "", **again}).text
        assert desk.text(page_of(story)).count("End set by hand") == acts


def test_a_day_that_nobody_means_is_refused_at_its_field(desk: Browser, story: Story) -> None:
    before = sold(story).valid_until

    for wrong in ("9999-12-31", "2200-01-01", "1969-12-31"):
        page = desk.send(page_of(story, "extend"), {"until": wrong}).text
        assert 'id="error-until"' in page
        assert "from 1970 to 2199" in page
    assert sold(story).valid_until == before


def test_a_row_with_a_day_that_nobody_means_stands_on_every_page_and_can_be_mended(
    desk: Browser, story: Story
) -> None:
    with writing():
        sold(story).valid_until = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    for path in ("/licenses/", f"/licenses/?q={story.license_id}", page_of(story), page_of(story, "extend")):
        assert "31 Dec 9999" in desk.text(path) or "/acts/" in path
    assert desk.send(page_of(story, "extend"), {"until": "2031-05-01"}).status_code == 302
    assert "1 May 2031" in desk.text(page_of(story))


def test_the_number_of_sites_is_changed(desk: Browser, story: Story) -> None:
    desk.send(page_of(story, "sites"), {"seats": "12"})
    assert sold(story).seats == 12
    assert "5 → 12" in desk.text(page_of(story))

    desk.send(page_of(story, "sites"), {"seats": ""})
    assert sold(story).seats is None


def test_the_plan_is_changed_to_another_of_the_product(desk: Browser, story: Story) -> None:
    assert desk.open(page_of(story, "plan")).status_code == 404
    with writing():
        plan_id = create_plan(resolve(Product, story.product_id), **SOLO).id

    desk.send(page_of(story, "plan"), {"plan": plan_id})

    assert (sold(story).plan_id, sold(story).seats) == (plan_id, 1)
    assert "studio → solo" in desk.text(page_of(story))


def test_a_license_goes_to_another_customer_with_a_new_key(desk: Browser, story: Story) -> None:
    answers = {
        "email": "Neu@Buyer.example.com",
        "name": "Neu",
        "locale": "ro",
        "new_key": "yes",
        "note": "the shop was sold",
    }
    desk.send(page_of(story, "transfer"), answers)

    assert sold(story).customer.email == "neu@buyer.example.com"
    assert reveal_key(sold(story)) != story.key
    assert "neu@buyer.example.com" in desk.text(page_of(story))


def test_a_license_is_found_by_the_address_of_who_held_it_before(desk: Browser, story: Story) -> None:
    former = sold(story).customer.email
    for holder in ("neu@buyer.example.com", "third@buyer.example.com"):
        desk.send(page_of(story, "transfer"), {"email": holder, "locale": "ro", "note": "sold"})

    for before in (former.upper(), "neu@buyer.example.com"):
        page = desk.text(f"/licenses/?q={before}")
        assert story.license_id in page
        assert f"Transferred from {before.lower()}" in page
        assert page.replace("<wbr>", "").count("third@buyer.example.com") == 1
    assert "Transferred" not in desk.text("/licenses/?q=third@buyer.example.com")
    assert story.license_id not in desk.text("/licenses/?q=nobody@buyer.example.com")

    desk.send(page_of(story, "transfer"), {"email": former, "locale": "ro", "note": "bought back"})
    assert "Transferred" not in desk.text(f"/licenses/?q={former}")


def test_who_has_a_part_of_a_bundle_keeps_its_key_when_the_bundle_goes(desk: Browser, story: Story) -> None:
    with writing():
        bundle, somebody = sold(story), customer_for("bo@buyer.example.com", now=NOON)
        part, key = issue_license(
            product=bundle.product, plan=bundle.plan, customer=somebody, now=NOON, parent=bundle
        )
        part_id = part.id
    answers = {"email": "neu@buyer.example.com", "locale": "ro", "new_key": "yes", "note": "sold"}

    desk.send(page_of(story, "transfer"), answers)

    assert sold(story).customer.email == "neu@buyer.example.com"
    assert find_license_by_key(key).id == part_id


def test_a_new_key_is_made_for_a_reason(desk: Browser, story: Story) -> None:
    assert 'id="error-note"' in desk.send(page_of(story, "new-key")).text
    desk.send(page_of(story, "new-key"), {"note": "seen in a forum"})

    assert reveal_key(sold(story)) != story.key


def test_a_long_text_is_refused_at_its_field_and_cut_by_nobody(desk: Browser, story: Story) -> None:
    assert "maxlength" not in desk.text(page_of(story, "transfer"))

    answers = {"email": "neu@buyer.example.com", "locale": "ro", "name": "n" * 5_000, "note": "x" * 200_000}
    refused = desk.send(page_of(story, "transfer"), answers)

    assert 'id="error-name"' in refused.text
    assert 'id="error-note"' in refused.text
    assert "At most 500 characters fit here." in refused.text
    assert sold(story).customer.email == KEY_MAIL


def test_a_pause_ends_again_and_only_what_fits_is_offered(desk: Browser, story: Story) -> None:
    assert "End the pause" not in desk.text(page_of(story))
    desk.send(page_of(story, "suspend"), {"note": "chargeback"})
    assert sold(story).suspended_for == ["by_vendor"]
    assert "Pause…" not in desk.text(page_of(story))

    desk.send(page_of(story, "restore"), {"note": "it was a mistake"})
    assert sold(story).suspended_for == []
    assert desk.open(page_of(story, "restore")).status_code == 404


def test_a_revocation_is_taken_back(desk: Browser, story: Story) -> None:
    desk.send(page_of(story, "revoke"), {"note": "refund by hand"})
    page = desk.text(page_of(story))
    assert "<dd>by hand</dd>" in page
    assert "by_vendor" not in page
    assert "No site uses this license yet" not in page

    desk.send(page_of(story, "unrevoke"), {"note": "they paid again"})
    assert sold(story).status(clock.now()) == "active"


def test_a_revoked_license_gets_no_purchase_mail(desk: Browser, story: Story) -> None:
    """It would be dropped when it leaves, and whoever pressed believes that it is on its way."""
    assert "Send the purchase mail again" in desk.text(page_of(story))
    desk.send(page_of(story, "revoke"), {"note": "refund by hand"})
    assert "Send the purchase mail again" not in desk.text(page_of(story))

    desk.send(f"{page_of(story)}/mail")
    assert "A revoked license gets no purchase mail." in desk.text(page_of(story))
    assert session.scalars(select(Mail).where(Mail.template == "purchase")).all() == []


def test_a_paused_license_gets_no_purchase_mail(desk: Browser, story: Story) -> None:
    """The mail would call it ready, while its sites get nothing."""
    with writing():
        suspend_license(sold(story), "dispute:dp_1", actor="stripe", now=clock.now())
    assert "Send the purchase mail again" not in desk.text(page_of(story))

    desk.send(f"{page_of(story)}/mail")
    assert "A paused license gets no purchase mail" in desk.text(page_of(story))
    assert session.scalars(select(Mail).where(Mail.template == "purchase")).all() == []


def test_each_reason_has_words_and_is_taken_back_on_its_own(desk: Browser, story: Story) -> None:
    with writing():
        told: dict[str, Any] = {"actor": "stripe", "now": clock.now()}
        suspend_license(sold(story), "dispute:dp_1", **told)
        suspend_license(sold(story), "by_vendor", **told)
    page = desk.text(page_of(story))
    assert "a dispute at the bank, by hand" in page
    assert "dispute:dp_1" not in page
    assert "All of them" in desk.text(page_of(story, "restore"))

    desk.send(page_of(story, "restore"), {"reason": "by_vendor", "note": "my part of it is over"})
    assert sold(story).suspended_for == ["dispute:dp_1"]
    desk.send(page_of(story, "restore"), {"note": "the bank said so"})
    assert sold(story).suspended_for == []


def test_a_license_cannot_be_given_to_who_has_it(desk: Browser, story: Story) -> None:
    answers = {"email": KEY_MAIL.upper(), "locale": "ru", "note": "a slip"}
    answer = desk.send(page_of(story, "transfer"), answers)

    assert "The license belongs to this customer already." in answer.text
    assert 'id="error-email"' in answer.text


def test_a_license_without_sites_says_whether_it_had_any(desk: Browser, story: Story) -> None:
    with writing():
        release_site(resolve(Activation, story.activation_id), actor=WHO, now=clock.now())
    assert "No site uses this license any more." in desk.text(page_of(story))


def _bundle(story: Story) -> list[str]:
    """A bundle of one plugin, and the license that it brought."""
    with writing():
        product = resolve(Product, story.product_id)
        forms = create_product(slug="forms", name="Forms", now=NOON, actor=WHO)
        part = create_plan(forms, **SOLO)
        bundle = create_plan(product, **{**SOLO, "code": "all", "name": "All"}, bundled_plan_ids=[part.id])
        buyer = customer_for("bo@buyer.example.com", now=NOON)
        license, _key = issue_license(product=product, plan=bundle, customer=buyer, now=clock.now())
        return [license.id, *(child.id for child in children_of(license))]


HOLDS_THE_LINK = "The purchase mail holds the link that activates it."
NO_LINK = "its customer has no link that activates it. Send the purchase mail."


def test_a_license_that_was_handed_on_has_no_link_until_its_mail_is_sent(desk: Browser, story: Story) -> None:
    path = f"/licenses/{_bundle(story)[0]}"
    desk.send(f"{path}/mail", page=path)
    assert HOLDS_THE_LINK in desk.text(path)

    answers = {"email": "neu@buyer.example.com", "locale": "ro", "note": "the shop was sold"}
    desk.send(f"{path}/acts/transfer", answers)
    page = desk.text(path)
    assert NO_LINK in page
    assert HOLDS_THE_LINK not in page

    desk.send(f"{path}/mail", page=path)
    assert HOLDS_THE_LINK in desk.text(path)


def test_a_part_of_a_bundle_has_the_bundles_link_while_its_holder_keeps_it(
    desk: Browser, story: Story
) -> None:
    bundle, part = (f"/licenses/{one}" for one in _bundle(story))
    assert NO_LINK in desk.text(part)
    desk.send(f"{bundle}/mail", page=bundle)
    assert HOLDS_THE_LINK in desk.text(part)

    answers = {"email": "neu@buyer.example.com", "locale": "ro", "note": "only this one was sold"}
    desk.send(f"{part}/acts/transfer", answers)
    assert NO_LINK in desk.text(part)


def test_a_script_is_called_by_the_name_of_its_key(desk: Browser, story: Story) -> None:
    with writing():
        key, _text = create_api_key(name="Our shop", scopes=["licenses:write"], now=clock.now())
        extend_license(sold(story), None, actor=f"key:{key.id}", now=clock.now())
    assert "API key Our shop" in desk.text(page_of(story))


def test_the_history_says_the_moment_and_the_customer_leads_to_what_he_has(
    desk: Browser, story: Story
) -> None:
    page = desk.text(page_of(story))
    issued = sold(story).created_at
    assert f'<time datetime="{issued:%Y-%m-%dT%H:%M:%S}Z">' in page
    assert f"{issued:%H:%M} UTC</time>" in page

    for room in ("licenses", "orders"):
        link = re.search(rf'href="/console(/{room}/\?[^"]+)"', page.split("<aside")[1])
        assert link is not None
        assert KEY_MAIL in unquote(link[1])
        assert desk.open(unescape(link[1])).status_code == 200


def test_lists_of_what_to_look_after_leave_out_what_is_revoked(desk: Browser, story: Story) -> None:
    with writing():
        one, now = sold(story), clock.now()
        license, _key = issue_license(product=one.product, plan=one.plan, customer=one.customer, now=now)
        license.valid_until, license_id = now + timedelta(days=5), license.id
    for show in ("expiring", "unused"):
        assert license_id in desk.text(f"/licenses/?show={show}")

    desk.send(f"/licenses/{license_id}/acts/revoke", {"note": "shared in a forum"})

    for show in ("expiring", "unused"):
        assert license_id not in desk.text(f"/licenses/?show={show}")


def test_an_agent_sees_the_history_and_no_way_to_change(agent_desk: Browser, story: Story) -> None:
    page = agent_desk.text(page_of(story))

    assert "Issued" in page
    assert "/acts/" not in page
    assert agent_desk.open(page_of(story, "extend")).status_code == 403


@pytest.mark.parametrize("act", ["plan", "suspend", "revoke"])
def test_an_act_on_what_a_subscription_pays_says_that_it_goes_on_charging(
    desk: Browser, story: Story, act: str
) -> None:
    with writing():
        create_plan(resolve(Product, story.product_id), **SOLO)
    assert "goes on charging" not in desk.text(page_of(story, act))
    with writing():
        sold(story).renews = True

    assert "Its subscription goes on charging" in desk.text(page_of(story, act))


def test_a_bundle_that_is_no_plugin_counts_no_sites_of_its_own(desk: Browser, story: Story) -> None:
    with writing():
        forms = create_product(slug="forms", name="Forms", now=NOON, actor=WHO)
        part = create_plan(forms, **SOLO)
        everything = create_product(slug="everything", name="Everything", now=NOON, actor=WHO)
        bundle = create_plan(everything, **SOLO, bundled_plan_ids=[part.id])
        buyer = customer_for("bo@buyer.example.com", now=NOON)
        license, _key = issue_license(product=everything, plan=bundle, customer=buyer, now=clock.now())
        path = f"/licenses/{license.id}"

    page = desk.text(path)
    assert "in use" not in page
    assert "Its customer has no link that activates them. Send the purchase mail." in page
    desk.send(f"{path}/mail", page=path)
    assert "Send the purchase mail." not in desk.text(path)


def test_a_revoked_license_is_not_called_valid(desk: Browser, story: Story) -> None:
    assert "valid until" in desk.text(page_of(story))
    desk.send(page_of(story, "revoke"), {"note": "shared in a forum"})

    page = desk.text(page_of(story))

    assert "valid until" not in page
    assert f"since {day(sold(story).stopped_at)}" in page


def test_a_pause_is_called_a_pause_everywhere(desk: Browser, story: Story) -> None:
    desk.send(page_of(story, "suspend"), {"note": "look at it"})

    for path in (page_of(story), "/licenses/?show=stopped"):
        assert ">Paused</span>" in desk.text(path)


def test_a_trial_is_marked_in_the_list_and_on_its_page(desk: Browser, story: Story) -> None:
    with writing():
        sold(story).is_trial = True

    for path in (page_of(story), "/licenses/"):
        assert 'kd-tag">trial<' in desk.text(path)


def test_a_bundle_and_its_parts_lead_to_each_other(desk: Browser, story: Story) -> None:
    license_id, _part = _bundle(story)
    page = desk.text(f"/licenses/{license_id}")
    assert "In this bundle" in page

    child = page.split("In this bundle")[1].split("/console/licenses/")[1].split('"')[0]
    assert f"/licenses/{license_id}" in desk.text(f"/licenses/{child}")


def test_a_license_is_found_by_the_numbers_of_its_order(desk: Browser, story: Story) -> None:
    with writing():
        license = sold(story)
        order, _new = record_order(
            plan=license.plan,
            email="shop@buyer.example.com",
            source="woocommerce:4711",
            kind="external",
            now=NOON,
            actor="key:key_1",
        )
        order_id, brought = order.id, [one.id for one in licenses_of(order)]

    for number in (order_id, "woocommerce:4711"):
        page = desk.text(f"/licenses/?q={number}")
        assert brought[0] in page
        assert story.license_id not in page
    assert order_id in desk.text(f"/licenses/{brought[0]}")


@pytest.mark.parametrize("text", ["key", "hint", "mail", "site", "nothing"])
def test_a_license_is_found_by_what_people_have(desk: Browser, story: Story, text: str) -> None:
    sought = {
        "key": story.key.lower().replace("-", " "),
        "hint": story.key[-4:],
        "mail": "volkov@",
        "site": "shop-1.example",
        "nothing": "no such thing",
    }[text]

    page = desk.text(f"/licenses/?q={sought}")

    assert (story.license_id in page) is (text != "nothing")


def test_a_whole_page_of_licenses_asks_the_database_a_few_times(desk: Browser, story: Story) -> None:
    with writing():
        plan = sold(story).plan
        for number in range(50):
            email = f"b{number}@buyer.example.com"
            record_order(plan=plan, email=email, now=NOON, actor="key:key_1", send_mail=False)
    with statements() as sent:
        page = desk.text("/licenses/")

    assert page.count('<a class="kd-code kd-bare" href="/console/licenses/lic_') == 50
    assert len(sent) <= 12, sent


def test_test_licenses_are_never_among_the_live_ones(desk: Browser, story: Story) -> None:
    answers = {
        "plan": story.plan_id,
        "email": "tester@buyer.example.com",
        "name": "Tester",
        "locale": "en",
        "mode": "test",
    }
    made = desk.send("/licenses/new", answers).location
    test_id = made.rpartition("/")[2]

    live, test = desk.text("/licenses/"), desk.text("/licenses/?mode=test")
    assert (story.license_id in live, test_id in live) == (True, False)
    assert (story.license_id in test, test_id in test) == (False, True)
    assert "Test licenses only" in test
    assert "A test license" in desk.text(f"/licenses/{test_id}")
    assert find_license_by_key(reveal_key(resolve(License, test_id))).mode == "test"
