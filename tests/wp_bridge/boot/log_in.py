"""The form of wp-login.php, filled in as its administrator does."""

from playwright.sync_api import Page, expect

from tests.wp_bridge.boot.site import WordPress


def log_in(page: Page, site: WordPress, *, scripts: bool = True) -> None:
    """On the form; ends with the click.

    WordPress's own script moves the cursor into the name 200 ms after the form came (`wp_attempt_focus`):
    a password typed at that moment lands in the name. A window without scripts has no cursor to wait for.
    """
    name = page.get_by_label("Username or Email Address")
    if scripts:
        expect(name).to_be_focused()
    name.fill(site.user)
    page.get_by_label("Password", exact=True).fill(site.password)
    page.get_by_role("button", name="Log In").click()
