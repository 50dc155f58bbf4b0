"""wp-admin with the example plugin, as a site's administrator uses it: by the words on the screen."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.wp_bridge.boot.log_in import log_in
from tests.wp_bridge.boot.site import WordPress

PAGE = "admin.php?page=acme-gallery-keydesk"


@dataclass
class WpAdmin:
    """One administrator at one site."""

    page: Page
    site: WordPress
    scripts: bool = True

    def log_in(self) -> None:
        """Fill in the form that wp-login.php shows; then the page is there with its scripts."""
        log_in(self.page, self.site, scripts=self.scripts)
        expect(self.page.locator("#wpadminbar")).to_be_visible()
        self.page.wait_for_load_state()

    def open(self, tab: str = "help") -> None:
        self.page.goto(f"{self.site.admin}{PAGE}&tab={tab}")

    def bridge(self) -> Locator:
        """Our part of the screen."""
        return self.page.locator(".acme-gallery-keydesk")

    def license_row(self, name: str) -> Locator:
        """What stands beside a heading of the license screen (its table only places, it has no roles)."""
        return self.bridge().locator("tr").filter(has=self.page.locator("th", has_text=name)).locator("td")

    def activate(self, key: str) -> None:
        """By typing the key in."""
        self.page.get_by_label("License key").fill(key)
        self.page.get_by_role("button", name="Activate", exact=True).click()
        expect(self.license_row("License")).to_contain_text("Active")

    def send(self) -> None:
        self.page.get_by_role("button", name="Send", exact=True).click()

    def contact_in_three_clicks(self, subject: str, text: str) -> None:
        """From any screen of the plugin: Help, Contact, Send; between them only typing."""
        self.page.get_by_role("link", name="Help", exact=True).first.click()
        self.page.get_by_role("link", name="Contact", exact=True).first.click()
        self.page.get_by_label("Subject").fill(subject)
        self.page.get_by_label("What happens, and what did you expect?").fill(text)
        expect(self.bridge().locator(".kd-sent")).to_be_visible()
        self.send()
        expect(self.page.get_by_role("heading", name=subject, level=2)).to_be_visible()

    def messages(self) -> Locator:
        return self.bridge().locator(".kd-thread").get_by_role("article")

    def reply(self, text: str) -> None:
        self.page.get_by_label("Your answer").fill(text)
        self.send()
        expect(self.messages().filter(has_text=text)).to_be_visible()
