"""Every page on both databases: what a page asks for must not depend on the kind."""

from __future__ import annotations

import pytest

from tests.conftest import (
    Cast,
    database,  # noqa: F401  takes the place of the folder's fixture: SQLite and PostgreSQL
)
from tests.server.console.conftest import Browser
from tests.server.console.story import KEY_MAIL, Story

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
    for sought in (story.key, story.key.lower(), KEY_MAIL, "Волков", "shop-1.example", story.key[-4:]):
        assert _finds(desk, story, sought), sought
    for sought in ("no%such", "nobody@example.com", "%", "_"):
        assert not _finds(desk, story, sought), sought


def test_lists_count_what_is_the_vendors_own(desk: Browser, story: Story, stranger: Cast) -> None:
    assert "1 license<" in desk.text("/licenses/")
    assert "1 ticket," in desk.text("/inbox/")


@pytest.mark.parametrize("broken", ["?after=x", "?after=" + "A" * 400])
def test_a_broken_cursor_is_refused(desk: Browser, broken: str) -> None:
    assert desk.open(f"/inbox/{broken}").status_code in {400, 422}


def _finds(desk: Browser, story: Story, sought: str) -> bool:
    page = desk.client.get("/console/licenses/", query_string={"q": sought}).text
    return f"/console/licenses/{story.license_id}" in page
