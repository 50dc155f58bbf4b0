"""Each mail as its reader sees it, on a phone and on a desk, in English and Russian: whole and readable."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from server.kernel.i18n import LANGUAGES
from server.mail.rendering import render
from tests.server.mail.conftest import purchase
from tests.tools.accessibility import violations
from tests.tools.browser import PICTURES, Window

OpenWindow = Callable[..., Window]
NOTICES = (
    "renewal_reminder",
    "charge_notice",
    "trial_ending",
    "payment_failed",
    "purchase_failed",
    "expired",
    "refunded",
    "stopped",
)

LINES_OF_EACH_GROUP = """key => [...key.childNodes].filter(one => one.nodeName === "#text").map(group => {
  const range = document.createRange();
  range.selectNodeContents(group);
  return new Set([...range.getClientRects()].map(line => line.top)).size;
})"""


def notice(**changes: Any) -> dict[str, Any]:
    """What a notice about a license says."""
    return {
        "vendor_name": "Harbour Plugins",
        "support_email": "help@harbour.example.com",
        "product_name": "Harbour Gallery",
        "plan_name": "Studio",
        "key_hint": "KD1-…P7QX",
        "valid_until": datetime(2027, 11, 10, tzinfo=UTC),
        "works_until": datetime(2027, 11, 17, tzinfo=UTC),
        "mode": "live",
        "action_url": "https://desk.example.com/account/harbour",
        "unsubscribe_url": "",
        "ended": True,
        "several": False,
        "returned": {"amount": 4_900, "currency": "eur"},
        "renews": True,
        "is_trial": False,
        "count": 3,
        "charge": {"amount": 14_700, "currency": "usd", "taxed": True, "may_be_less": True},
        "limited": False,
        "moved_in": False,
        **changes,
    }


def unpaid() -> dict[str, Any]:
    """A purchase whose money never came: there is no key."""
    buy_again = "https://desk.example.com/buy/harbour/harbour-gallery?plan=studio"
    return notice(action_url=buy_again, key_hint="", owed={"amount": 4_900, "currency": "eur"}, renews=False)


def renewal() -> dict[str, Any]:
    """The next charge of a subscription, with all that can be said of it."""
    paid = {"amount": 4_900, "currency": "usd"}
    day = datetime(2027, 11, 10, tzinfo=UTC)
    return {"day": day, "sum": paid, "each": paid, "taxed": True, "may_be_less": True}


def link() -> dict[str, Any]:
    return notice(action_url="https://desk.example.com/account/harbour/enter/" + "a" * 43, minutes=30)


MAILS: dict[str, dict[str, Any]] = {name: notice() for name in NOTICES} | {
    "purchase": purchase(mode="test", charged=True, renewal=renewal()),
    "customer_link": link(),
    "purchase_failed": unpaid(),
    "renewal_reminder": notice(unsubscribe_url="https://desk.example.com/unsubscribe/abc"),
}


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize("width", [360, 600])
def test_mails_fit_and_are_readable(locale: str, width: int, new_window: OpenWindow) -> None:
    page = new_window(scripts=True).new_page()
    page.set_viewport_size({"width": width, "height": 740})
    PICTURES.mkdir(parents=True, exist_ok=True)
    for template, context in MAILS.items():
        page.set_content(render(template, context, locale).html)
        page.screenshot(path=PICTURES / f"mail-{template}-{locale}-{width}.png", full_page=True)
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(too_wide), template
        # a mail is no page: it has neither landmarks nor a main part
        found = [one["id"] for one in violations(page) if one["id"] not in {"region", "landmark-one-main"}]
        assert found == [], template


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_labels_leave_the_room_to_what_they_name(locale: str, new_window: OpenWindow) -> None:
    page = new_window(scripts=True).new_page()
    page.set_viewport_size({"width": 700, "height": 740})
    for template in (*NOTICES, "purchase"):
        page.set_content(render(template, MAILS[template], locale).html)
        widths = page.locator("table.line tr:first-child td").evaluate_all(
            "cells => cells.map(cell => cell.getBoundingClientRect().width)"
        )
        assert widths[0] < sum(widths) * 0.35, template


def test_what_is_named_stands_beside_the_beginning_of_its_label(new_window: OpenWindow) -> None:
    page = new_window(scripts=True).new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.set_content(render("charge_notice", notice(), "ru").html)
    tops = page.locator("table.line tr:last-child td").evaluate_all(
        """cells => cells.map(cell => {
            const text = document.createRange();
            text.selectNodeContents(cell);
            return text.getClientRects()[0].top;
        })"""
    )
    assert abs(tops[0] - tops[1]) < 8, "a label of two lines"


@pytest.mark.parametrize("key", ["KD1-8M2FW7-0AK3XN-0R94TC-5GR38E-1P7QX4", "f" * 64])
def test_a_key_breaks_behind_its_hyphens_and_anywhere_if_it_has_none(
    key: str, new_window: OpenWindow
) -> None:
    page = new_window(scripts=True).new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    bought = purchase(units=[{"key": key, "page_url": "https://desk.example.com/get/abc"}])
    page.set_content(render("purchase", bought, "ru").html)

    lines = page.locator("table.line td span").first.evaluate(LINES_OF_EACH_GROUP)

    assert lines == [1] * 6 if "-" in key else lines[0] > 1
    assert page.locator("table.line").evaluate("table => table.getBoundingClientRect().width") <= 328
    assert page.locator("table.line td span").first.inner_text() == key


@pytest.mark.parametrize("template", [*NOTICES, "customer_link"])
def test_both_forms_of_a_notice_say_the_same(template: str) -> None:
    context = MAILS[template] | {"mode": "test"}
    mail = render(template, context, "en")

    for fact in (context["action_url"], "Harbour Plugins", "help@harbour.example.com"):
        assert fact in mail.text
        assert fact in mail.html
    assert len(mail.subject) < 75
    if template != "customer_link":
        assert "Test mode" in mail.text
        assert "Test mode" in mail.html
        assert context["key_hint"] in mail.text


@pytest.mark.parametrize("template", [*NOTICES, "customer_link", "purchase"])
def test_every_mail_is_written_in_each_language(template: str) -> None:
    mails = {language: render(template, MAILS[template], language) for language in LANGUAGES}

    assert len({mail.subject for mail in mails.values()}) == len(LANGUAGES)
    assert len({mail.text for mail in mails.values()}) == len(LANGUAGES)
    for language, mail in mails.items():
        assert f'<html lang="{language}" dir="ltr">' in mail.html
        assert "%(" not in mail.text + mail.html


@pytest.mark.parametrize("locale", ["ru", "uk", "bg"])
def test_the_sign_of_a_year_does_not_leave_its_number_in_a_heading(locale: str) -> None:
    mail = render("charge_notice", notice(), locale)
    assert "2027\N{NO-BREAK SPACE}" in mail.subject
    assert f">{mail.subject}</h1>" in mail.html
