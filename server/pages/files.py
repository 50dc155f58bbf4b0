"""Hands out a file of a conversation to whoever holds its short link: always as a download, never shown."""

from flask import Blueprint, Response, send_file

from server.kernel import clock
from server.support.services import open_attachment

blueprint = Blueprint("files", __name__)


@blueprint.get("/files/<token>")
def download(token: str) -> Response:
    """The file; nothing in it may run, load or be framed."""
    attachment, path = open_attachment(token, now=clock.now())
    response = send_file(
        path, mimetype=attachment.content_type, as_attachment=True, download_name=attachment.name, etag=False
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
