"""Files by their minted links (`/d/<token>/<name>`): ten minutes, five fetches, no session."""

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import NotFound
from server.pages.refusing import show_refusals
from server.releases.services import open_download

blueprint = Blueprint("downloads", __name__, url_prefix="/d")
show_refusals(blueprint)


@blueprint.get("/<token>/<name>")
def fetch(token: str, name: str) -> Response:
    """The file, if the link still holds and the name is the file's own."""
    with writing():
        release, path = open_download(token, now=clock.now())
        if name != release.file_name:
            raise NotFound
    response = send_file(path, mimetype="application/zip", as_attachment=True, download_name=name)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
