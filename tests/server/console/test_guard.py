"""What no console request gets past: the log-in, form tokens, roles, other vendors, headers."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from server.accounts.models import AuditEntry
from server.catalog.models import Product
from server.console import guard
from server.kernel.db import session
from server.kernel.tenancy import system_scope, tenant
from tests.conftest import Cast
from tests.server.console.conftest import FORM_TOKEN, FROM_HERE, Browser
from tests.server.console.story import Story

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def test_every_name_in_the_table_is_a_page(app: Flask) -> None:
    assert guard.OPEN | guard.OWNERS | set(guard.BODIES) <= set(app.view_functions)


def test_without_a_session_every_page_leads_to_the_log_in(visitor: Browser, app: Flask) -> None:
    for path in _paths(app, "GET"):
        answer = visitor.client.get(path)
        assert answer.status_code == 302, path
        assert answer.location.startswith("/console/sign-in?next="), path


def test_without_a_session_nothing_is_written(visitor: Browser, app: Flask) -> None:
    token = FORM_TOKEN.search(visitor.text("/sign-in"))
    assert token is not None
    for path in _paths(app, "POST"):
        answer = visitor.client.post(path, data={"csrf_token": token[1]}, headers=FROM_HERE)
        assert answer.status_code == 401, path


def test_a_form_without_its_token_is_refused_everywhere(desk: Browser, app: Flask) -> None:
    for path in _paths(app, "POST"):
        answer = desk.client.post(path, headers=FROM_HERE)
        assert (answer.status_code, "csrf_failed" in answer.text) == (403, True), path


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_its_token(desk: Browser, sent: dict[str, str]) -> None:
    token = FORM_TOKEN.search(desk.text("/settings/"))
    assert token is not None

    answer = desk.client.post(
        "/console/products/new", data={"csrf_token": token[1], "name": "X", "slug": "xx"}, headers=sent
    )

    assert answer.status_code == 403
    assert _audited("console.csrf_failed") == 1
    assert session.scalar(select(func.count()).where(Product.slug == "xx")) == 0


def test_the_browsers_own_word_for_our_page_is_enough(desk: Browser) -> None:
    token = FORM_TOKEN.search(desk.text("/settings/"))
    assert token is not None

    answer = desk.client.post(
        "/console/sign-out", data={"csrf_token": token[1]}, headers={"Sec-Fetch-Site": "same-origin"}
    )

    assert answer.status_code == 302


def test_an_agent_may_not_do_what_is_for_owners(agent_desk: Browser, story: Story) -> None:
    refused = agent_desk.send(f"/licenses/{story.license_id}/acts/revoke")

    assert refused.status_code == 403
    assert "Please ask an owner" in refused.text
    assert _audited("console.forbidden") == 1


def test_an_agent_may_answer_tickets(agent_desk: Browser, story: Story) -> None:
    answer = agent_desk.send(f"/tickets/{story.ticket_id}/messages", {"body": "Hello"})

    assert answer.status_code == 302


def test_another_vendors_object_is_answered_exactly_like_a_missing_one(
    app: Flask, stranger: Cast, story: Story
) -> None:
    with tenant(stranger.vendor.id):
        foreign_desk = Browser(app.test_client())
        foreign_desk.sign_in(stranger.owner.email)
        for path in story.own_paths():
            foreign = foreign_desk.open(path)
            missing = foreign_desk.open(_with_unknown_id(path))
            assert (foreign.status_code, foreign.data) == (404, missing.data), path
            assert dict(foreign.headers) == dict(missing.headers) | _request_id(foreign), path
        for path in story.own_acts():
            foreign = foreign_desk.send(path, {"body": "x"})
            missing = foreign_desk.send(_with_unknown_id(path), {"body": "x"})
            assert (foreign.status_code, foreign.data) == (404, missing.data), path


def test_pages_carry_the_headers_that_keep_scripts_and_frames_out(desk: Browser) -> None:
    page = desk.open("/inbox/")

    policy = page.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert set(re.findall(r'nonce="([^"]+)"', page.text)) == {nonce[1]}
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert desk.open("/inbox/").headers["Content-Security-Policy"] != policy, "a nonce is used once"


def test_pages_hold_no_inline_handlers_or_styles(desk: Browser, story: Story) -> None:
    for path in {*story.own_paths(), "/inbox/", "/settings/"} - {f"/mails/{story.mail_id}/html"}:
        assert not re.search(r"\s(on[a-z]+|style)=\"", desk.open(path).text), path


def test_the_bare_address_leads_to_the_console(visitor: Browser) -> None:
    assert visitor.client.get("/").location == "/console/"


def test_an_address_that_does_not_exist_is_a_page_too(desk: Browser) -> None:
    answer = desk.open("/nothing/here")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def _paths(app: Flask, method: str) -> list[str]:
    """Every console address that takes the method and is for members, with made-up ids."""
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and rule.endpoint not in guard.OPEN
    ]
    return [re.sub(r"<[^>]+>", "x", rule.rule) for rule in rules if method in (rule.methods or ())]


def _with_unknown_id(path: str) -> str:
    """The same address with the last symbols of its ids changed."""
    return re.sub(r"([a-z]{3})_[0-9a-z]{26}", r"\1_00000000000000000000000000", path)


def _audited(action: str) -> int:
    with system_scope("the test looks at the log"):
        return session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def _request_id(answer: object) -> dict[str, str]:
    headers = answer.headers  # type: ignore[attr-defined]
    return {"Keydesk-Request-Id": headers["Keydesk-Request-Id"]}
