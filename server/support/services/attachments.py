"""Files of a conversation: taken, tied to a message, handed out by short links, forgotten when unused."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select, update

from server.jobs import enqueue
from server.kernel import clock, files, settings
from server.kernel.db import session
from server.kernel.errors import Gone, NotFound, TooMany
from server.kernel.secrets import new_link_token, token_hash
from server.kernel.tenancy import system_scope
from server.support.models import Attachment, AttachmentLink, Message
from server.support.refusals import FieldWrong
from server.support.uploads import CleanFile

ROOM = "attachments"
AT_ONE_MESSAGE = 5
UNUSED_FOR = timedelta(hours=24)
LINK_LIFE = timedelta(minutes=10)
DAILY_BYTES = 100 * 1024 * 1024


def take_upload(file: CleanFile, *, site_uid: str, now: datetime | None = None) -> Attachment:
    """Keep a cleaned file (`clean_upload`) until a message names it. `site_uid` "" is the vendor."""
    at = now or clock.now()
    if site_uid:
        _refuse_too_much(site_uid, len(file.raw), at)
    attachment = Attachment(
        site_uid=site_uid,
        name=file.name,
        content_type=file.content_type,
        size=len(file.raw),
        sha256=files.keep(file.raw, room=ROOM),
        created_at=at,
    )
    session.add(attachment)
    session.flush()
    enqueue(
        "support.forget_upload",
        {"attachment_id": attachment.id},
        due_at=at + UNUSED_FOR,
        dedupe_key=attachment.id,
    )
    return attachment


def claim_attachments(message: Message, attachment_ids: Sequence[str], *, site_uid: str) -> None:
    """Tie waiting files of this uploader to a message; a file belongs to one message only."""
    wanted = list(dict.fromkeys(attachment_ids))
    if not wanted:
        return
    if len(wanted) > AT_ONE_MESSAGE:
        raise FieldWrong("/attachment_ids", f"A message has at most {AT_ONE_MESSAGE} files.")
    claimed = session.scalars(
        update(Attachment)
        .where(Attachment.id.in_(wanted), Attachment.message_id.is_(None), Attachment.site_uid == site_uid)
        .values(message_id=message.id)
        .returning(Attachment.id)
        .execution_options(synchronize_session=False)
    ).all()
    if len(claimed) != len(wanted):
        raise FieldWrong("/attachment_ids", "One of these files is not known or was already used.")
    session.expire(message, ["attachments"])


def mint_attachment_link(attachment: Attachment, *, now: datetime) -> str:
    """An address that hands the file out for ten minutes, to whoever holds it."""
    session.execute(delete(AttachmentLink).where(AttachmentLink.expires_at <= now))
    token = new_link_token()
    link = AttachmentLink(
        token_hash=token_hash(token), attachment_id=attachment.id, expires_at=now + LINK_LIFE
    )
    session.add(link)
    session.flush()
    return f"{settings.current().public_url}/files/{token}"


def open_attachment(token: str, *, now: datetime) -> tuple[Attachment, Path]:
    """The file behind a link, whichever vendor it is of. Raises `NotFound` or `Gone`."""
    with system_scope("the token of a file link names its vendor"):
        link = session.scalars(
            select(AttachmentLink).where(AttachmentLink.token_hash == token_hash(token))
        ).one_or_none()
        if link is None:
            raise NotFound
        if link.expires_at <= now:
            raise Gone("This link has ended. Open the conversation and press the file again.")
        return link.attachment, attachment_path(link.attachment)


def attachment_path(attachment: Attachment) -> Path:
    """Where the bytes of a file lie."""
    return files.path_of(attachment.sha256, room=ROOM)


def forget_upload(attachment_id: str) -> str | None:
    """Drop the row of a file that no message named; answers the digest when nobody else has these bytes."""
    digest = session.scalars(
        delete(Attachment)
        .where(Attachment.id == attachment_id, Attachment.message_id.is_(None))
        .returning(Attachment.sha256)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if digest is None:
        return None
    with system_scope("equal files of all vendors share their bytes"):
        used = session.scalar(select(Attachment.id).where(Attachment.sha256 == digest).limit(1))
    return None if used else digest


def _refuse_too_much(site_uid: str, size: int, now: datetime) -> None:
    sent = session.scalar(
        select(func.coalesce(func.sum(Attachment.size), 0)).where(
            Attachment.site_uid == site_uid, Attachment.created_at > now - timedelta(days=1)
        )
    )
    if (sent or 0) + size > DAILY_BYTES:
        raise TooMany(
            "This site sent 100 MiB of files within a day; please try again later", retry_after=3600
        )
