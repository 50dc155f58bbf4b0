"""Files that agents add over there: fetched, judged like any upload, and put to their answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.helpdesks.contract import Connector, RemoteFile, Snapshot
from server.helpdesks.errors import Gone, Rejected
from server.helpdesks.models import HelpdeskLink
from server.helpdesks.services.pushing import add_link
from server.kernel.errors import KeydeskError
from server.support.models import Message
from server.support.services import take_upload
from server.support.services.attachments import AT_ONE_MESSAGE, claim_attachments
from server.support.uploads import CleanFile, clean_upload


@dataclass(frozen=True)
class IncomingFile:
    """A file from over there; `clean` is None when it is not taken."""

    remote: RemoteFile
    clean: CleanFile | None


def fetch_files(connector: Connector, snapshot: Snapshot) -> list[IncomingFile]:
    """The files of a snapshot that brings an answer; those without one wait for it. Needs no transaction."""
    if not any(message.kind == "agent" for message in snapshot.messages):
        return []
    found = [IncomingFile(file, _fetch(connector, file)) for file in snapshot.files]
    taken = [file for file in found if file.clean is not None][:AT_ONE_MESSAGE]
    return [file if file in taken else IncomingFile(file.remote, None) for file in found]


def not_taken(files: Sequence[IncomingFile]) -> str:
    """Words for the answer about files that stay over there, so that nobody waits for them."""
    names = [file.remote.name for file in files if file.clean is None]
    return "\n\n" + "\n".join(f"[Attached in the helpdesk only: {name}]" for name in names) if names else ""


def put_to(message: Message, link: HelpdeskLink, files: Sequence[IncomingFile], now: datetime) -> None:
    """Tie the files to the answer, and remember all of them, so that none is fetched again."""
    attachment_ids = []
    for file in files:
        local_id = f"{message.id}/{file.remote.id}"
        if file.clean is not None:
            local_id = take_upload(file.clean, site_uid="", now=now).id
            attachment_ids.append(local_id)
        add_link(link, "file", local_id, file.remote.id, now)
    claim_attachments(message, attachment_ids, site_uid="")


def _fetch(connector: Connector, file: RemoteFile) -> CleanFile | None:
    try:
        return clean_upload(file.name, connector.fetch_file(file))
    except (Gone, Rejected, KeydeskError):
        return None
