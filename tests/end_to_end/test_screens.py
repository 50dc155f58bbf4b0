"""Every screen of Keydesk, in English and Russian: nothing overflows, axe-core has nothing to say."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.console import Console
from tests.end_to_end.inspection import Inspection
from tests.end_to_end.parts import SHOP_SITE, Parts, running_parts
from tests.end_to_end.wp_admin import WpAdmin
from tests.tools.browser import look, open_window
from tests.tools.keydesk_server import COMMAND, REPOSITORY, KeydeskServer, start_keydesk
from tests.tools.waiting import free_port, wait_until

ENGLISH = "The gallery stays empty after the update"
ENGLISH_TEXT = "Since 1.2.0 the page shows only the heading. The pictures are still in the media library."
ENGLISH_ANSWER = (
    "Thank you for the details. Please open Gallery, Settings and press Save once: it builds the list anew."
)
ENGLISH_THANKS = "That brought all pictures back. Thank you for the quick help!"
RUSSIAN = "Подписи под фотографиями обрезаются на телефоне"
NO_SCRIPT = "Вопрос без единого скрипта"
RUSSIAN_TEXT = (
    "Длинные подписи обрезаются: «Свадебная фотосъёмка в Санкт-Петербурге». Можно ли переносить строки?"
)
RUSSIAN_ANSWER = "Спасибо за вопрос! Включите в настройках «Переносить подписи», и строки будут целыми."
OURS = "#wpbody-content .wrap"
README_PICTURES = Path(__file__).parents[2] / "docs" / "pictures"

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("screens")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Parts]:
    """The demo with a connected helpdesk; mails are files, so that the console shows them."""
    with running_parts(tmp_path_factory.mktemp("desk"), browser, settings={"KEYDESK_SMTP_HOST": ""}) as parts:
        parts.helpdesk(parts.owner())
        yield parts


def test_the_screens_in_wp_admin_and_the_ticket_in_the_console(desk: Parts) -> None:
    inspection, owner = Inspection(), desk.owner()
    admin = WpAdmin(desk.page(), desk.wordpress("7.1", home=SHOP_SITE))
    admin.open("license")
    admin.log_in()
    inspection.of(admin.page, "wp-license-none", OURS)
    admin.activate(desk.facts["license_key"])
    inspection.of(admin.page, "wp-license-active", OURS)
    admin.page.get_by_role("link", name="Release this site").click()
    inspection.of(admin.page, "wp-license-release", OURS)
    admin.open("help")
    inspection.of(admin.page, "wp-help-empty", OURS)

    for subject, text, answer, name in (
        (ENGLISH, ENGLISH_TEXT, ENGLISH_ANSWER, "english"),
        (RUSSIAN, RUSSIAN_TEXT, RUSSIAN_ANSWER, "russian"),
    ):
        fill_in_a_question(admin, subject, text)
        inspection.of(admin.page, f"wp-contact-{name}", OURS)
        admin.send()
        expect(admin.bridge().get_by_role("heading", name=subject)).to_be_visible()
        owner.open_ticket(subject)
        owner.answer(answer)
        expect(admin.messages().filter(has_text=answer)).to_be_visible(timeout=40_000)
        inspection.of(admin.page, f"wp-thread-{name}", OURS)
        inspection.of(owner.page, f"console-ticket-{name}")
        if name == "english":
            admin.reply(ENGLISH_THANKS)
            save_for_the_readme(owner, admin)

    admin.open("tickets")
    inspection.of(admin.page, "wp-tickets", OURS)
    admin.open("help")
    inspection.of(admin.page, "wp-help", OURS)
    inspection.finish()


def fill_in_a_question(admin: WpAdmin, subject: str, text: str) -> None:
    admin.open("contact")
    admin.page.get_by_label("Subject").fill(subject)
    admin.page.get_by_label("What happens, and what did you expect?").fill(text)
    expect(admin.bridge().locator(".kd-sent")).to_be_visible()


def save_for_the_readme(owner: Console, admin: WpAdmin) -> None:
    """Fresh pictures for the README, kept in the repository only when somebody asks for them."""
    owner.open_ticket(ENGLISH)
    expect(owner.messages().filter(has_text=ENGLISH_THANKS)).to_be_visible()
    for page, name in ((owner.page, "ticket"), (admin.page, "wordpress-thread")):
        page.evaluate("window.scrollTo(0, 0)")
        wide = look(page, f"readme-{name}")[0]
        if os.environ.get("README_PICTURES"):
            README_PICTURES.mkdir(parents=True, exist_ok=True)
            shutil.copy(wide, README_PICTURES / f"{name}.png")


def test_license_and_question_need_no_script(desk: Parts) -> None:
    """Strict sites forbid scripts, and some people too: each form is a form."""
    site = desk.wordpress("7.1", home="http://shop-2.example.com")
    admin = WpAdmin(desk.page(scripts=False), site, scripts=False)
    admin.open("license")
    admin.log_in()
    admin.activate(desk.facts["license_key"])

    admin.open("contact")
    admin.page.get_by_role("button", name="Show what can be sent along").click()
    expect(admin.bridge().locator(".kd-sent")).to_be_visible()
    admin.page.get_by_label("Subject").fill(NO_SCRIPT)
    admin.page.get_by_label("What happens, and what did you expect?").fill(RUSSIAN_TEXT)
    admin.send()

    expect(admin.bridge().get_by_role("heading", name=NO_SCRIPT)).to_be_visible()
    expect(admin.messages().filter(has_text=RUSSIAN_TEXT)).to_be_visible()
    admin.reply(ENGLISH_THANKS)


def test_the_screens_of_the_console(desk: Parts) -> None:
    inspection, owner = Inspection(), desk.owner()
    for link in ("All open", "Waiting for customer", "Solved", "Licenses", "Products", "Connectors"):
        owner.open(link)
        inspection.of(owner.page, f"console-{link.lower().replace(' ', '-')}")
    for link in ("Orders", "Payments", "Sent mails", "Settings"):
        owner.open(link)
        inspection.of(owner.page, f"console-{link.lower().replace(' ', '-')}")

    owner.open("Orders")
    owner.follow_first_row()
    inspection.of(owner.page, "console-order")
    owner.open("Licenses")
    inspection_of_a_form(owner, inspection, "Issue a license", "console-license-new")
    owner.open("Licenses")
    owner.follow_first_row()
    inspection.of(owner.page, "console-license")
    the_mail_after_sending_one(owner, inspection)
    owner.open("Products")
    inspection_of_a_form(owner, inspection, "New product", "console-product-new")
    owner.open("Products")
    owner.follow("Acme Gallery")
    inspection.of(owner.page, "console-product")
    inspection_of_a_form(owner, inspection, "New plan", "console-plan-new")
    owner.open("Connectors")
    owner.follow("Connect Roundup")
    inspection.of(owner.page, "console-connector-new")
    the_connector_after_a_test_ticket(owner, inspection)
    inspection.finish()


def inspection_of_a_form(owner: Console, inspection: Inspection, link: str, name: str) -> None:
    owner.follow(link)
    inspection.of(owner.page, name)


def the_mail_after_sending_one(owner: Console, inspection: Inspection) -> None:
    owner.page.get_by_role("button", name="Send the purchase mail again").click()
    owner.open("Sent mails")
    owner.follow_first_row()
    inspection.of(owner.page, "console-mail")


def the_connector_after_a_test_ticket(owner: Console, inspection: Inspection) -> None:
    owner.open("Connectors")
    owner.page.get_by_role("button", name="Send test ticket").first.click()
    owner.open("Connectors")
    owner.follow_first_row()

    def delivered() -> bool:
        owner.page.reload()
        return owner.page.get_by_text("Delivered").first.is_visible()

    wait_until(delivered, 30, "the delivery of the test ticket")
    inspection.of(owner.page, "console-connector")


def test_the_pages_for_people_who_are_not_signed_in(desk: Parts) -> None:
    inspection, window = Inspection(), desk.window()
    window.forgive("401")
    window.forgive("404")
    page = window.new_page()
    page.goto(f"{desk.server.url}/console/")
    inspection.of(page, "console-sign-in")
    page.get_by_label("E-mail").fill(desk.facts["login_email"])
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in").click()
    inspection.of(page, "console-sign-in-refused")
    for language in ("en", "ru"):
        page.goto(f"{desk.facts['buy_url']}?lang={language}")
        inspection.of(page, f"page-buy-{language}")
        page.goto(f"{desk.server.url}/get/nothing?lang={language}")
        inspection.of(page, f"page-refused-{language}")
    inspection.finish()


def test_the_screens_of_the_first_day(tmp_path: Path, browser: Browser) -> None:
    inspection, port = Inspection(), free_port()
    settings = {"KEYDESK_ENV": "development", "KEYDESK_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    server = start_keydesk(port, tmp_path / "keydesk", settings)
    with closing_server(server), open_window(browser) as window:
        page = window.new_page()
        page.goto(first_owner_address(server))
        inspection.of(page, "console-first-owner")
        make_the_first_account(page)
        console = Console(page, server.url)
        for link in ("All open", "Licenses", "Products", "Connectors", "Payments", "Sent mails"):
            console.open(link)
            inspection.of(page, f"first-day-{link.lower().replace(' ', '-')}")
    inspection.finish()


@contextmanager
def closing_server(server: KeydeskServer) -> Iterator[None]:
    try:
        yield
    finally:
        server.stop()


def first_owner_address(server: KeydeskServer) -> str:
    """What `./run --empty` prints."""
    command = [str(COMMAND), "first-owner", "--data-dir", str(server.data_dir)]
    done = subprocess.run(
        command,
        env=server.environment,
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    return done.stdout.split()[-1]


def make_the_first_account(page: Page) -> None:
    for label, text in {
        "Name of your shop": "Harbour Plugins",
        "Your name": "Mira Stone",
        "Your e-mail": "mira@harbour.example.com",
        "Password": "correct horse battery staple",
    }.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
