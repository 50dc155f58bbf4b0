"""Support through the SDK: what is sent, what is read, and what is refused before it is sent."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from keydesk import File, Site, system_diagnostics
from keydesk.errors import BadInput, Conflict
from werkzeug.formparser import parse_form_data

from tests.client_sdk.conftest import Asked, Play, Stage
from tests.client_sdk.examples import MESSAGE, TICKET, problem

OPENED = {"ticket_id": "tkt_01", "number": 1042, "status": "open", "expected_reply_at": None}
ATTACHMENT = {"attachment_id": "att_01", "name": "log.txt", "size": 5, "type": "text/plain", "sha256": "0"}


def uploaded(asked: Asked) -> tuple[str | None, bytes]:
    """Name and content of an upload as a web server reads them."""
    environ = {
        "REQUEST_METHOD": "POST", "CONTENT_TYPE": asked.headers["content-type"],
        "CONTENT_LENGTH": str(len(asked.body)), "wsgi.input": io.BytesIO(asked.body),
    }  # fmt: skip
    _, _, files = parse_form_data(environ)
    with files["file"].stream as content:
        return files["file"].filename, content.read()


def test_a_ticket_is_filed_with_diagnostics_and_files(site: Site, stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_bytes(b"line\n")
    stage.will(Play(201, ATTACHMENT), Play(201, OPENED))
    opened = site.tickets.open(
        "Печать останавливается", "После обновления.", type="bug", email="olga@example.com",
        diagnostics=system_diagnostics(), files=[File.at(tmp_path / "log.txt")], user_ref="u1", shared=False,
        created_at=datetime(2026, 11, 21, 10, 0, tzinfo=UTC),
    )  # fmt: skip

    upload, filed = stage.asked
    assert uploaded(upload) == ("log.txt", b"line\n")
    assert filed.json["attachment_ids"] == ["att_01"]
    assert filed.json["diagnostics"]["server"]["python"]
    assert filed.json["client_created_at"] == "2026-11-21T10:00:00Z"
    assert "Печать" in filed.body.decode()
    assert opened.number == 1042


def test_a_repeated_ticket_sends_its_files_under_the_same_keys(site: Site, stage: Stage) -> None:
    files = [File("a.txt", b"a"), File("b.txt", b"b")]
    for _ in range(2):
        stage.will(Play(201, ATTACHMENT), Play(201, ATTACHMENT), Play(201, OPENED))
        site.tickets.open("It stops", "At step 2.", files=files, idempotency_key="queued-ticket-0001")

    first, second = stage.asked[:3], stage.asked[3:]
    keys = [asked.headers["idempotency-key"] for asked in first]
    assert keys == [asked.headers["idempotency-key"] for asked in second]
    assert len(set(keys)) == 3
    assert [asked.body for asked in first] == [asked.body for asked in second]


def test_our_own_secrets_leave_the_diagnostics_before_they_are_sent(site: Site, stage: Stage) -> None:
    secret = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"
    stage.will(Play(201, OPENED))
    site.tickets.open("Errors", "See below.", diagnostics={"errors": [f"bad key {secret} here"]})

    assert stage.asked[0].json["diagnostics"]["errors"] == ["bad key [removed] here"]


def test_the_list_is_read_page_by_page(site: Site, stage: Stage) -> None:
    stage.will(Play(200, {"data": [TICKET], "next": "cursor-2"}), Play(200, {"data": [], "next": None}))
    page = site.tickets.list(status="waiting_for_you", limit=1)
    rest = site.tickets.list(after=page.next)

    assert page.tickets[0].last_excerpt == "Спасибо!"
    assert not page.tickets[0].shared
    assert rest.next is None
    assert [asked.path for asked in stage.asked] == [
        "/v1/tickets?status=waiting_for_you&limit=1",
        "/v1/tickets?after=cursor-2",
    ]


def test_a_thread_is_read_with_its_messages(site: Site, stage: Stage) -> None:
    stage.will(Play(200, TICKET | {"messages": [MESSAGE]}))
    ticket = site.tickets.read("tkt_01")

    assert ticket.summary.status == "waiting_for_you"
    assert ticket.messages[0].author.name == "Olena"
    assert ticket.messages[0].attachments[0].name == "fix.zip"


def test_an_answer_a_close_and_a_reopening(site: Site, stage: Stage) -> None:
    stage.will(Play(201, MESSAGE), Play(200, TICKET), Play(200, TICKET))
    site.tickets.reply("tkt_01", "Работает, спасибо")
    site.tickets.close("tkt_01")
    site.tickets.reopen("tkt_01")

    assert stage.asked[0].json == {"body": "Работает, спасибо"}
    assert [asked.method for asked in stage.asked] == ["POST", "PATCH", "PATCH"]
    assert [asked.json["status"] for asked in stage.asked[1:]] == ["closed", "open"]


def test_an_answer_that_comes_too_late_is_a_conflict(site: Site, stage: Stage) -> None:
    stage.will(Play(409, problem(409, "state_conflict")))

    with pytest.raises(Conflict):
        site.tickets.reply("tkt_01", "still broken")


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("subject", {"subject": ""}),
    ("subject", {"subject": "   "}),
    ("subject", {"subject": "a" * 201}),
    ("body", {"body": "a" * 20_001}),
    ("diagnostics", {"diagnostics": {"passwords": []}}),
    ("diagnostics", {"diagnostics": {"errors": "a" * 33_000}}),
    ("diagnostics", {"diagnostics": {"errors": object()}}),
    ("diagnostics", {"diagnostics": {"errors": float("nan")}}),
    ("files", {"files": [File("a.txt", b"a")] * 6}),
    ("created_at", {"created_at": datetime(2026, 11, 21)}),  # noqa: DTZ001 - a moment without zone is the point
]


@pytest.mark.parametrize(("field", "changes"), REFUSED)
def test_a_wrong_ticket_names_its_field_and_is_not_sent(
    site: Site, stage: Stage, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as refusal:
        site.tickets.open(**{"subject": "It stops", "body": "At step 2."} | changes)
    assert refusal.value.field == field
    assert not stage.asked


def test_a_file_that_no_server_takes_is_refused_here() -> None:
    with pytest.raises(BadInput) as refusal:
        File("big.zip", b"0" * (10 * 1024 * 1024 + 1))
    assert refusal.value.code == "body_too_large"
    for name in ("", 'a"b.txt', "a/b.txt", "a\nb.txt"):
        with pytest.raises(BadInput):
            File(name, b"")


def test_a_file_that_holds_the_boundary_arrives_whole(site: Site, stage: Stage) -> None:
    stage.will(Play(201, ATTACHMENT), Play(201, ATTACHMENT))
    site.tickets.upload(File("лог.txt", b"\0" * 50))
    boundary = stage.asked[0].headers["content-type"].split("boundary=")[1]
    tricky = f"--{boundary}--".encode()
    site.tickets.upload(File("лог.txt", tricky + b"\0" * (50 - len(tricky))))

    assert uploaded(stage.asked[1]) == ("лог.txt", tricky + b"\0" * (50 - len(tricky)))


def test_an_id_that_is_none_never_reaches_the_address(site: Site, stage: Stage) -> None:
    for wrong in ("../check-ins", "tkt_01?x=1", "", "тикет"):
        with pytest.raises(BadInput):
            site.tickets.read(wrong)
    assert not stage.asked
