"""Files of tickets: sent before the message that names them, fetched by a short link."""

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.datastructures import FileStorage

from server.api.answers import Body, once, show
from server.api.callers import site_caller
from server.api.gate import FILE_BYTES, rule
from server.kernel import clock
from server.kernel.db import writing
from server.support import services as support
from server.support.refusals import FieldWrong
from server.support.schemas import AttachmentLinkView, AttachmentView
from server.support.uploads import CleanFile, clean_upload

blueprint = Blueprint("attachments", __name__, url_prefix="/v1/attachments", description="Files of tickets")
BODY = {
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
            }
        }
    }
}


@blueprint.post("")
@rule("site", limits=("files",), body_bytes=FILE_BYTES, multipart=True, once="required")
@blueprint.response(201, AttachmentView)
@blueprint.doc(requestBody=BODY)
def create() -> Response:
    """Send one file of at most 10 MiB; it is forgotten when no message names it within 24 hours."""
    sent = _the_file()
    file = clean_upload(sent.filename or "", sent.read())  # before any transaction: pictures take a while
    sent.seek(0)
    return once(lambda: _take(file))


@blueprint.get("/<attachment_id>")
@rule("site", limits=("reads",))
@blueprint.response(200, AttachmentLinkView)
def read(attachment_id: str) -> Response:
    """An address that hands the file out for ten minutes."""
    with writing():
        attachment = support.find_attachment_for_site(site_caller().activation, attachment_id)
        url = support.mint_attachment_link(attachment, now=clock.now())
    return show({"url": url})


def _the_file() -> FileStorage:
    if request.form or list(request.files) != ["file"] or len(request.files.getlist("file")) != 1:
        raise FieldWrong("/file", "Send exactly one file, in the field `file`.")
    return request.files["file"]


def _take(file: CleanFile) -> tuple[int, Body]:
    return 201, support.attachment_view(support.take_upload(file, site_uid=site_caller().activation.site_uid))
