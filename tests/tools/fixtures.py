"""The fixtures that the tools give to tests.

tests/conftest.py loads them by `pytest_plugins = ["tests.tools.fixtures"]`. Each test worker has its own
server processes and ports, so tests may run side by side.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page

from tests.tools.browser import NoChromium, Window, open_window, running_browser
from tests.tools.keydesk_server import KeydeskServer, start_keydesk
from tests.tools.mail_sink import MailSink, caught_mails
from tests.tools.needs import skip_or_fail
from tests.tools.postgres import Postgres, start_postgres
from tests.tools.waiting import free_port

LOOPBACK = "127.0.0.1,::1,localhost"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-socket reads its options: a test connects to this machine only."""
    if not config.option.allow_hosts:
        config.option.allow_hosts = LOOPBACK
        config.option.allow_unix_socket = True


class StartServer(Protocol):
    def __call__(self, settings: dict[str, str] | None = None, *, demo: bool = False) -> KeydeskServer: ...


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The worker's own PostgreSQL."""
    server = start_postgres()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database of this test's own."""
    url = postgres.fresh_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture
def mail_sink() -> Iterator[MailSink]:
    """An SMTP server that keeps what it gets."""
    with caught_mails() as sink:
        yield sink


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start Keydesk servers; all of them end with the test."""
    with ExitStack() as running:

        def started(settings: dict[str, str] | None = None, *, demo: bool = False) -> KeydeskServer:
            port = free_port()
            server = start_keydesk(port, tmp_path / f"keydesk-{port}", settings, demo=demo)
            running.callback(server.stop)
            return server

        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The worker's own Chromium."""
    try:
        with running_browser() as chromium:
            yield chromium
    except NoChromium as missing:
        skip_or_fail(str(missing))


@pytest.fixture
def new_window(browser: Browser) -> Iterator[Callable[..., Window]]:
    """Open a window for one more person; the test fails when a page of any window had a fault."""
    with ExitStack() as windows:

        def opened(**wishes: Any) -> Window:
            return windows.enter_context(open_window(browser, **wishes))

        yield opened


@pytest.fixture
def page(new_window: Callable[..., Window]) -> Page:
    """A page in a window of its own."""
    return new_window().new_page()
