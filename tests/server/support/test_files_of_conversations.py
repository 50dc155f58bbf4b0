"""A file waits for its message, is forgotten when none comes, and never takes another's bytes along."""

import os
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from server.jobs.models import JobRow
from server.kernel import files
from server.kernel.db import session, writing
from server.kernel.errors import Gone, Invalid, NotFound
from server.kernel.tenancy import resolve, tenant
from server.support.models import Attachment, Ticket
from server.support.services import (
    add_agent_reply,
    add_customer_message,
    attachment_path,
    mint_attachment_link,
    open_attachment,
    take_upload,
)
from server.support.services.attachments import ROOM
from server.support.tasks import forget
from server.support.uploads import CleanFile
from tests.conftest import NOON, Cast
from tests.server.support.conftest import job

TEXT = CleanFile("error.log", "text/plain", b"PHP Warning")


def uploaded(site_uid: str, file: CleanFile = TEXT) -> Attachment:
    with writing():
        return take_upload(file, site_uid=site_uid, now=NOON)


def grow_old(attachment: Attachment) -> None:
    """As if the bytes were kept a day ago."""
    yesterday = time.time() - 86_400
    os.utime(attachment_path(attachment), (yesterday, yesterday))


def test_a_file_that_no_message_names_is_forgotten_after_a_day(ticket: Ticket) -> None:
    file = uploaded(ticket.site_uid)
    owed = session.scalars(select(JobRow).where(JobRow.kind == "support.forget_upload")).one()
    assert owed.due_at == NOON + timedelta(hours=24)
    grow_old(file)
    path = attachment_path(file)

    forget(job("support.forget_upload", **owed.args))

    assert not path.exists()
    assert session.scalar(select(func.count()).select_from(Attachment)) == 0


def test_a_file_of_a_message_stays(ticket: Ticket) -> None:
    file = uploaded(ticket.site_uid)
    with writing():
        add_customer_message(ticket, "See the log.", attachment_ids=[file.id], now=NOON)
    grow_old(file)

    forget(job("support.forget_upload", attachment_id=file.id))

    assert attachment_path(file).read_bytes() == b"PHP Warning"
    assert [kept.id for kept in ticket.messages[-1].attachments] == [file.id]


def test_equal_bytes_of_another_vendor_stay(stranger: Cast, ticket: Ticket) -> None:
    mine = uploaded(ticket.site_uid)
    with tenant(stranger.vendor.id):
        uploaded("f" * 32)
    grow_old(mine)
    path = attachment_path(mine)

    forget(job("support.forget_upload", attachment_id=mine.id))

    assert path.exists()


def test_bytes_that_were_just_kept_again_stay(ticket: Ticket) -> None:
    first = uploaded(ticket.site_uid)
    grow_old(first)
    path = attachment_path(first)
    files.keep(TEXT.raw, room=ROOM)  # another upload, whose row is not there yet

    forget(job("support.forget_upload", attachment_id=first.id))

    assert path.exists()


def test_forgetting_twice_is_harmless(ticket: Ticket) -> None:
    file_id = uploaded(ticket.site_uid).id
    for _ in range(2):
        forget(job("support.forget_upload", attachment_id=file_id))


def test_the_team_and_the_site_cannot_use_each_others_files(ticket: Ticket, harbour: Cast) -> None:
    from_site, from_team = uploaded(ticket.site_uid), uploaded("")

    with pytest.raises(Invalid), writing():
        add_agent_reply(ticket, harbour.owner, "Here.", attachment_ids=[from_site.id])
    with pytest.raises(Invalid), writing():
        add_customer_message(ticket, "Here.", attachment_ids=[from_team.id], now=NOON)
    with writing():
        message = add_agent_reply(ticket, harbour.owner, "Here.", attachment_ids=[from_team.id])

    assert [file.id for file in message.attachments] == [from_team.id]


def test_a_link_names_its_file_without_a_vendor_in_scope_and_ends(stranger: Cast, ticket: Ticket) -> None:
    file = uploaded(ticket.site_uid)
    with writing():
        url = mint_attachment_link(resolve(Attachment, file.id), now=NOON)
    token = url.rpartition("/")[2]

    with tenant(stranger.vendor.id):
        found, path = open_attachment(token, now=NOON)
        assert (found.id, path.read_bytes()) == (file.id, b"PHP Warning")
        with pytest.raises(Gone):
            open_attachment(token, now=NOON + timedelta(minutes=10))
        with pytest.raises(NotFound):
            open_attachment("forged", now=NOON)
