"""Everything the story needs, each part real and in a process of its own; only Stripe is a double."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.demo.ship_example import build_example_plugin
from tests.end_to_end.console import Console
from tests.fake_stripe.running import RunningShop, start_shop
from tests.helpdesks.roundup.agent import Agent
from tests.helpdesks.roundup.boot import Roundup, boot_roundup
from tests.tools.browser import Window, open_window
from tests.tools.keydesk_server import KeydeskServer, start_keydesk
from tests.tools.mail_sink import MailSink, caught_mails
from tests.tools.needs import skip_or_fail
from tests.tools.waiting import free_port
from tests.wp_bridge.boot.needs import Missing
from tests.wp_bridge.boot.site import WordPress, boot_wordpress

PREFIX = "keydesk_acme_gallery_"
SHOP_SITE = "http://shop-1.example.com"


@dataclass
class Parts:
    """The running parts, and browsers for the people who meet there."""

    folder: Path
    browser: Browser
    running: ExitStack
    windows: ExitStack  # closed before any of the parts, so that no page asks a part that is gone
    server: KeydeskServer
    mails: MailSink
    facts: dict[str, Any]

    def window(self, **wishes: Any) -> Window:
        """A browser for one more person; at the end no page of it may have had a fault."""
        return self.windows.enter_context(open_window(self.browser, **wishes))

    def page(self, **wishes: Any) -> Page:
        return self.window(**wishes).new_page()

    def owner(self, **wishes: Any) -> Console:
        """The vendor's owner, signed in at the console."""
        console = Console(self.page(**wishes), self.server.url)
        console.sign_in(self.facts["login_email"], self.facts["login_password"])
        return console

    def wordpress(self, version: str, **wishes: Any) -> WordPress:
        """A site with the example plugin, built for this server's demo product."""
        folder = Path(tempfile.mkdtemp(prefix=f"wordpress-{version}-", dir=self.folder))
        plugin = build_example_plugin(folder, self.facts)
        try:
            site = boot_wordpress(folder / "site", free_port(), version, plugins=[plugin], **wishes)
        except Missing as missing:
            skip_or_fail(str(missing))
        self.running.callback(site.stop)
        return site

    def helpdesk(self, owner: Console) -> Agent:
        """A Roundup that the owner connects by the forms of the console, both ways."""
        desk: Roundup = boot_roundup(self.folder / "roundup", free_port())
        self.running.callback(desk.stop)
        desk.set_hook(*owner.connect_roundup(desk.url, desk.user, desk.password))
        return Agent(desk)


@contextmanager
def running_parts(
    folder: Path, browser: Browser, database_url: str = "", settings: dict[str, str] | None = None
) -> Iterator[Parts]:
    """A demo server with its test shop and a mail server; on SQLite unless a database is given."""
    with ExitStack() as running:
        mails = running.enter_context(caught_mails())
        shop_port = free_port()
        chosen = {
            "KEYDESK_ENV": "development",
            "KEYDESK_SMTP_HOST": "127.0.0.1",
            "KEYDESK_SMTP_PORT": str(mails.port),
            "KEYDESK_STRIPE_API_BASE": f"http://127.0.0.1:{shop_port}",
            "KEYDESK_NOTIFY_DELAY_S": "0",
            "KEYDESK_OUTBOUND_ALLOW": "127.0.0.0/8",
            **({"KEYDESK_DATABASE_URL": database_url} if database_url else {}),
            **(settings or {}),
        }
        server = start_keydesk(free_port(), folder / "keydesk", chosen, demo=True)
        running.callback(server.stop)
        facts = server.demo_facts()
        shop = running.enter_context(start_shop("--first-pause", "0.1", port=shop_port))
        introduce(shop, facts)
        with ExitStack() as windows:
            yield Parts(folder, browser, running, windows, server, mails, facts)


def introduce(shop: RunningShop, facts: dict[str, Any]) -> None:
    """Tell the test shop where this vendor's events go, as Stripe's dashboard would."""
    shop.introduce(facts["stripe_api_key"], facts["stripe_hook_url"], facts["stripe_webhook_secret"])
