"""The vendor's console as a person uses it: by the words on the screen."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect


@dataclass
class Console:
    """One signed-in (or not yet signed-in) member at the console of a server."""

    page: Page
    url: str

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto(f"{self.url}/console/")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation", name="Main")).to_be_visible()

    def open(self, link: str) -> None:
        """A place of the navigation, by its name."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=link).click()
        expect(self.page.get_by_role("main")).to_be_visible()

    def open_ticket(self, subject: str) -> None:
        self.open("All open")
        self.page.get_by_role("link", name=subject).click()
        expect(self.page.get_by_role("heading", name=subject, level=1)).to_be_visible()

    def follow(self, link: str) -> None:
        """A link of the page itself."""
        self.page.get_by_role("main").get_by_role("link", name=link).first.click()

    def follow_first_row(self) -> None:
        """The first link of the page's first list or table."""
        self.page.locator("main .kd-row a, main table a").first.click()

    def answer(self, text: str) -> None:
        self.page.get_by_label("Reply to").fill(text)
        self.page.get_by_role("button", name="Send and wait for customer").click()
        expect(self.messages().filter(has_text=text)).to_be_visible()

    def messages(self) -> Locator:
        return self.page.locator("#thread").get_by_role("article")

    def connect_stripe(self, api_key: str, secret: str) -> str:
        """The address to which Stripe has to send its events."""
        self.open("Payments")
        self.page.get_by_label("Restricted key").fill(api_key)
        self.page.get_by_label("Webhook secret").fill(secret)
        self.page.get_by_role("button", name="Connect").click()
        return self.page.locator("#hook-test").inner_text()

    def connect_roundup(self, address: str, user: str, password: str) -> tuple[str, str]:
        """The hook's address and secret, which the tracker's detector needs."""
        self.open("Connectors")
        self.page.get_by_role("link", name="Connect Roundup").click()
        self.page.get_by_label("Tracker address").fill(address)
        self.page.get_by_label("User name").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Connect and check").click()
        hook = self.page.locator("#hook-url")
        expect(hook).to_be_visible()
        return hook.inner_text(), self.page.locator("#hook-secret").inner_text()

    def download_product_file(self, product: str, into: Path) -> Path:
        """What the builder makes a bridge from."""
        self.open("Products")
        self.page.get_by_role("link", name=product).click()
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Download the product file").click()
        file = into / download.value.suggested_filename
        download.value.save_as(file)
        return file
