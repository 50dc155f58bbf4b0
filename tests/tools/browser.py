"""Debian's Chromium driven by Playwright, watched so that a fault in any page fails the test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebError,
    expect,
    sync_playwright,
)

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
LOOPBACK = {"127.0.0.1", "localhost"}
ACT_MS, OPEN_MS = 15_000, 45_000
WIDE, PHONE = (1280, 800), (360, 740)
PICTURES = Path(__file__).parents[2] / ".check" / "pictures"


class NoChromium(Exception):
    """No Chromium on the path."""


def find_chromium() -> str:
    """The path of the installed browser."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if not found:
        raise NoChromium("chromium is missing (Debian: apt-get install chromium)")
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    """One Chromium, for many windows; a check waits as long as an act does, not for Playwright's 5 s."""
    expect.set_options(timeout=ACT_MS)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=flags, timeout=60_000)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Window:
    """One person's browser: cookies of their own, and every fault that any of its pages had."""

    context: BrowserContext
    faults: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def new_page(self) -> Page:
        return self.context.new_page()

    def forgive(self, words: str) -> None:
        """A fault that holds these words belongs to the test's own story (a server that is stopped)."""
        self.forgiven.append(words)

    def complaints(self) -> list[str]:
        return [fault for fault in self.faults if not any(words in fault for words in self.forgiven)]

    def watch(self) -> None:
        self.context.on("console", self._on_console)
        self.context.on("weberror", self._on_error)
        self.context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self.faults.append(f"console error: {message.text} ({where})")

    def _on_error(self, error: WebError) -> None:
        self.faults.append(f"page error: {error.error}")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in LOOPBACK:
            self.faults.append(f"request to a foreign host: {request.method} {request.url}")


@contextmanager
def open_window(
    browser: Browser,
    *,
    locale: str = "en-US",
    scripts: bool = True,
    theme: Literal["light", "dark"] = "light",
) -> Iterator[Window]:
    """A window for the length of the block; AssertionError at its end when a page had a fault."""
    width, height = WIDE
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        java_script_enabled=scripts,
        color_scheme=theme,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(ACT_MS)
    context.set_default_navigation_timeout(OPEN_MS)
    window = Window(context)
    window.watch()
    try:
        yield window
    finally:
        context.close()
    assert not window.complaints(), "\n".join(window.complaints())


def look(page: Page, name: str, *, whole: bool = False) -> list[Path]:
    """Take the page's picture at both widths into .check/pictures; AssertionError if it scrolls sideways."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    pictures = []
    for width, height in (WIDE, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        picture = PICTURES / f"{name}-{width}x{height}.png"
        page.screenshot(path=picture, full_page=whole, animations="disabled")
        pictures.append(picture)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{page.url} is {wider} px too wide at {width} px (see {picture.name})"
    if before:
        page.set_viewport_size(before)
    return pictures
