"""An owner moves in and takes everything out again, in the console."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from server.console.imports import _reasons
from server.importing.models import ImportRun
from server.importing.services import folder_of
from server.insights.models import Export
from server.insights.services import forget_export, path_of
from server.jobs import services as jobs
from server.jobs.run import run_job
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.settings import current
from server.licensing.models import License
from server.licensing.services import find_license_by_key
from server.worker import load_tasks
from tests.conftest import Cast
from tests.end_to_end.inspection import Inspection
from tests.server.console.conftest import Browser
from tests.server.console.test_in_a_browser import enter
from tests.server.pages.conftest import served  # noqa: F401  the application behind a real address
from tests.tools.browser import Window

SAMPLES = Path(__file__).parents[1] / "importing" / "samples"
KEY = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


def work() -> None:
    """What the worker does with the jobs that are due now."""
    load_tasks()
    with writing():
        due = jobs.claim(20, clock.now(), 60)
    for job_id, kind, tries in due:
        run_job(job_id, kind, tries)


def upload(desk: Browser, *names: str, system: str = "edd", **answers: str) -> str:
    """The path of the page of an import of these samples."""
    files = [(io.BytesIO((SAMPLES / name).read_bytes()), name) for name in names]
    sent = desk.send(
        "/imports/",
        {"system": system, "zone": "UTC", "mapping": "", "files": files, **answers},
        page="/imports/",
    )
    assert sent.status_code == 302, sent.text
    return str(sent.headers["Location"]).removeprefix("/console")


def test_files_are_checked_first_and_come_in_when_the_owner_says_so(desk: Browser, harbour: Cast) -> None:
    path = upload(desk, "edd-licenses.csv", "edd-products.csv")
    assert "Nothing is written." in desk.text(path)
    work()

    checked = desk.text(path)
    assert "Checked, nothing is written yet" in checked
    assert "The same key stands in line 2." in checked
    assert session.scalars(select(License)).all() == []

    desk.send(f"{path}/start", page=path)
    assert "The licenses are coming in." in desk.text(path)
    work()
    assert "Imported" in desk.text(path)
    assert find_license_by_key(KEY).customer.email == "ana@buyer.example.com"
    report = desk.open(f"{path}/report.csv")
    assert report.headers["Content-Disposition"] == "attachment; filename=left-out.csv"
    assert "duplicate_key" in report.text


def test_the_encoding_that_was_chosen_holds_for_the_check_and_the_import(
    desk: Browser, harbour: Cast
) -> None:
    row = "PLAIN-KEY-0001;ivan@buyer.example.com;Harbour Gallery;Иван Петров"
    sent = io.BytesIO(f"key;email;product;name\n{row}\n".encode("windows-1251"))
    answers = {"system": "plain", "zone": "UTC", "mapping": "", "encoding": "windows-1251"}
    began = desk.send("/imports/", {**answers, "files": [(sent, "licenses.csv")]}, page="/imports/")
    path = str(began.headers["Location"]).removeprefix("/console")
    work()
    assert "Every row of the files was understood." in desk.text(path)
    desk.send(f"{path}/start", page=path)
    work()

    assert find_license_by_key("PLAIN-KEY-0001").customer.name == "Иван Петров"


def test_a_mapping_that_met_nothing_does_not_look_like_a_row_that_was_taken(
    desk: Browser, harbour: Cast
) -> None:
    path = upload(desk, "plain.csv", system="plain", mapping="nope = harbour-gallery")
    work()

    row = re.search(r"<tr>(?:(?!</tr>).)*is called “nope”.*?</tr>", desk.open(path).text, re.DOTALL)
    assert row is not None
    assert "Did nothing" in row[0]
    assert "Taken" not in row[0]


def upload_table(desk: Browser, text: str) -> str:
    """The path of the page of an import of this plain table."""
    answers = {"system": "plain", "zone": "UTC", "mapping": ""}
    sent = (io.BytesIO(text.encode()), "licenses.csv")
    began = desk.send("/imports/", {**answers, "files": [sent]}, page="/imports/")
    return str(began.headers["Location"]).removeprefix("/console")


def test_new_products_and_plans_are_named_before_anything_is_made(desk: Browser, harbour: Cast) -> None:
    rows = "".join(f"NAMED-KEY-{n:03d},nia@example.com,Map {n},Solo\n" for n in range(25))
    path = upload_table(desk, f"key,email,product,plan\nNAMED-KEY-999,o@example.com,Galery,Pro\n{rows}")
    work()
    checked = desk.open(path).text
    assert "New products" in checked
    assert '<li dir="auto">Galery</li>' in checked
    assert '<li dir="auto">Galery / Pro</li>' in checked
    assert checked.count(">and 6 more</li>") == 2
    assert "Is one of them a slip" in checked

    desk.send(f"{path}/start", page=path)
    work()
    done = desk.open(path).text
    assert '<li dir="auto">Galery / Pro</li>' in done
    assert "Is one of them a slip" not in done


def test_where_nothing_is_new_no_names_are_shown(desk: Browser, harbour: Cast) -> None:
    path = upload_table(desk, "key,email,product,plan\nNAMED-KEY-1,nia@example.com,Harbour Gallery,studio\n")
    work()
    assert "New p" not in desk.text(path)


def test_uploaded_keys_lie_on_the_server_no_longer_than_needed(desk: Browser, harbour: Cast) -> None:
    path = upload(desk, "edd-licenses.csv")
    [run] = session.scalars(select(ImportRun)).all()
    folder = folder_of(run)
    assert folder.stat().st_mode & 0o077 == 0
    work()
    desk.send(f"{path}/start", page=path)
    work()
    assert [one.name for one in folder.iterdir()] == ["report.csv"]


def test_a_second_press_starts_nothing_twice(desk: Browser, harbour: Cast) -> None:
    path = upload(desk, "edd-licenses.csv")
    work()
    desk.send(f"{path}/start", page=path)
    desk.send(f"{path}/start", page=path)
    work()
    assert "Imported" in desk.text(path)
    assert "Nothing is written" not in desk.text(path)


def test_a_file_of_another_kind_is_refused_in_words(desk: Browser, harbour: Cast) -> None:
    path = upload(desk, "edd-licenses.csv", system="freemius")
    work()
    assert "edd-licenses.csv lacks the columns of this format." in desk.text(path)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"files": []}, "Please choose one to ten files."),
        ({"zone": "Atlantis"}, "There is no such time zone."),
        ({"mapping": "Harbour Gallery"}, "Write a line for each, like: Old name = short-name"),
        ({"system": "shopify"}, "Please choose from the list."),
        ({"encoding": "klingon"}, "Please choose from the list."),
    ],
)
def test_a_wrong_answer_is_named_at_its_field(
    desk: Browser, harbour: Cast, answers: dict[str, object], said: str
) -> None:
    files = [(io.BytesIO(b"key\n"), "a.csv")]
    sent = desk.send(
        "/imports/",
        {"system": "edd", "zone": "UTC", "mapping": "", "files": files, **answers},
        page="/imports/",
    )
    assert sent.status_code == 200
    assert said in sent.text
    assert session.scalars(select(ImportRun)).all() == []


def test_an_export_is_made_by_a_job_and_lies_there_for_a_day(desk: Browser, harbour: Cast) -> None:
    desk.send("/imports/exports", {"with_keys": "yes"}, page="/imports/")
    assert "Being made" in desk.text("/imports/")
    work()

    [export] = session.scalars(select(Export)).all()
    assert "Ready" in desk.text("/imports/")
    answer = desk.open(f"/imports/exports/{export.id}.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert "licenses.csv" in archive.namelist()
    assert path_of(export).stat().st_mode & 0o077 == 0

    with writing():
        forget_export(export.id)
    assert desk.open(f"/imports/exports/{export.id}.zip").status_code == 404
    assert "Gone" in desk.text("/imports/")


def test_every_reason_of_the_guide_has_its_words(app: Flask) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "moving-in.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?`) \|", guide.partition("## Reasons in the report")[2], re.MULTILINE)
    codes = re.findall(r"`(\w+)`", " ".join(rows))
    assert sorted(codes) == sorted(_reasons())


def test_a_teammate_neither_sees_nor_uses_it(agent_desk: Browser) -> None:
    assert 'href="/console/imports/"' not in agent_desk.text("/inbox/")
    assert agent_desk.open("/imports/").status_code == 403


def test_another_vendor_finds_no_run_and_no_export(
    app: Flask, desk: Browser, harbour: Cast, stranger: Cast
) -> None:
    path = upload(desk, "edd-licenses.csv")
    desk.send("/imports/exports", page="/imports/")
    work()
    [export] = session.scalars(select(Export)).all()
    rival = Browser(app.test_client())
    assert rival.sign_in(stranger.owner.email).status_code == 302

    for foreign in (path, f"{path}/report.csv", f"/imports/exports/{export.id}.zip"):
        assert rival.open(foreign).status_code == 404
    assert rival.send(f"{path}/start", page="/imports/").status_code == 404


def test_the_pages_pass_in_both_themes_and_widths_and_by_keys_alone(
    served: Cast,  # noqa: F811
    new_window: Callable[..., Window],
) -> None:
    inspection = Inspection()
    page = enter(new_window(), served)
    page.goto(f"{current().public_url}/console/imports/")
    inspection.of(page, "console-imports")
    page.get_by_label("Where from").focus()
    page.keyboard.type("Easy")
    page.get_by_label("Files", exact=True).set_input_files(
        [SAMPLES / "edd-licenses.csv", SAMPLES / "edd-products.csv"]
    )
    page.get_by_role("button", name="Check the files").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar", name="Read so far")).to_be_visible()
    inspection.of(page, "console-import-at-work")
    work()
    expect(page.get_by_role("button", name="Import now")).to_be_visible()
    inspection.of(page, "console-import-checked")
    page.get_by_role("button", name="Import now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar", name="Read so far")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()

    page.goto(f"{current().public_url}/console/imports/")
    page.get_by_label("With license keys").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Being made", exact=True)).to_be_visible()
    work()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    inspection.of(page, "console-imports-filled")
    inspection.finish()
