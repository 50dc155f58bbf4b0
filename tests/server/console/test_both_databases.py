"""Every page on both databases: what a page asks for must not depend on the kind."""

from __future__ import annotations

import pytest

from server.billing.services import record_order
from server.catalog.models import Plan
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.tenancy import resolve, tenant
from tests.conftest import (
    Cast,
    database,  # noqa: F401  takes the place of the folder's fixture: SQLite and PostgreSQL
)
from tests.server.console.conftest import Browser
from tests.server.console.story import CUSTOMER, KEY_MAIL, Story

NAMES = ("Волков", "волков", "СЕРГЕЙ")
LISTS = (
    "/inbox/",
    "/inbox/waiting",
    "/inbox/solved",
    "/licenses/",
    "/licenses/?show=expiring",
    "/licenses/?show=unused",
    "/licenses/?show=full",
    "/products/",
    "/products/new",
    "/connectors/",
    "/connectors/new/roundup",
    "/payments/",
    "/mails/",
    "/settings/",
)


def test_every_list_opens_on_the_first_day(desk: Browser) -> None:
    for path in LISTS:
        assert "<h1" in desk.text(path), path


def test_every_page_opens_later(desk: Browser, story: Story) -> None:
    for path in (*LISTS, "/licenses/new"):
        assert "<h1" in desk.text(path), path
    for path in story.own_paths():
        assert desk.open(path).status_code == 200, path


def test_a_license_is_found_by_key_mail_name_and_site(desk: Browser, story: Story) -> None:
    for sought in (story.key, story.key.lower(), KEY_MAIL, *NAMES, "SHOP-1.example", story.key[-4:]):
        assert _finds(desk, story, sought), sought
    for sought in ("no%such", "nobody@example.com", "%", "_"):
        assert not _finds(desk, story, sought), sought


def test_lists_count_what_is_the_vendors_own(desk: Browser, story: Story, stranger: Cast) -> None:
    assert "1 license<" in desk.text("/licenses/")
    assert "1 ticket," in desk.text("/inbox/")


@pytest.mark.parametrize("broken", ["?after=x", "?after=" + "A" * 400])
def test_a_broken_cursor_is_refused(desk: Browser, broken: str) -> None:
    assert desk.open(f"/inbox/{broken}").status_code in {400, 422}


def test_an_order_is_found_by_its_buyers_name(desk: Browser, story: Story, harbour: Cast) -> None:
    with tenant(harbour.vendor.id), writing():
        bought = record_order(
            plan=resolve(Plan, story.plan_id), email=KEY_MAIL, name=CUSTOMER, now=clock.now(), actor="system"
        )
        order_id = bought[0].id
    for sought in (*NAMES, "VOLKOV"):
        assert f"/console/orders/{order_id}" in desk.text(f"/orders/?q={sought}"), sought
    for sought in ("В_лков", "%25", "Ольга"):
        assert f"/console/orders/{order_id}" not in desk.text(f"/orders/?q={sought}"), sought


def _finds(desk: Browser, story: Story, sought: str) -> bool:
    page = desk.client.get("/console/licenses/", query_string={"q": sought}).text
    return f"/console/licenses/{story.license_id}" in page
