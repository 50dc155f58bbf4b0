"""Mails say the right thing in six languages, and a stranger's text stays text."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from server.kernel.i18n import LANGUAGES
from server.mail.rendering import render
from tests.server.mail.conftest import purchase

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def answer(**changes: Any) -> dict[str, Any]:
    return {
        "number": 1204,
        "subject": "Календар порожній",
        "agent_name": "Ірина",
        "body": "Олено, виключіть кеш.\n\nНапишіть, чи все гаразд.",
        "dashboard_url": "https://shop-1.example.com/wp-admin/admin.php?page=help&ticket=1",
        "vendor_name": "Harbour Plugins",
        "history": [
            {"author": "Ірина", "is_customer": False, "at": NOON, "text": "Дивимося."},
            {"author": "Олена", "is_customer": True, "at": NOON, "text": "Порожній блок."},
        ],
        **changes,
    }


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "up to 5 sites"),
        ("ru_RU", "до 5 сайтов"),
        ("uk", "до 5 сайтів"),
        ("bg_BG", "до 5 сайта"),
        ("ro_MD", "până la 5 site-uri"),
        ("id_ID", "hingga 5 situs"),
        ("de_DE", "up to 5 sites"),
    ],
)
def test_a_purchase_speaks_the_language_of_the_buyer(locale: str, words: str) -> None:
    mail = render("purchase", purchase(), locale)

    assert words in mail.text
    assert words in mail.html


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Valid: without end"), ("ru", "Действует: бессрочно")]
)
def test_a_license_for_ever_has_no_last_day(language: str, words: str) -> None:
    mail = render("purchase", purchase(valid_until=None), language)

    assert words in mail.text
    assert re.search(words.replace(": ", "</td>.*>"), mail.html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_forms_of_a_purchase_carry_every_fact(language: str) -> None:
    mail = render("purchase", purchase(order_number="20981"), language)

    facts = ("KD1-8M2FW7-PAK3XN-0R94TC-5GR38E-1P7QX4", "/get/abc", "docs.example.com", "Studio", "20981")
    for fact in (*facts, "2027", "help@harbour.example.com"):
        assert fact in mail.text
        assert fact in mail.html.replace("<wbr>", "")
    assert f'lang="{language}"' in mail.html


@pytest.mark.parametrize(
    ("locale", "subject"),
    [
        ("en", "Your 3 licenses for Harbour Gallery are ready"),
        ("ru", "3 лицензии на Harbour Gallery готовы"),
        ("uk", "3 ліцензії на Harbour Gallery готові"),
        ("bg", "Вашите 3 лиценза за Harbour Gallery са готови"),
        ("ro", "3 licențe pentru Harbour Gallery sunt gata"),
        ("id", "3 lisensi Anda untuk Harbour Gallery sudah siap"),
    ],
)
def test_several_licenses_stand_in_one_mail_each_with_its_page(locale: str, subject: str) -> None:
    units = [{"key": f"KD1-{n}", "page_url": f"https://desk.example.com/get/page{n}"} for n in "ABC"]
    mail = render("purchase", purchase(units=units), locale)

    assert mail.subject == subject
    for text in (mail.text, mail.html.replace("<wbr>", "")):
        places = [text.index(fact) for n in "ABC" for fact in (f"KD1-{n}", f"/get/page{n}")]
        assert len(set(places)) == 6


@pytest.mark.parametrize("locale", ["en", "uk"])
def test_a_mailbox_tells_the_mail_of_a_test_purchase_by_its_subject(locale: str) -> None:
    live, tried = (render("purchase", purchase(mode=mode), locale) for mode in ("live", "test"))

    assert tried.subject == f"[Test] {live.subject}"
    assert "[Test]" not in tried.text + tried.html, "there it is a sentence"
    assert "[Test]" not in live.subject


def test_a_license_without_limits_says_so() -> None:
    mail = render("purchase", purchase(seats=None, valid_until=None, docs_url=""), "en")

    assert "Sites: as many as you like" in mail.text
    assert "Valid: without end" in mail.text
    assert "How to install" not in mail.text


def test_the_answer_comes_first_the_button_second_and_history_last() -> None:
    mail = render("ticket_reply", answer(), "uk")

    assert mail.subject == "Re: Календар порожній [#1204]"
    for text in (mail.text, mail.html):
        body = text.split("</head>")[-1]
        places = [body.rindex(part) for part in ("Напишіть, чи", "wp-admin", "Порожній блок")]
        assert places == sorted(places)


def test_without_a_dashboard_address_the_answer_goes_to_the_mailbox() -> None:
    mail = render("ticket_reply", answer(dashboard_url="", history=[]), "en")

    assert "dashboard" not in mail.text
    assert "A reply to this mail goes to the mailbox of Harbour Plugins." in mail.text


def test_what_a_stranger_wrote_is_text_and_never_markup() -> None:
    evil = '<script>alert(1)</script> {{ 7 * 7 }} %(number)s 100% <img src="https://evil.example.com/x">'
    history = [{"author": evil, "is_customer": False, "at": NOON, "text": evil}]
    mail = render("ticket_reply", answer(body=evil, subject=evil, agent_name=evil, history=history), "ru")

    assert "<script>" not in mail.html
    assert "<img" not in mail.html
    assert "49" not in mail.html.replace("1204", "")
    assert evil in mail.text


@pytest.mark.parametrize("template", ["purchase", "ticket_reply"])
def test_mails_load_nothing_from_outside(template: str) -> None:
    context = purchase() if template == "purchase" else answer()
    html = render(template, context, "en").html

    assert not re.search(r"<(img|link|script|iframe)\b|url\(", html)
