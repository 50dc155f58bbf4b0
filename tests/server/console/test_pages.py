"""What stands on the pages, and what their forms do."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

from sqlalchemy import func, select

from server.accounts.models import ApiKey, AuditEntry
from server.billing.models import StripeConnection
from server.catalog.models import Product
from server.console.words import day
from server.helpdesks.models import HelpdeskConnection
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import Activation, License
from server.licensing.services import Site, activate_site, release_site, resolve_site
from server.mail.models import Mail
from server.releases.models import Release
from server.support.models import Message, Ticket
from tests.conftest import Cast
from tests.fake_stripe.running import RunningShop
from tests.server.billing.conftest import shop, stripe_process  # noqa: F401  the Stripe double
from tests.server.console.conftest import Browser
from tests.server.console.story import BODY, CUSTOMER, SUBJECT, Story


def test_an_empty_inbox_says_what_it_is_for(desk: Browser) -> None:
    assert "Questions from wp-admin arrive here" in desk.text("/inbox/")


def test_the_inbox_names_the_ticket_in_its_own_language(desk: Browser, story: Story) -> None:
    page = desk.text("/inbox/")

    assert f'lang="ru-RU" dir="auto">{SUBJECT}</a>' in page
    assert CUSTOMER in page


def test_a_ticket_of_the_test_mode_is_marked(desk: Browser, story: Story) -> None:
    pages = ("/inbox/", f"/tickets/{story.ticket_id}")
    assert not any('<span class="kd-tag">test</span>' in desk.text(page) for page in pages)
    with writing():
        resolve(Ticket, story.ticket_id).mode = "test"

    assert all('<span class="kd-tag">test</span>' in desk.text(page) for page in pages)


def test_a_ticket_of_no_known_site_names_no_versions(desk: Browser, story: Story) -> None:
    page = f"/tickets/{story.ticket_id}"
    assert "<dt>PHP</dt><dd>8.3</dd>" in desk.text(page)
    with writing():
        resolve(Ticket, story.ticket_id).activation_id = None

    assert "<dt>PHP</dt>" not in desk.text(page)
    assert "<dt>WordPress</dt>" not in desk.text(page)


def test_answer_next_opens_whoever_waits_longest(desk: Browser, story: Story) -> None:
    assert desk.open("/inbox/next").location == f"/console/tickets/{story.ticket_id}"


def test_a_ticket_shows_text_as_text(desk: Browser, story: Story) -> None:
    page = desk.text(f"/tickets/{story.ticket_id}")

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert BODY.splitlines()[0] in page


def test_a_ticket_stands_beside_its_license_and_site(desk: Browser, story: Story) -> None:
    page = desk.text(f"/tickets/{story.ticket_id}")

    assert f"/console/licenses/{story.license_id}" in page
    assert "shop-1.example.com" in page
    assert "Our hook" in page


def test_a_ticket_without_an_address_names_who_holds_the_license(desk: Browser, story: Story) -> None:
    page = f"/tickets/{story.ticket_id}"
    assert "<dt>Holder</dt>" not in desk.text(page)
    with writing():
        resolve(Ticket, story.ticket_id).email = ""
        license = resolve(License, story.license_id)
        license.is_trial = True

    assert f"<dt>Holder</dt><dd>{license.customer.email}</dd>" in desk.text(page)
    assert "<dt>Trial</dt><dd>yes</dd>" in desk.text(page)


def test_a_reply_waits_for_the_customer(desk: Browser, story: Story) -> None:
    desk.send(f"/tickets/{story.ticket_id}/messages", {"body": "Мы исправили это.", "kind": "agent"})

    assert _last_message().kind == "agent"
    assert session.scalars(select(Ticket.status)).one() == "waiting_for_customer"


def test_a_ticket_that_waits_for_the_customer_leads_back_to_its_own_list(desk: Browser, story: Story) -> None:
    assert "#1</span>" in desk.text("/inbox/")
    desk.send(f"/tickets/{story.ticket_id}/messages", {"body": "Мы исправили это.", "kind": "agent"})

    page = desk.text(f"/tickets/{story.ticket_id}")

    assert "#1</span>" in page
    assert re.search(r'href="/console/inbox/waiting" aria-current="page"', page)
    assert re.search(r'href="/console/inbox/waiting">.*</svg>Waiting for customer</a>', page)


def test_a_note_changes_nothing_for_the_customer(desk: Browser, story: Story) -> None:
    desk.send(f"/tickets/{story.ticket_id}/messages", {"body": "Known issue 31", "kind": "note"})

    assert _last_message().kind == "note"
    assert session.scalars(select(Ticket.status)).one() == "new"


def test_a_button_that_is_pressed_twice_sends_one_reply(desk: Browser, story: Story) -> None:
    for _ in range(2):
        desk.send(f"/tickets/{story.ticket_id}/messages", {"body": "Once", "kind": "agent"})

    assert session.scalar(select(func.count()).where(Message.kind == "agent")) == 1


def test_a_refused_file_keeps_the_text(desk: Browser, story: Story) -> None:
    page = desk.send(
        f"/tickets/{story.ticket_id}/messages",
        {"body": "Долгий ответ", "kind": "agent", "file": (io.BytesIO(b"<svg/>"), "drawing.svg")},
    )

    assert "Долгий ответ</textarea>" in page.text
    assert "Your text is kept below." in page.text


def test_a_file_goes_with_the_reply_and_comes_back_as_a_download(desk: Browser, story: Story) -> None:
    desk.send(
        f"/tickets/{story.ticket_id}/messages",
        {"body": "See the log", "kind": "agent", "file": (io.BytesIO(b"all is well\n"), "log.txt")},
    )
    address = re.findall(r"/console(/tickets/\w+/attachments/\w+)", desk.text(f"/tickets/{story.ticket_id}"))[
        -1
    ]

    file = desk.open(address)

    assert file.data == b"all is well\n"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in file.headers["Content-Security-Policy"]


def test_solving_moves_a_ticket_out_of_the_inbox(desk: Browser, story: Story) -> None:
    desk.send(f"/tickets/{story.ticket_id}/status/solved")

    assert SUBJECT not in desk.text("/inbox/")
    assert SUBJECT in desk.text("/inbox/solved")


def test_the_key_is_shown_on_request_only_and_remembered(desk: Browser, story: Story) -> None:
    assert story.key not in desk.text(f"/licenses/{story.license_id}")

    shown = desk.send(f"/licenses/{story.license_id}/key").text

    assert story.key in shown
    assert "Key shown in full" in shown


def test_a_temporary_copy_is_called_so_and_says_until_when(
    desk: Browser, harbour: Cast, story: Story
) -> None:
    now = clock.now()
    until, ended = now + timedelta(days=14), now - timedelta(days=1)
    with tenant(harbour.vendor.id), writing():
        site = resolve(Activation, story.activation_id)
        for uid, end in (("c", until), ("d", ended)):
            copy = Site(uid * 32, f"https://copy-{uid}.example.com")
            done = resolve_site(site, copy, resolution="copy", confirm=False, now=now)
            done.activation.lease_until = end

    page = desk.text(f"/licenses/{story.license_id}")

    assert f"temporary copy until {day(until)}, takes no seat" in page
    assert f"temporary copy, ended on {day(ended)}, takes no seat" in page


def test_what_came_by_a_name_is_shown_by_it(desk: Browser, harbour: Cast, story: Story) -> None:
    now = clock.now()
    with tenant(harbour.vendor.id), writing():
        license = resolve(License, story.license_id)
        site = Site("ls:" + "c" * 32, "http://my-laptop-ad6bd85e526b90bf.instance", label="My Laptop")
        done = activate_site(license, site, product=license.product, mode="live", now=now)
        release_site(done.activation, actor="system", now=now)
        activate_site(license, site, product=license.product, mode="live", now=now)

    page = desk.text(f"/licenses/{story.license_id}")

    assert '<th scope="row">My Laptop<' in page
    assert "Activated on My Laptop" in page
    assert "Site released: My Laptop" in page
    assert ".instance" not in page
    assert f"/console/licenses/{story.license_id}" in desk.text("/licenses/?q=my+laptop")


def test_a_license_issued_by_hand_is_mailed(desk: Browser, story: Story) -> None:
    answers = {
        "plan": story.plan_id,
        "email": "ana@buyer.example.com",
        "name": "Ana",
        "locale": "ro",
        "mode": "live",
        "note": "",
    }

    made = desk.send("/licenses/new", answers)

    assert made.status_code == 302
    mail = session.scalars(select(Mail).where(Mail.template == "purchase")).one()
    assert (mail.to_address, mail.locale) == ("ana@buyer.example.com", "ro")


def test_the_plan_of_a_license_by_hand_is_chosen_by_who_issues_it(desk: Browser, story: Story) -> None:
    """The first plan of all products would be issued to whoever overlooks the question."""
    plans = desk.text("/licenses/new").split('name="plan"')[1].split("</select>")[0]
    assert plans.index('<option value="" selected>Choose…') < plans.index(story.plan_id)

    forgotten = desk.send(
        "/licenses/new", {"plan": "", "email": "ana@buyer.example.com", "locale": "en", "mode": "live"}
    )
    assert 'id="error-plan"' in forgotten.text
    assert "Please fill this in." in forgotten.text


def test_a_wrong_address_keeps_the_form_filled_in(desk: Browser, story: Story) -> None:
    page = desk.send(
        "/licenses/new", {"plan": story.plan_id, "email": "ana@", "name": "Ana", "locale": "ro"}
    ).text

    assert 'aria-describedby="help-email error-email"' in page
    assert 'value="Ana"' in page


def test_revoking_and_releasing_change_the_license(desk: Browser, story: Story) -> None:
    desk.send(f"/licenses/{story.license_id}/activations/{story.activation_id}/release")
    desk.send(f"/licenses/{story.license_id}/acts/revoke", {"note": "shared in a forum"})

    license = session.scalars(select(License)).one()
    assert (license.seats_used, license.revoked_for) == (0, ["by_vendor"])
    assert "Revoke…" not in desk.text(f"/licenses/{story.license_id}")


def test_a_product_with_a_plan_and_a_zip_can_be_made_by_forms(desk: Browser) -> None:
    product = {"name": "Forms", "slug": "forms", "description": "", "edition": "premium", "docs_url": ""}
    page = desk.send("/products/new", product).location.removeprefix("/console")
    plan = {
        "name": "Solo",
        "code": "solo",
        "seats": "1",
        "interval": "year",
        "amount": "49.50",
        "currency": "EUR",
        "trial_days": "0",
        "on_sale": "yes",
    }

    desk.send(f"{page}/plans/new", plan)
    desk.send(f"{page}/releases", {"file": (io.BytesIO(_plugin_zip()), "forms.zip")})

    shown = desk.text(page)
    assert "€49.50" in shown
    assert session.scalars(select(Release.version)).one() == "1.2.3"
    assert "\\Forms\\Keydesk\\Bridge\\boot(__FILE__" in shown


def test_a_taken_short_name_is_named_at_its_field(desk: Browser, harbour: Cast) -> None:
    page = desk.send("/products/new", {"name": "X", "slug": harbour.product.slug, "edition": "free"}).text

    assert 'id="error-slug"' in page
    assert session.scalar(select(func.count()).select_from(Product)) == 1


def test_a_broken_zip_says_why(desk: Browser, story: Story) -> None:
    page = desk.send(f"/products/{story.product_id}/releases", {"file": (io.BytesIO(b"x"), "x.zip")}).text

    assert "not a readable ZIP" in page


def test_the_product_file_names_the_public_key_and_no_secret(
    desk: Browser, story: Story, harbour: Cast
) -> None:
    facts = json.loads(desk.text(f"/products/{story.product_id}/product-file"))

    assert facts["product_key"] == harbour.product_key
    assert "seed" not in json.dumps(facts)


def test_stripe_is_connected_in_two_steps(desk: Browser, shop: RunningShop) -> None:  # noqa: F811  it is the fixture
    desk.send("/payments/connection", {"api_key": "rk_test_abc", "webhook_secret": ""})
    page = desk.text("/payments/")
    assert "/hooks/stripe/scn_" in page
    assert "The webhook secret is missing." in page

    again = desk.send("/payments/connection", {"api_key": "rk_test_abc", "webhook_secret": ""})
    done = desk.send("/payments/connection", {"api_key": "rk_test_abc", "webhook_secret": "whsec_abc"})

    assert "Please enter the secret of the endpoint." in again.text
    assert done.status_code == 302
    assert session.scalar(select(func.count()).select_from(StripeConnection)) == 1
    assert "The webhook secret is missing." not in desk.text("/payments/")


def test_a_key_that_stripe_does_not_know_is_not_stored(desk: Browser, shop: RunningShop) -> None:  # noqa: F811
    page = desk.send("/payments/connection", {"api_key": "sk_live_nonsense", "webhook_secret": ""}).text

    assert "Stripe does not accept this key" in page
    assert 'id="error-api_key"' in page
    assert session.scalar(select(func.count()).select_from(StripeConnection)) == 0


def test_a_key_is_not_stored_while_stripe_does_not_answer(desk: Browser, shop: RunningShop) -> None:  # noqa: F811
    shop.fail({"kind": "down"})

    page = desk.send("/payments/connection", {"api_key": "rk_test_abc", "webhook_secret": "whsec_abc"}).text

    assert "Stripe did not answer, try again." in page
    assert session.scalar(select(func.count()).select_from(StripeConnection)) == 0


def test_an_owner_disconnects_stripe(desk: Browser, shop: RunningShop) -> None:  # noqa: F811
    desk.send("/payments/connection", {"api_key": "rk_test_abc", "webhook_secret": "whsec_abc"})
    address = re.search(r"/console(/payments/connection/\w+/end)", desk.text("/payments/"))
    assert address is not None

    desk.send(address[1])

    page = desk.text("/payments/")
    assert "Stripe is disconnected." in page
    assert "/hooks/stripe/scn_" not in page
    assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "stripe.disconnected")).one()


def test_secrets_that_were_entered_are_never_shown_again(desk: Browser) -> None:
    wrong = desk.send("/payments/connection", {"api_key": "pk_test_public", "webhook_secret": "whsec_abc"})

    assert "begins with rk_test_ or sk_test_" in wrong.text
    assert "pk_test_public" not in wrong.text


def test_a_helpdesk_that_refuses_its_settings_names_the_field(desk: Browser) -> None:
    page = desk.send("/connectors/new/roundup", {"url": "", "user": "", "password": ""}).text

    assert 'id="error-url"' in page
    assert session.scalar(select(func.count()).select_from(HelpdeskConnection)) == 0


def test_a_test_ticket_is_a_ticket_for_that_helpdesk(desk: Browser, story: Story) -> None:
    desk.send(f"/connectors/{story.connection_id}/tickets")

    assert "Test ticket from Keydesk" in desk.text("/inbox/")
    assert "first message" in desk.text(f"/connectors/{story.connection_id}")


def test_a_new_api_key_is_shown_once(desk: Browser) -> None:
    answers = {"key_name": "Reports", "key_mode": "live", "may_licenses_read": "yes"}

    text = re.search(r"kds_live_\w+", desk.send("/settings/keys", answers).text)

    assert text is not None
    assert session.scalars(select(ApiKey.scopes)).one() == ["licenses:read"]
    page = desk.text("/settings/")
    assert text[0] not in page
    assert '<span class="kd-tag">Read licenses</span>' in page
    assert "licenses:read" not in page
    assert "<legend>What it may do</legend>" in page
    nothing = desk.send("/settings/keys", {"key_name": "Reports", "key_mode": "live"}).text
    assert 'id="error-scopes">Please choose what the key may do.' in nothing


def test_the_support_address_is_required(desk: Browser) -> None:
    page = desk.send("/settings/vendor", {"name": "Harbour", "support_email": ""}).text

    assert 'id="error-support_email"' in page


def test_a_mail_is_shown_as_its_reader_sees_it_but_in_a_sandbox(desk: Browser, story: Story) -> None:
    mail = desk.open(f"/mails/{story.mail_id}/html")

    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert 'href="https://shop-1.example.com/wp-admin/"' in desk.text(f"/mails/{story.mail_id}")


def _last_message() -> Message:
    return session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()


def _plugin_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("forms/forms.php", "<?php\n/*\n * Plugin Name: Forms\n * Version: 1.2.3\n */\n")
    return made.getvalue()
