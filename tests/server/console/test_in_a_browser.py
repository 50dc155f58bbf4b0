"""The console in a real browser: looked at, driven by keys, refreshed while open, and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from server.billing.services import licenses_of, record_order
from server.billing.services.applying import write_entry
from server.billing.state import Entry
from server.catalog.models import Plan
from server.customers.services import customer_for
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.settings import current
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.licensing.services import transfer_license
from server.support.models import Ticket
from server.support.services import add_customer_message
from tests.conftest import PASSWORD, Cast
from tests.end_to_end.inspection import Inspection
from tests.server.console.story import SUBJECT, Story, tell_story
from tests.server.pages.conftest import served  # noqa: F401  the application behind a real address
from tests.server.pages.test_account_in_a_browser import ROOM_ABOVE
from tests.tools.browser import Window

OpenWindow = Callable[..., Window]
LINES = """one => {
  const text = document.createRange();
  text.selectNodeContents(one);
  return new Set([...text.getClientRects()].map(line => line.top)).size;
}"""

ROOM_AROUND = """one => {
  const tag = one.getBoundingClientRect(), line = one.closest(".kd-line2").getBoundingClientRect();
  return Math.min(tag.top - line.top, line.bottom - tag.bottom);
}"""


@pytest.fixture
def shown(served: Cast) -> Story:  # noqa: F811  it is the fixture
    """The story, on a server that a browser can open."""
    return tell_story(served)


def enter(window: Window, served: Cast) -> Page:  # noqa: F811
    """The owner signs in."""
    page = window.new_page()
    page.goto(f"{current().public_url}/console/")
    page.get_by_label("E-mail").fill(served.owner.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_attached()
    page.wait_for_load_state("domcontentloaded")  # keys act on the rows, which stand below the navigation
    return page


def test_every_screen_passes_in_both_themes_and_widths(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    inspection, window = Inspection(), new_window()
    outside = window.new_page()
    outside.goto(f"{current().public_url}/console/sign-in")
    inspection.of(outside, "console-sign-in")
    page = enter(window, served)
    paths = {
        "inbox": "/inbox/",
        "inbox-empty": "/inbox/solved",
        "ticket": f"/tickets/{shown.ticket_id}",
        "licenses": "/licenses/",
        "license": f"/licenses/{shown.license_id}",
        "licenses-test": "/licenses/?mode=test",
        "license-new": "/licenses/new",
        "license-extend": f"/licenses/{shown.license_id}/acts/extend",
        "license-transfer": f"/licenses/{shown.license_id}/acts/transfer",
        "products": "/products/",
        "product": f"/products/{shown.product_id}",
        "product-edit": f"/products/{shown.product_id}/edit",
        "product-doors": f"/products/{shown.product_id}/doors",
        "plan-new": f"/products/{shown.product_id}/plans/new",
        "plan": f"/products/{shown.product_id}/plans/{shown.plan_id}",
        "plan-edit": f"/products/{shown.product_id}/plans/{shown.plan_id}/edit",
        "connectors": "/connectors/",
        "connector": f"/connectors/{shown.connection_id}",
        "connector-new": "/connectors/new/roundup",
        "payments": "/payments/",
        "mails": "/mails/",
        "mail": f"/mails/{shown.mail_id}",
        "settings": "/settings/",
    }
    for name, path in paths.items():
        page.goto(f"{current().public_url}/console{path}")
        inspection.of(page, f"console-{name}")

    inspection.finish()


def test_long_words_of_people_widen_no_page(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    with writing():
        for who, name in (("b", ""), ("a", "N" * 120)):
            order, _new = record_order(
                plan=resolve(Plan, served.plan.id),
                email=who * 230 + "@buyer.example.com",
                name=name,
                now=clock.now(),
                actor="system",
            )
        order_id, license_id = order.id, licenses_of(order)[0].id
    page = enter(new_window(), served)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        one_each = (f"licenses/{license_id}", f"orders/{order_id}")
        for path in ("licenses/", "orders/", "payments/", "mails/", *one_each):
            page.goto(f"{current().public_url}/console/{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_what_warns_stands_apart_from_what_comes_next(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    with writing():
        plan = resolve(Plan, served.plan.id)
        order, _new = record_order(plan=plan, email="bo@buyer.example.com", now=clock.now(), actor="system")
        order.disputed, path = True, f"/console/orders/{order.id}"
    page = enter(new_window(), served)
    page.goto(f"{current().public_url}{path}")

    assert page.locator(".kd-callout + section").evaluate(ROOM_ABOVE) >= 24


def test_neither_a_tag_nor_a_sum_breaks_in_the_list_of_orders(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    now = clock.now()
    with writing():
        plan = resolve(Plan, served.plan.id)
        facts: dict[str, Any] = {"amount": 4_900, "currency": "eur", "now": now, "actor": "system"}
        order, _new = record_order(plan=plan, email="b" * 60 + "@buyer.example.com", **facts)
        order.refunded_amount = 1_250
        write_entry(order, Entry("dispute", "dp_1", "warning_needs_response", 0, "eur", now))
    page = enter(new_window(), served)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{current().public_url}/console/orders/")

    assert page.locator("td .kd-tag").evaluate("one => one.getClientRects().length") == 1, "one box"
    assert page.locator("td.kd-num .kd-line2").evaluate(LINES) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, {"width": 360, "height": 740}])
def test_the_border_of_a_tag_stands_whole_in_the_inbox(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
    size: ViewportSize,
) -> None:
    with writing():
        resolve(Ticket, shown.ticket_id).mode = "test"
    page = enter(new_window(), served)
    page.set_viewport_size(size)
    page.goto(f"{current().public_url}/console/inbox/")

    assert page.locator(".kd-line2 .kd-tag").evaluate(ROOM_AROUND) >= 0


def test_the_row_of_a_former_holder_says_the_present_address_once(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    page = enter(new_window(), served)
    page.set_viewport_size({"width": 360, "height": 740})
    for name in ("", "Neu"):
        with writing():
            license = resolve(License, shown.license_id)
            former = license.customer.email
            holder = customer_for(f"{name or 'nobody'}@buyer.example.com", name=name, now=clock.now())
            transfer_license(license, holder, actor="cli", now=clock.now())
        page.goto(f"{current().public_url}/console/licenses/?q={former}")

        cell = page.locator("tbody td").first.inner_text()
        assert (cell.count("@buyer"), cell.count(former)) == (1 + former.count("@buyer"), 1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_ticket_is_answered_and_solved_by_keys_alone(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    page = enter(new_window(), served)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=SUBJECT, level=1)).to_be_visible()
    page.wait_for_load_state("domcontentloaded")

    page.keyboard.press("r")
    page.keyboard.type("Исправлено в 4.2.2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread").get_by_text("Исправлено в 4.2.2")).to_be_visible()
    page.wait_for_load_state("domcontentloaded")
    page.locator("h1").click()
    page.keyboard.press("e")

    expect(page.get_by_role("status")).to_have_text("Solved.")


def test_the_question_mark_lists_the_keys(served: Cast, shown: Story, new_window: OpenWindow) -> None:  # noqa: F811
    page = enter(new_window(), served)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_hidden()


def test_a_new_message_appears_while_an_answer_is_being_written(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    page = enter(new_window(), served)
    page.goto(f"{current().public_url}/console/tickets/{shown.ticket_id}")
    page.get_by_label("Reply to").fill("half an answer")

    with writing():
        add_customer_message(resolve(Ticket, shown.ticket_id), "Ещё одна деталь", now=clock.now())

    expect(page.locator("#thread").get_by_text("Ещё одна деталь")).to_be_visible(timeout=30_000)
    expect(page.get_by_label("Reply to")).to_have_value("half an answer")


def test_a_session_that_ended_leaves_the_open_page_as_it_is(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    window = new_window()
    window.forgive("401")
    page = enter(window, served)
    page.goto(f"{current().public_url}/console/tickets/{shown.ticket_id}")
    window.context.clear_cookies(name="keydesk_dev")

    with page.expect_response(lambda answer: answer.status == 401, timeout=30_000):
        pass

    expect(page.locator("#thread").get_by_role("article")).to_have_count(1)


def test_without_scripts_a_license_can_be_revoked_after_one_question(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    page = enter(new_window(scripts=False), served)
    page.goto(f"{current().public_url}/console/licenses/{shown.license_id}")

    page.get_by_text("Revoke…").click()
    page.get_by_label("Why").fill("shared in a forum")
    page.get_by_role("button", name="Revoke this license").click()

    expect(page.get_by_role("status")).to_contain_text("The license is revoked.")
    session.expire_all()
    assert resolve(License, shown.license_id).revoked_for == ["by_vendor"]


def test_a_license_is_extended_by_keys_alone(
    served: Cast,  # noqa: F811
    shown: Story,
    new_window: OpenWindow,
) -> None:
    page = enter(new_window(), served)
    page.goto(f"{current().public_url}/console/licenses/{shown.license_id}")

    page.get_by_role("link", name="Extend").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Extend")).to_be_visible()
    page.get_by_label("Why").focus()
    page.keyboard.type("goodwill for the outage")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("The license has a new end.")
    expect(page.get_by_role("table").last).to_contain_text("goodwill for the outage")
