"""The customer page as people use it: by keyboard, without scripts, wide and on a phone, in two languages."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from server.catalog.models import Plan, Product
from server.customers.services import customer_for
from server.customers.unsubscribing import REMINDERS, unsubscribe_address
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.services import Site, activate_site, issue_license, resolve_site, suspend_license
from server.mail.models import Mail
from server.releases.services import upload_release
from tests.conftest import Cast
from tests.server.pages.conftest import run_links
from tests.server.pages.test_get import plugin_zip
from tests.tools.accessibility import assert_accessible
from tests.tools.browser import Window, look

OpenWindow = Callable[..., Window]
ANA = "ana@buyer.example.com"
ROOM_ABOVE = (
    "one => one.getBoundingClientRect().top - one.previousElementSibling.getBoundingClientRect().bottom"
)
# how long the last line of each is beside its longest
LAST_LINES = """all => all.map(one => {
  const text = document.createRange();
  text.selectNodeContents(one.firstChild);
  const lines = [...text.getClientRects()].map(line => line.width);
  return lines.at(-1) / Math.max(...lines);
})"""
SHOP = "https://a-rather-long-name-of-a-shop.example.com/with/a/folder"


@pytest.fixture
def bought(served: Cast) -> str:
    """Licenses in several states; answers the address of the customer page."""
    now = clock.now()
    product, plan = resolve(Product, served.product.id), resolve(Plan, served.plan.id)
    with writing():
        upload_release(product, plugin_zip("1.4.0"), now=now, actor="member:mem_1")
        ana = customer_for(ANA, now=now, name="Ana")
        running_out = {"valid_until": now - timedelta(days=9)}
        facts: list[dict[str, Any]] = [{"mode": "test"}, running_out, {"renews": True}, {}]
        for fact in facts:
            license, _key = issue_license(product=product, plan=plan, customer=ana, now=now)
            for name, value in fact.items():
                setattr(license, name, value)
        inside, _key = issue_license(product=product, plan=plan, customer=ana, now=now)
        inside.parent_id = license.id
        suspended, _key = issue_license(product=product, plan=plan, customer=ana, now=now)
        suspend_license(suspended, "disputed", actor="stripe", now=now)
        activate_site(license, Site("a" * 32, SHOP), product=product, mode="live", now=now)
        activate_site(
            license, Site("b" * 32, "https://staging.example.com"), product=product, mode="live", now=now
        )
        brought = activate_site(
            inside, Site("c" * 32, "https://inside.example.com"), product=product, mode="live", now=now
        )
        copy = Site("d" * 32, "https://copy.example.com")
        resolve_site(brought.activation, copy, resolution="copy", confirm=False, now=now)
        laptop = Site("ls:" + "e" * 32, f"http://my-laptop-{'f' * 16}.instance", label="My Laptop")
        activate_site(inside, laptop, product=product, mode="live", now=now)
    return f"{settings.current().public_url}/account/harbour"


def mailed_link() -> str:
    run_links()
    mail = session.scalars(
        select(Mail).where(Mail.template == "customer_link").order_by(Mail.id.desc())
    ).first()
    assert mail is not None
    return next(line for line in mail.text.splitlines() if "/enter/" in line)


def press(page: Page, name: str) -> None:
    """Reach a button by the Tab key alone and press it."""
    for _step in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.innerText")
        if focused and focused.strip().startswith(name):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no Tab leads to {name}")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_site_is_released_by_keyboard_alone(bought: str, new_window: OpenWindow, *, scripts: bool) -> None:
    page = new_window(scripts=scripts).new_page()
    page.goto(bought)
    press_into(page, "email", ANA)
    expect(page.get_by_role("status")).to_contain_text(ANA)
    page.goto(mailed_link())
    press(page, "Open my licenses")
    page.get_by_text(SHOP, exact=True).wait_for()
    press(page, "Release this site")
    press(page, "Yes, release it")

    expect(page.get_by_role("status")).to_have_text("The site was released.")
    press(page, "Sign out")
    expect(page.get_by_role("button", name="Send me a link")).to_be_visible()


def press_into(page: Page, field: str, text: str) -> None:
    """Reach a field by the Tab key, type, and send the form by Enter."""
    for _step in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == field:
            break
    page.keyboard.type(text)
    page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("locale", "way_in", "heading"),
    [
        ("en-US", "Send me a link", "Your licenses"),
        ("ru-RU", "Прислать ссылку", "Ваши лицензии"),
    ],
)
def test_each_step_is_without_barriers(
    bought: str, new_window: OpenWindow, locale: str, way_in: str, heading: str
) -> None:
    with writing():
        customer_for(ANA, now=clock.now()).locale = locale[:2]
    window = new_window(locale=locale, theme="dark" if locale == "ru-RU" else "light")
    window.forgive("422")  # the browser's own word for the answer to a wrong address
    page = window.new_page()
    step(page, f"account-entry-{locale[:2]}", lambda: page.goto(bought))
    page.get_by_role("textbox").fill("ana")
    step(page, f"account-wrong-{locale[:2]}", lambda: page.get_by_role("button", name=way_in).click())
    page.get_by_role("textbox").fill(ANA)
    step(page, f"account-sent-{locale[:2]}", lambda: page.get_by_role("button", name=way_in).click())
    address = mailed_link()
    step(page, f"account-confirm-{locale[:2]}", lambda: page.goto(address))
    step(page, f"account-{locale[:2]}", lambda: page.get_by_role("button").click())
    page.get_by_role("heading", name=heading).wait_for()
    assert page.locator(".child .sites + form").first.evaluate(ROOM_ABOVE) >= 8
    page.set_viewport_size({"width": 360, "height": 740})
    assert min(page.locator(".actions .button").evaluate_all(LAST_LINES)) >= 0.4, "a word stands alone"
    for summary in page.locator("summary").all():
        summary.click()
    step(page, f"account-open-{locale[:2]}", lambda: None)


def step(page: Page, name: str, go: Callable[[], object]) -> None:
    """Go on, then look at what is there."""
    go()
    page.get_by_role("heading", level=1).wait_for()
    assert_accessible(page)
    look(page, name, whole=True)


def test_the_key_is_copied_by_one_press(bought: str, new_window: OpenWindow) -> None:
    window = new_window()
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = window.new_page()
    page.clock.install()  # the two seconds of "Copied" are over when the test says so
    page.goto(bought)
    press_into(page, "email", ANA)
    page.get_by_role("status").wait_for()
    page.goto(mailed_link())
    page.get_by_role("button").click()
    pressed = page.locator(".copying").first
    pressed.get_by_role("button", name="Copy the key").wait_for()
    page.clock.pause_at(clock.now() + timedelta(days=1))

    pressed.get_by_role("button").click()

    expect(pressed.get_by_role("button")).to_have_text(re.compile(r"^Copied: Harbour Gallery, Studio, KD1-"))
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == pressed.locator(".key").inner_text()
    assert copied.startswith("KD1-")
    page.clock.fast_forward(2_000)
    expect(pressed.get_by_role("button")).to_have_text(re.compile(r"^Copy the key: Harbour Gallery, "))
    assert pressed.locator(".unseen").count() == 1, "the name is not shown to who sees the page"


def test_the_unsubscribe_page_is_without_barriers(served: Cast, new_window: OpenWindow) -> None:
    with writing():
        address = unsubscribe_address(customer_for(ANA, now=clock.now()), REMINDERS)
    page = new_window().new_page()
    step(page, "unsubscribe", lambda: page.goto(address))
    step(page, "unsubscribed", lambda: page.get_by_role("button").click())

    page.get_by_role("button", name="Remind me again").wait_for()
