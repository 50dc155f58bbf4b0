"""The customer page: what its owner sees and does there, and what nobody else can."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from server.accounts.models import AuditEntry
from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.i18n import long_date
from server.kernel.tenancy import resolve, tenant
from server.licensing.models import Activation, License, Revocation
from server.licensing.services import (
    Site,
    activate_site,
    issue_license,
    resolve_site,
    revoke_license,
    suspend_license,
)
from server.licensing.services.resolving import COPY_LIFE
from server.mail.models import Mail
from server.releases.services import upload_release
from tests.conftest import NOON, Cast
from tests.server.pages.conftest import come_in
from tests.server.pages.test_get import plugin_zip

SHOP = "https://shop-1.example.com/store"


def issue(cast: Cast, email: str = "ana@buyer.example.com") -> tuple[str, str]:
    """A license's id and key: rows do not outlive a request."""
    now = clock.now()
    with writing():
        license, key = issue_license(
            product=resolve(Product, cast.product.id),
            plan=resolve(Plan, cast.plan.id),
            customer=customer_for(email, now=now),
            now=now,
        )
    return license.id, key


def sit(license_id: str, url: str = SHOP, *, uid: str = "a" * 32) -> str:
    license = resolve(License, license_id)
    with writing():
        sitting = activate_site(
            license, Site(uid, url), product=license.product, mode="live", now=clock.now()
        )
    return sitting.activation.id


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Press a button of the page: its form's token goes along."""
    page = client.get("/account/harbour").text
    found = re.search(r'name="form_token" value="(\w+)"', page)
    return client.post(f"/account/harbour/{path}", data={"form_token": found[1] if found else "", **fields})


def test_the_page_shows_key_plan_sites_and_term(client: FlaskClient, harbour: Cast) -> None:
    license, key = issue(harbour)
    sit(license)
    come_in(client, harbour)

    page = client.get("/account/harbour")

    assert page.status_code == 200
    for fact in (key, "Harbour Gallery", "Studio", SHOP, "1 of 5 in use", "it does not renew by itself"):
        assert fact in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def show_with(client: FlaskClient, cast: Cast, **facts: object) -> str:
    """The page of a license with these facts."""
    license_id, _key = issue(cast)
    with writing():
        license = resolve(License, license_id)
        for name, fact in facts.items():
            setattr(license, name, fact)
    come_in(client, cast)
    return client.get("/account/harbour").text


@pytest.mark.parametrize("is_trial", [False, True])
def test_of_an_imported_license_no_renewal_is_denied(
    client: FlaskClient, harbour: Cast, is_trial: bool
) -> None:
    """Its former shop may go on charging for it; no file of an import says whether it does."""
    end = clock.now() + timedelta(days=9)
    page = show_with(client, harbour, source="edd:1", is_trial=is_trial, valid_until=end)

    assert f"<dd>{long_date(end, 'en')}</dd>" in page
    assert "it does not renew by itself" not in page
    assert "nothing is charged" not in page


def test_a_day_that_is_over_is_not_called_the_day_of_the_renewal(client: FlaskClient, harbour: Cast) -> None:
    ended = clock.now() - timedelta(days=2)
    unpaid = {"valid_until": ended, "grace_until": ended + timedelta(days=7), "renews": True}
    page = show_with(client, harbour, **unpaid)

    assert f"{long_date(ended, 'en')}; its renewal is not paid yet" in page
    assert "then it renews by itself" not in page


@pytest.mark.parametrize("hours", [1, 48])
def test_a_trial_that_is_over_is_not_valid_until_a_day_that_has_passed(
    client: FlaskClient, harbour: Cast, hours: int
) -> None:
    ended = clock.now() - timedelta(hours=hours)
    page = show_with(client, harbour, valid_until=ended, is_trial=True)

    assert f"This trial ended on {long_date(ended, 'en')}." in page
    assert f"<dt>Ended on</dt><dd>{long_date(ended, 'en')}</dd>" in page
    assert "Valid until" not in page


@pytest.mark.parametrize(
    ("policy", "said"), [("keep", "Sites that use it keep working"), ("limit", "The paid features rest")]
)
def test_an_end_says_what_this_product_does_then(
    client: FlaskClient, harbour: Cast, policy: str, said: str
) -> None:
    with writing():
        resolve(Product, harbour.product.id).after_expiry = policy
    page = show_with(client, harbour, valid_until=clock.now() - timedelta(days=9))

    assert said in page
    assert page.count("keep working") == (policy == "keep")


@pytest.mark.parametrize(("facts", "yet"), [({}, True), ({"revoked_for": ["refunded"]}, False)])
def test_no_site_is_waited_for_where_none_can_come(
    client: FlaskClient, harbour: Cast, facts: dict[str, object], *, yet: bool
) -> None:
    page = show_with(client, harbour, **facts)

    assert ("No site uses it yet." in page, "No site uses it." in page) == (yet, not yet)


@pytest.mark.parametrize(("age", "said"), [(0, "temporary copy until"), (15, "temporary copy, ended on")])
def test_a_temporary_copy_is_called_so_and_says_until_when(
    client: FlaskClient, harbour: Cast, age: int, said: str
) -> None:
    license, _key = issue(harbour)
    sitting, until = resolve(Activation, sit(license)), clock.now() + COPY_LIFE - timedelta(days=age)
    with writing():
        copy = Site("b" * 32, "https://copy.example.com")
        done = resolve_site(sitting, copy, resolution="copy", confirm=False, now=clock.now())
        done.activation.lease_until = until
    come_in(client, harbour)

    page = client.get("/account/harbour").text

    assert f"{said} {long_date(until, 'en')}, takes no seat" in page
    assert page.count("live site") == 1


def test_what_came_by_a_name_is_shown_by_it_and_is_no_site(client: FlaskClient, harbour: Cast) -> None:
    license, _key = issue(harbour)
    site = Site("ls:" + "c" * 32, "http://my-laptop-ad6bd85e526b90bf.instance", label="My Laptop")
    with writing():
        held = resolve(License, license)
        activate_site(held, site, product=held.product, mode="live", now=clock.now())
    come_in(client, harbour)

    page = client.get("/account/harbour").text

    assert ">My Laptop</strong>" in page
    assert ".instance" not in page
    assert "live site" not in page


REFUNDED = "This license ended on 21 November 2026, because the purchase was refunded."
DISPUTED = "This license has been paused since 21 November 2026, because your bank disputes the payment."


@pytest.mark.parametrize(
    ("stop", "reason", "words"),
    [
        (revoke_license, "refunded", REFUNDED),
        (revoke_license, "disputed", "on 21 November 2026, because your bank took the payment back."),
        (revoke_license, "by_vendor", "This license was revoked by its vendor on 21 November 2026."),
        (suspend_license, "dispute:dp_1", DISPUTED),
        (suspend_license, "by_vendor", "This license was paused by its vendor on 21 November 2026."),
    ],
)
def test_a_stopped_license_says_why_and_since_when_and_not_how_long_it_is_valid(
    client: FlaskClient, harbour: Cast, stop: Callable[..., None], reason: str, words: str
) -> None:
    license, _key = issue(harbour)
    with writing():
        stop(resolve(License, license), reason, actor="stripe", now=NOON)
    come_in(client, harbour)
    page = client.get("/account/harbour").text

    assert words in page
    assert "does not renew by itself" not in page
    assert "dp_1" not in page
    if stop is revoke_license:
        assert "Valid until" not in page
        assert "<dt>Ended on</dt><dd>21 November 2026</dd>" in page
    else:
        assert "paused now; its term ends on" in page


def test_a_license_whose_end_nobody_knows_the_day_of_says_whom_to_ask(
    client: FlaskClient, harbour: Cast
) -> None:
    license, _key = issue(harbour)
    with writing():
        revoke_license(resolve(License, license), "by_vendor", actor="import", now=NOON)
        resolve(License, license).stopped_at = None
    come_in(client, harbour)

    assert "If you do not know why, write to help@harbour.example.com." in client.get("/account/harbour").text


def test_somebody_elses_license_is_neither_shown_nor_touched(client: FlaskClient, harbour: Cast) -> None:
    issue(harbour)
    foreign, key = issue(harbour, "bob@buyer.example.com")
    activation = sit(foreign)
    come_in(client, harbour)

    assert key not in client.get("/account/harbour").text
    for path in (f"sites/{activation}/release", f"licenses/{foreign}/mail"):
        assert send(client, path).status_code == 404
    assert send(client, f"licenses/{foreign}/download").status_code == 404
    assert resolve(Activation, activation).ended_at is None


def test_a_visit_at_one_vendor_is_none_at_another(client: FlaskClient, harbour: Cast, stranger: Cast) -> None:
    issue(harbour)
    come_in(client, harbour)
    cookie = client.get_cookie("keydesk_customer", path="/account/harbour")
    assert cookie is not None

    answer = client.get("/account/stranger", headers={"Cookie": f"keydesk_customer={cookie.value}"})

    assert "Send me a link" in answer.text
    assert "Sign out" not in answer.text


@pytest.mark.parametrize("state", ["active", "expired", "revoked"])
def test_a_site_is_released_in_every_state(client: FlaskClient, harbour: Cast, state: str) -> None:
    license, _key = issue(harbour)
    activation = sit(license)
    with writing():
        if state == "revoked":
            revoke_license(resolve(License, license), "refunded", actor="stripe", now=clock.now())
        if state == "expired":
            resolve(License, license).valid_until = clock.now() - timedelta(days=9)
    come_in(client, harbour)

    answer = send(client, f"sites/{activation}/release")

    assert answer.status_code == 303
    assert "The site was released." in client.get(answer.headers["Location"]).text
    assert resolve(Activation, activation).ended_at is not None
    assert resolve(License, license).seats_used == 0
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "site.released")).one()
    assert (entry.actor, entry.subject_id) == (f"customer:{resolve(License, license).customer_id}", license)


def test_copies_at_one_address_are_one_row_and_are_released_together(
    client: FlaskClient, harbour: Cast
) -> None:
    license, _key = issue(harbour)
    copies = [sit(license, uid=letter * 32) for letter in "abc"]
    other = sit(license, "https://shop-2.example.com")
    come_in(client, harbour)

    page = client.get("/account/harbour").text
    assert page.count(f">{SHOP}</strong>") == 1
    assert page.count("3 installations") == 1
    assert "All installations at this address keep the plugin" in page
    shown = re.findall(r"sites/(act_\w+)/release", page)
    assert len(shown) == 2
    send(client, f"sites/{next(one for one in shown if one in copies)}/release")

    assert [resolve(Activation, one).ended_at is None for one in [*copies, other]] == [False] * 3 + [True]
    assert resolve(License, license).seats_used == 1
    session.scalars(select(AuditEntry).where(AuditEntry.action == "site.released")).one()
    ended = set(session.scalars(select(Revocation.subject)))
    assert ended == set(copies), "no copy goes on with the lease it has"


def test_a_stale_page_releases_nothing_that_came_later(client: FlaskClient, harbour: Cast) -> None:
    license, _key = issue(harbour)
    first = sit(license)
    come_in(client, harbour)
    send(client, f"sites/{first}/release")
    later = sit(license, uid="b" * 32)
    send(client, f"sites/{first}/release")

    assert resolve(Activation, later).ended_at is None
    assert resolve(License, license).seats_used == 1


def test_no_form_is_taken_without_its_token(client: FlaskClient, harbour: Cast) -> None:
    license, _key = issue(harbour)
    activation = sit(license)
    come_in(client, harbour)

    for token in ("", "0" * 64, "ы"):
        answer = client.post(f"/account/harbour/sites/{activation}/release", data={"form_token": token})
        assert answer.status_code == 403
    foreign = client.post(
        f"/account/harbour/sites/{activation}/release", headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert foreign.status_code == 403
    assert resolve(Activation, activation).ended_at is None


def test_who_is_not_signed_in_is_led_to_the_way_in(client: FlaskClient, harbour: Cast) -> None:
    license, _key = issue(harbour)
    activation = sit(license)

    answer = client.post(f"/account/harbour/sites/{activation}/release")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/harbour")


def test_the_file_is_for_a_license_that_runs(client: FlaskClient, harbour: Cast) -> None:
    license, _key = issue(harbour)
    with writing():
        upload_release(
            resolve(Product, harbour.product.id), plugin_zip("1.4.0"), now=clock.now(), actor="member:mem_1"
        )
    come_in(client, harbour)
    assert "Download version 1.4.0" in client.get("/account/harbour").text

    link = send(client, f"licenses/{license}/download").headers["Location"]
    file = client.get(link)
    assert file.data == plugin_zip("1.4.0")
    file.close()
    with writing():
        resolve(License, license).valid_until = clock.now() - timedelta(days=9)

    assert "Download version" not in client.get("/account/harbour").text
    refused = send(client, f"licenses/{license}/download")
    assert refused.status_code == 403
    assert "This license has expired" in refused.text


def test_a_license_for_older_versions_does_not_bring_the_newest(client: FlaskClient, harbour: Cast) -> None:
    license, _key = issue(harbour)
    with writing():
        resolve(License, license).max_version = "1.3"
        product = resolve(Product, harbour.product.id)
        upload_release(product, plugin_zip("1.4.0"), now=clock.now(), actor="member:mem_1")
    come_in(client, harbour)

    assert "Download version" not in client.get("/account/harbour").text
    assert "does not cover this version" in send(client, f"licenses/{license}/download").text


def test_the_purchase_mail_is_sent_again(client: FlaskClient, harbour: Cast) -> None:
    license, _key = issue(harbour)
    come_in(client, harbour)

    answer = send(client, f"licenses/{license}/mail")

    assert "on its way to ana@buyer.example.com" in client.get(answer.headers["Location"]).text
    assert session.scalar(select(func.count()).where(Mail.template == "purchase")) == 1


def test_mails_and_language_are_the_customers_choice(client: FlaskClient, harbour: Cast) -> None:
    issue(harbour)
    come_in(client, harbour)

    send(client, "choices", language="ru")
    page = client.get("/account/harbour").text
    assert '<html lang="ru">' in page
    assert 'name="reminders" value="yes">' in page
    customer = session.scalars(select(Customer)).one()
    assert (customer.unwanted_mails, customer.locale) == (["reminders"], "ru")

    send(client, "choices", language="xx", reminders="yes")
    customer = session.scalars(select(Customer)).one()
    assert (customer.unwanted_mails, customer.locale) == ([], "en")


def test_what_a_bundle_brought_stands_under_it(client: FlaskClient, harbour: Cast) -> None:
    bundle, _key = issue(harbour)
    child, child_key = issue(harbour)
    with writing():
        resolve(License, child).parent_id = bundle
    sit(child)
    come_in(client, harbour)

    page = client.get("/account/harbour").text

    assert page.count("<article") == 1
    assert "<h3" in page
    assert SHOP in page
    assert child_key not in page, "the bundle's key opens all of it"


def test_a_test_license_is_marked(client: FlaskClient, harbour: Cast) -> None:
    license, _key = issue(harbour)
    with writing():
        resolve(License, license).mode = "test"
    come_in(client, harbour)

    assert "Test mode" in client.get("/account/harbour").text


def test_an_unknown_vendor_is_a_page_for_people(client: FlaskClient, harbour: Cast) -> None:
    answer = client.get("/account/nobody")

    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_a_strangers_customer_with_the_same_address_is_another(
    client: FlaskClient, harbour: Cast, stranger: Cast
) -> None:
    with tenant(stranger.vendor.id):
        _license, key = issue(stranger)
    issue(harbour)
    come_in(client, harbour)

    assert key not in client.get("/account/harbour").text
