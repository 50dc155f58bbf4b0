"""An answer that its asker has read in wp-admin is not mailed; one that nobody has looked at is, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.end_to_end.parts import SHOP_SITE, Parts, running_parts
from tests.end_to_end.vendor_api import answer_as_agent, listed
from tests.end_to_end.wp_admin import WpAdmin

SUBJECT = "Підписи не видно"
READ = "Увімкніть підписи в налаштуваннях галереї."
UNREAD = "And then clear the cache of the page."
DELAY_S = 12  # long enough for one look on a busy machine
LOOKS_EVERY_MS = 15_000

pytestmark = pytest.mark.timeout(420)


@pytest.fixture
def parts(tmp_path: Path, browser: Browser) -> Iterator[Parts]:
    with running_parts(tmp_path, browser, settings={"KEYDESK_NOTIFY_DELAY_S": str(DELAY_S)}) as running:
        yield running


def test_only_the_answer_that_nobody_has_read_is_mailed(parts: Parts) -> None:
    site = parts.wordpress("7.1", home=SHOP_SITE)
    admin = WpAdmin(parts.page(), site)
    admin.page.clock.install()
    admin.open("license")
    admin.log_in()
    admin.activate(parts.facts["license_key"])
    admin.page.goto(f"{site.admin}admin.php?page=acme-gallery")
    admin.contact_in_three_clicks(SUBJECT, "Під фото немає підписів.")
    [ticket] = [each for each in listed(parts.facts, "tickets") if each["subject"] == SUBJECT]

    answer_as_agent(parts.facts, ticket["ticket_id"], READ)
    admin.page.clock.fast_forward(LOOKS_EVERY_MS)
    expect(admin.messages().filter(has_text=READ)).to_be_visible()
    admin.open("license")
    answer_as_agent(parts.facts, ticket["ticket_id"], UNREAD)

    # the mail about the first answer would have been due before the one that is waited for
    mail = parts.mails.wait_for(to=site.email, subject=SUBJECT, seconds=DELAY_S + 30)
    assert mail.text.startswith(UNREAD)
    assert len(parts.mails.to(site.email)) == 1
