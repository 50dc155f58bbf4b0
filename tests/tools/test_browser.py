"""The watched browser: a fault of a page fails the test, a good page passes, axe-core finds what is wrong."""

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page

from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look, open_window

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("browser_tools")]

GOOD = """<!doctype html><html lang="en"><head><title>Desk</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"></head><body><main><h1>Desk</h1>{}</main></body></html>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Serve a page with this body; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()

        def shown(body: str) -> str:
            (tmp_path / "page.html").write_text(GOOD.format(body))
            return f"http://127.0.0.1:{server.server_port}/page.html"

        yield shown
        server.shutdown()
        thread.join(5)


def visit(window: Window, address: str) -> None:
    page = window.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")


def test_a_good_page_passes(page: Page, show: Callable[[str], str]) -> None:
    page.goto(show("<p>Nothing to do.</p>"))

    assert_accessible(page)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<script>throw new Error('torn')</script>", "page error: .*torn"),
        ("<script>console.error('odd')</script>", "console error: odd"),
        ("<img src=/gone.png alt=''>", "console error: .*404"),
        (
            "<img src=http://pictures.example.com/a.png alt=''>",
            "foreign host: GET http://pictures.example.com/a.png",
        ),
    ],
)
def test_a_fault_in_a_page_fails_the_test(
    browser: Browser, show: Callable[[str], str], body: str, fault: str
) -> None:
    with pytest.raises(AssertionError, match=fault), open_window(browser) as window:
        visit(window, show(body))


def test_a_fault_that_belongs_to_the_story_is_forgiven(browser: Browser, show: Callable[[str], str]) -> None:
    with open_window(browser) as window:
        window.forgive("gone.png")
        visit(window, show("<img src=/gone.png alt=''>"))


def test_a_picture_without_words_is_a_violation(page: Page, show: Callable[[str], str]) -> None:
    page.goto(show("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"))

    with pytest.raises(AssertionError, match="image-alt"):
        assert_accessible(page)


def test_only_the_part_asked_for_is_looked_at(page: Page, show: Callable[[str], str]) -> None:
    page.goto(show("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='><div id=ours><p>Good</p></div>"))

    assert_accessible(page, "#ours")


def test_a_look_is_two_pictures(page: Page, show: Callable[[str], str]) -> None:
    page.goto(show("<p>Nothing to do.</p>"))

    pictures = look(page, "tools-test")

    assert [picture.name for picture in pictures] == ["tools-test-1280x800.png", "tools-test-360x740.png"]
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG")
        picture.unlink()


def test_a_page_that_scrolls_sideways_on_a_phone_is_refused(page: Page, show: Callable[[str], str]) -> None:
    page.goto(show("<div style='width: 500px'>wide</div>"))

    with pytest.raises(AssertionError, match="too wide at 360 px"):
        look(page, "tools-test-wide")
