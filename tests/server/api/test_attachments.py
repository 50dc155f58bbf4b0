"""Files go up before their message, come down by a short link, and belong to one conversation."""

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from server.kernel import clock
from server.kernel.db import session, writing
from server.support.models import Attachment, AttachmentLink
from tests.server.api.conftest import Ask, code_of

NEW = {"type": "bug", "subject": "The calendar is empty", "body": "After the update it is empty."}
Send = Callable[..., TestResponse]
REFUSED = [
    ("page.html", b"<html><script>alert(1)</script></html>"),
    ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("notes.txt", b"<html><script>alert(1)</script></html>"),
    ("picture.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ("program.exe", b"MZ\x90\x00"),
    ("program.log", b"MZ\x90\x00\x03\x00"),
    ("paper.pdf", b"PK\x03\x04"),
    ("archive.zip", b"%PDF-1.4"),
    ("empty.png", b""),
    ("no-ending", b"text"),
    ("shell.php", b"<?php echo 1;"),
    ("", b"text"),
]


@pytest.fixture
def send(client: FlaskClient, token: str) -> Send:
    """`send("error.log", b"...")`: an upload of the site."""

    def run(name: str, raw: bytes, *, credential: str = token, key: str = "", **fields: Any) -> TestResponse:
        # encoded here, because the client would leave its temporary file of a large body open
        boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(raw), name), **fields})
        return client.post(
            "/v1/attachments",
            data=body,
            headers={
                "Authorization": f"Bearer {credential}",
                "Idempotency-Key": key or str(uuid.uuid4()),
            },
            content_type=f"multipart/form-data; boundary={boundary}",
        )

    return run


def id_of(answer: TestResponse) -> str:
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return str(answer.json["attachment_id"])


def test_a_file_goes_up_with_its_ticket_and_comes_down_by_a_link(
    ask: Ask, send: Send, token: str, client: FlaskClient
) -> None:
    sent = send("помилка «1».log", b"PHP Warning\n")
    ticket = ask("POST", "/v1/tickets", token, {**NEW, "attachment_ids": [id_of(sent)]}).json
    assert ticket is not None
    thread = ask("GET", f"/v1/tickets/{ticket['ticket_id']}", token).json
    assert thread is not None
    file = thread["messages"][0]["attachments"][0]
    link = ask("GET", f"/v1/attachments/{file['attachment_id']}", token).json
    assert link is not None

    down = client.get(link["url"], buffered=True)

    assert (file["name"], file["size"], file["type"]) == ("помилка «1».log", 12, "text/plain")
    assert down.data == b"PHP Warning\n"
    assert down.headers["Content-Disposition"].startswith("attachment; filename")
    assert "filename*=UTF-8''%D0%BF" in down.headers["Content-Disposition"]
    assert down.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in down.headers["Content-Security-Policy"]
    assert down.headers["Content-Type"].startswith("text/plain")


def test_a_link_ends_after_ten_minutes(ask: Ask, send: Send, token: str, client: FlaskClient) -> None:
    link = ask("GET", f"/v1/attachments/{id_of(send('a.txt', b'text'))}", token).json
    assert link is not None
    assert client.get(link["url"], buffered=True).status_code == 200

    with writing():
        session.execute(update(AttachmentLink).values(expires_at=clock.now() - timedelta(seconds=1)))

    for url, status in ((link["url"], 410), ("/files/forged", 404)):
        page = client.get(url, buffered=True)  # people open it, so it is a page for them
        assert (page.status_code, page.mimetype) == (status, "text/html")


def test_a_file_of_somebody_else_is_answered_like_a_missing_one(
    ask: Ask, send: Send, token: str, neighbour: str
) -> None:
    theirs = id_of(send("a.txt", b"text", credential=neighbour))
    missing = ask("GET", "/v1/attachments/att_00000000000000000000000000", token)
    unknown = ask("POST", "/v1/tickets", token, {**NEW, "attachment_ids": ["att_00000000000000000000000000"]})

    assert code_of(missing) == (404, "not_found")
    assert ask("GET", f"/v1/attachments/{theirs}", token).data == missing.data
    taken = ask("POST", "/v1/tickets", token, {**NEW, "attachment_ids": [theirs]})
    assert (taken.status_code, taken.data) == (422, unknown.data)


def test_a_file_belongs_to_one_message(ask: Ask, send: Send, token: str) -> None:
    file = id_of(send("a.txt", b"text"))

    assert ask("POST", "/v1/tickets", token, {**NEW, "attachment_ids": [file]}).status_code == 201
    again = ask("POST", "/v1/tickets", token, {**NEW, "attachment_ids": [file]})

    assert code_of(again) == (422, "validation_failed")


def test_a_repeated_upload_is_one_file(send: Send) -> None:
    first = send("a.txt", b"text", key="the-same-key-0005")
    again = send("a.txt", b"text", key="the-same-key-0005")
    other = send("a.txt", b"other", key="the-same-key-0005")

    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert code_of(other) == (422, "idempotency_mismatch")
    assert session.scalar(select(func.count()).select_from(Attachment)) == 1


def test_a_picture_loses_where_it_was_taken(ask: Ask, send: Send, token: str, client: FlaskClient) -> None:
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    Image.new("RGB", (20, 10), "red").save(made, "JPEG", exif=exif, comment=b"SECRET-COMMENT")
    assert b"SECRET" in made.getvalue()

    link = ask("GET", f"/v1/attachments/{id_of(send('photo.jpg', made.getvalue()))}", token).json
    assert link is not None
    down = client.get(link["url"], buffered=True).data

    assert b"SECRET" not in down
    assert Image.open(io.BytesIO(down)).size == (20, 10)


def test_other_types_are_refused_and_nothing_is_kept(send: Send) -> None:
    for name, raw in REFUSED:
        status, code = code_of(send(name, raw))
        assert status == 422, name
        assert code in {"attachment_type", "validation_failed"}, name
    assert session.scalar(select(func.count()).select_from(Attachment)) == 0


def test_more_than_ten_mebibytes_are_refused(send: Send) -> None:
    assert code_of(send("a.txt", b"x" * (10 * 1024 * 1024 + 1))) == (413, "body_too_large")
    assert code_of(send("a.txt", b"x" * (11 * 1024 * 1024))) == (413, "body_too_large")


def test_exactly_one_file_in_the_field_file(client: FlaskClient, send: Send, token: str) -> None:
    assert code_of(send("a.txt", b"text", note="x")) == (422, "validation_failed")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
    empty = client.post("/v1/attachments", headers=headers, content_type="multipart/form-data", data={})
    broken = client.post(
        "/v1/attachments", headers=headers, content_type="multipart/form-data; boundary=x", data=b"--x\r\nbad"
    )
    json = client.post("/v1/attachments", headers=headers, json={"file": "x"})

    assert code_of(empty)[0] in {400, 415, 422}
    assert code_of(broken)[0] in {400, 422}
    assert code_of(json) == (415, "unsupported_media_type")


def test_a_site_sends_a_hundred_mebibytes_a_day_and_no_more(send: Send) -> None:
    file = id_of(send("a.txt", b"text"))
    with writing():
        session.execute(update(Attachment).where(Attachment.id == file).values(size=100 * 1024 * 1024 - 2))

    assert code_of(send("b.txt", b"text")) == (429, "rate_limited")
