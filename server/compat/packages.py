"""Packages for the clients of every door (`/compat/dl/<token>/<name>`)."""

from html import escape

from flask import Blueprint, Response, send_file
from werkzeug.wrappers import Response as AnyResponse

from server.compat.answers import shed_load
from server.kernel import clock
from server.kernel.errors import KeydeskError
from server.releases.packages import Package, PackageRefused, open_package

blueprint = Blueprint("packages", __name__, url_prefix="/compat/dl")
shed_load(blueprint)


@blueprint.get("/<token>/<name>")
def fetch(token: str, name: str) -> AnyResponse:
    """The file, if the right that the address stands for still holds."""
    package = open_package(token, now=clock.now())
    if name != package.release.file_name:
        raise PackageRefused
    return hand_out(package)


@blueprint.errorhandler(PackageRefused)
def _refused(error: PackageRefused) -> Response:
    return refusal_page(error, 401)


def hand_out(package: Package) -> AnyResponse:
    """The file itself; the address is a secret for a day."""
    response = send_file(
        package.path,
        mimetype="application/zip",
        as_attachment=True,
        download_name=package.release.file_name,
        etag=False,
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def refusal_page(error: KeydeskError, status: int) -> Response:
    """A few words of HTML: WordPress shows the status, a person who follows the address reads the rest."""
    title, detail = escape(error.title), escape(error.detail)
    page = f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><p>{detail}</p></html>\n'
    return Response(page, status, content_type="text/html; charset=utf-8")
