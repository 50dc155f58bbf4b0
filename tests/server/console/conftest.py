"""A member at the desk: a browser with cookies that reads form tokens from the pages, as a person's does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.accounts.services import add_member
from server.app import build_app
from server.kernel import settings
from server.kernel.db import writing
from server.kernel.tenancy import tenant
from tests.conftest import NOON, PASSWORD, Cast
from tests.server.console.story import Story, tell_story

FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FROM_HERE = {"Origin": "http://localhost"}


@dataclass
class Browser:
    """Opens pages and sends their forms."""

    client: FlaskClient

    def open(self, path: str) -> TestResponse:
        answer = self.client.get(f"/console{path}")
        answer.get_data()  # read whole, so that a file that was sent is closed
        answer.close()
        return answer

    def text(self, path: str) -> str:
        page = self.open(path)
        assert page.status_code == 200, (path, page.status_code, page.text[:300])
        return page.text

    def send(self, path: str, answers: dict[str, Any] | None = None, *, page: str = "") -> TestResponse:
        """Fill in the form that stands on `page` and send it."""
        token = FORM_TOKEN.search(self.open(page or "/settings/").text)
        assert token is not None
        return self.client.post(
            f"/console{path}", data={"csrf_token": token[1], **(answers or {})}, headers=FROM_HERE
        )

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        return self.send("/sign-in", {"email": email, "password": password}, page="/sign-in")


@pytest.fixture
def database(sqlite_database: str) -> str:
    """Pages look the same on both kinds; test_both_databases.py asks for both."""
    return sqlite_database


@pytest.fixture
def empty_server(sqlite_database: str) -> Browser:
    """Somebody at a server that nobody owns yet."""
    return Browser(build_app(settings.current()).test_client())


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Somebody who is not signed in."""
    return Browser(app.test_client())


@pytest.fixture
def desk(visitor: Browser, harbour: Cast) -> Browser:
    """The owner, signed in."""
    assert visitor.sign_in(harbour.owner.email).status_code == 302
    return visitor


@pytest.fixture
def agent_desk(app: Flask, harbour: Cast) -> Browser:
    """A teammate without an owner's rights, signed in."""
    with tenant(harbour.vendor.id), writing():
        add_member(email="agent@harbour.example.com", name="Mark", role="agent", password=PASSWORD, now=NOON)
    teammate = Browser(app.test_client())
    assert teammate.sign_in("agent@harbour.example.com").status_code == 302
    return teammate


@pytest.fixture
def story(harbour: Cast) -> Story:
    """Something true to show."""
    return tell_story(harbour)
