"""The jobs of support: tell customers about answers, and forget files that nobody used."""

from server.jobs import Job, handler
from server.kernel import files
from server.kernel.db import writing
from server.kernel.tenancy import resolve
from server.support.models import Message
from server.support.services import forget_upload, notify
from server.support.services.attachments import ROOM


@handler("support.notify", queue="mail")
def tell_customer(job: Job) -> None:
    """Queue the mail about one answer, if it is still needed."""
    with writing():
        notify(resolve(Message, job.args["message_id"]))


@handler("support.forget_upload", queue="default")
def forget(job: Job) -> None:
    """Delete a file that no message named within a day."""
    with writing():
        digest = forget_upload(job.args["attachment_id"])
    if digest is not None:  # after the commit: a row never names bytes that are gone
        files.remove(digest, room=ROOM)
