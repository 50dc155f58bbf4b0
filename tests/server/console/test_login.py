"""Signing in: who gets in, who waits, and what ends a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from server.accounts.models import ConsoleSession
from server.accounts.sessions import IDLE, offer_first_owner
from server.console import login
from server.console.attempts import Attempts
from server.console.guard import signed_next
from server.kernel import clock, settings
from server.kernel.db import session, writing
from tests.conftest import NOON, PASSWORD, Cast
from tests.server.console.conftest import Browser


@pytest.fixture
def limits_on(app_settings: settings.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.remember(replace(settings.current(), rate_limits=True))
    monkeypatch.setattr(login, "attempts", Attempts())


def test_the_right_password_opens_the_inbox(desk: Browser) -> None:
    assert "All open" in desk.text("/inbox/")


def test_the_cookie_is_not_for_scripts_or_other_sites(visitor: Browser, harbour: Cast) -> None:
    kept = visitor.sign_in(harbour.owner.email).headers.getlist("Set-Cookie")

    (reference,) = [line for line in kept if line.startswith("keydesk_dev=")]
    assert "HttpOnly" in reference
    assert "SameSite=Lax" in reference


def test_an_unknown_account_is_answered_exactly_like_a_wrong_password(
    visitor: Browser, harbour: Cast
) -> None:
    wrong = visitor.sign_in(harbour.owner.email, "not the password")
    unknown = visitor.sign_in("nobody@harbour.example.com", "not the password")

    assert wrong.status_code == unknown.status_code == 401
    assert _without_noise(wrong.text, harbour.owner.email) == _without_noise(
        unknown.text, "nobody@harbour.example.com"
    )


@pytest.mark.usefixtures("limits_on")
@pytest.mark.parametrize("account", ["owner@harbour.example.com", "nobody@harbour.example.com"])
def test_five_failures_lead_to_a_pause_whether_the_account_exists_or_not(
    visitor: Browser, account: str
) -> None:
    for _ in range(5):
        assert visitor.sign_in(account, "not the password").status_code == 401

    paused = visitor.sign_in(account, PASSWORD)

    assert paused.status_code == 429
    assert paused.headers["Retry-After"] == "60"


def test_a_pause_doubles_and_ends() -> None:
    attempts = Attempts()
    for _ in range(6):
        attempts.failed("192.0.2.1", "owner@example.com", NOON)

    assert attempts.pause_left("192.0.2.1", "owner@example.com", NOON) == timedelta(minutes=2)
    assert not attempts.pause_left("192.0.2.1", "owner@example.com", NOON + timedelta(minutes=2))
    assert not attempts.pause_left("192.0.2.2", "owner@example.com", NOON), "from elsewhere the owner gets in"


def test_an_idle_session_ends(desk: Browser) -> None:
    _move_sessions(seen_at=clock.now() - IDLE - timedelta(minutes=1))

    assert "/sign-in" in desk.open("/inbox/").location


def test_no_session_lives_longer_than_fourteen_days(desk: Browser) -> None:
    _move_sessions(created_at=clock.now() - timedelta(days=14, minutes=1))

    assert "/sign-in" in desk.open("/inbox/").location


def test_signing_out_forgets_the_session_on_the_server(desk: Browser) -> None:
    desk.send("/sign-out")

    assert session.scalar(select(func.count()).select_from(ConsoleSession)) == 0
    assert desk.open("/inbox/").status_code == 302


def test_changing_the_password_signs_other_browsers_out(desk: Browser, app: Flask, harbour: Cast) -> None:
    elsewhere = Browser(app.test_client())
    elsewhere.sign_in(harbour.owner.email)

    answer = desk.send("/settings/password", {"present": PASSWORD, "password": "another long password"})

    assert answer.status_code == 302
    assert desk.open("/inbox/").status_code == 200
    assert elsewhere.open("/inbox/").status_code == 302
    assert elsewhere.sign_in(harbour.owner.email, "another long password").status_code == 302


def test_the_present_password_is_asked_for(desk: Browser) -> None:
    answer = desk.send(
        "/settings/password", {"present": "wrong wrong wrong", "password": "another long password"}
    )

    assert "This is not your present password." in answer.text


def test_after_the_log_in_people_reach_the_page_they_wanted(visitor: Browser, harbour: Cast) -> None:
    asked = visitor.open("/licenses/?q=olena")
    form = visitor.client.get(asked.location).text
    signed = form.split('name="next" value="')[1].split('"')[0]

    answer = visitor.send(
        "/sign-in", {"email": harbour.owner.email, "password": PASSWORD, "next": signed}, page="/sign-in"
    )

    assert answer.location == "/console/licenses/?q=olena"


@pytest.mark.parametrize(
    "sent", ["https://evil.example.com/", "//evil.example.com", "/\\evil.example.com", "x.y"]
)
def test_a_next_that_is_not_ours_leads_to_the_inbox(visitor: Browser, harbour: Cast, sent: str) -> None:
    answer = visitor.send(
        "/sign-in", {"email": harbour.owner.email, "password": PASSWORD, "next": sent}, page="/sign-in"
    )

    assert answer.location == "/console/inbox/"


def test_a_signed_next_is_not_readable_as_another_text(app: Flask) -> None:
    with app.test_request_context():
        assert signed_next("/console/inbox/") != "/console/inbox/"


def test_an_empty_server_is_owned_by_who_has_the_token_of_the_terminal(
    empty_server: Browser, app_settings: settings.Settings
) -> None:
    visitor = empty_server
    token = offer_first_owner(app_settings.data_dir, now=clock.now())
    answers = {
        "shop": "Клуб Harbour",
        "name": "Iryna",
        "email": "iryna@harbour.example.com",
        "password": PASSWORD,
    }

    refused = visitor.send("/first-owner", {**answers, "token": "guessed"}, page="/first-owner")
    made = visitor.send("/first-owner", {**answers, "token": token}, page="/first-owner")

    assert "keydesk-server first-owner" in refused.text
    assert made.status_code == 302
    assert visitor.open("/inbox/").status_code == 200
    assert visitor.open("/first-owner").location.endswith("/sign-in"), "it works once"


def _move_sessions(**moments: object) -> None:
    with writing():
        session.execute(update(ConsoleSession).values(**moments))


def _without_noise(page: str, account: str) -> str:
    """The page without what differs on every answer: nonces, form tokens, the echoed account."""
    for piece in (account, "nonce=", 'name="csrf_token"'):
        page = "\n".join(line for line in page.splitlines() if piece not in line)
    return page
