"""The main job with real parts: bought, mailed, activated, asked in wp-admin, answered in the helpdesk."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.end_to_end.parts import SHOP_SITE, Parts
from tests.end_to_end.vendor_api import listed
from tests.end_to_end.wp_admin import WpAdmin
from tests.helpdesks.roundup.agent import Agent, Issue
from tests.tools.mail_sink import CaughtMail
from tests.tools.waiting import wait_until
from tests.wp_bridge.boot.site import WordPress

BUYER = "anna@shop-1.example.com"
SUBJECT = "Галерея пуста после обновления"
QUESTION = "После обновления галерея пуста. Что мне проверить?"
ANSWER = "Please clear the cache of the page: Settings, then Cache. Помогло?"
THANKS = "Спасибо, теперь всё видно!"

pytestmark = pytest.mark.timeout(420)


@pytest.mark.parametrize(("parts", "version"), [("sqlite", "7.1"), ("postgresql", "6.1")], indirect=["parts"])
def test_a_purchase_becomes_a_license_and_a_question_is_answered_from_the_helpdesk(
    parts: Parts, version: str
) -> None:
    desk = parts.helpdesk(parts.owner())
    site = parts.wordpress(version, home=SHOP_SITE)

    buyer = parts.page()
    buy(parts, buyer, site)
    mail = the_only_mail(parts)
    assert len(listed(parts.facts, "licenses", email=BUYER)) == 1

    admin = activate_from_the_mail(buyer, site, mail)

    ask(admin)
    issue = wait_until(lambda: desk.find(SUBJECT), 30, "the ticket in the helpdesk")[0]
    assert QUESTION in issue.messages[0].text
    assert site.version in everything_in(desk, issue)

    admin.open("license")  # who has the conversation open reads the answer there and gets no mail
    desk.answer(issue.id, ANSWER)
    answer = parts.mails.wait_for(to=site.email, subject=SUBJECT, seconds=40)
    assert ANSWER in answer.text
    admin.page.goto(link_to_the_conversation(answer))
    expect(admin.messages().filter(has_text=ANSWER)).to_be_visible()

    admin.reply(THANKS)
    wait_until(lambda: with_text(desk, issue.id, THANKS), 30, "the reply in the helpdesk")

    nothing_came_twice(parts, site, desk, issue)
    assert site.debug_lines() == [] or version == "6.1"


def buy(parts: Parts, buyer: Page, site: WordPress) -> None:
    """On the product's page, as linked from the site's license screen, and then on Stripe's."""
    buyer.goto(f"{parts.facts['buy_url']}?site_url={site.home}&admin_url={site.admin}")
    buyer.get_by_role("radio", name="Studio").check()
    buyer.get_by_role("button", name="Continue to payment").click()
    buyer.get_by_label("E-mail").fill(BUYER)
    buyer.get_by_label("Name").fill("Анна Петрова")
    buyer.get_by_role("button", name="Pay").click()
    expect(buyer.get_by_role("heading", name="Your license for Acme Gallery")).to_be_visible(timeout=30_000)


def the_only_mail(parts: Parts) -> CaughtMail:
    mail = parts.mails.wait_for(to=BUYER, seconds=30)
    assert len(parts.mails.to(BUYER)) == 1
    return mail


def activate_from_the_mail(page: Page, site: WordPress, mail: CaughtMail) -> WpAdmin:
    """The link is clicked while nobody is logged in to wp-admin; the mail's page waits for a second press."""
    found = re.search(r"https?://\S+/get/\S+", mail.text)
    assert found is not None
    page.goto(found[0])
    admin = WpAdmin(page, site)

    page.get_by_role("button", name="Activate on").click()
    admin.log_in()
    expect(admin.bridge()).to_contain_text("press its button again")

    page.goto(found[0])
    page.get_by_role("button", name="Activate on").click()
    expect(admin.bridge()).to_contain_text("The code from your purchase mail is filled in")
    page.get_by_role("button", name="Activate", exact=True).click()

    expect(admin.license_row("License")).to_contain_text("Active", ignore_case=True)
    expect(admin.license_row("Sites")).to_contain_text("1 of 5 in use")
    return admin


def ask(admin: WpAdmin) -> None:
    """From the plugin's own settings screen."""
    admin.page.goto(f"{admin.site.admin}admin.php?page=acme-gallery")
    admin.contact_in_three_clicks(SUBJECT, QUESTION)


def link_to_the_conversation(mail: CaughtMail) -> str:
    found = re.search(r"https?://\S+&tab=ticket&ticket=\S+", mail.text)
    assert found is not None
    return found[0]


def everything_in(desk: Agent, issue: Issue) -> str:
    texts = [message.text for message in issue.messages]
    return "\n".join([*texts, *(data.decode("utf-8", "replace") for _name, data in issue.files)])


def with_text(desk: Agent, issue_id: str, text: str) -> bool:
    return any(text in message.text for message in desk.read(issue_id).messages)


def nothing_came_twice(parts: Parts, site: WordPress, desk: Agent, issue: Issue) -> None:
    """One issue with three messages, one mail each to the buyer and the administrator, one license."""
    assert len(desk.find(SUBJECT)) == 1
    for text in (QUESTION, ANSWER, THANKS):
        assert sum(text in message.text for message in desk.read(issue.id).messages) == 1, text
    assert len(parts.mails.to(BUYER)) == len(parts.mails.to(site.email)) == 1
    assert len(listed(parts.facts, "licenses", email=BUYER)) == 1
