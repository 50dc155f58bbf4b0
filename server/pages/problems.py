"""Where the `type` of a refusal leads: what its code means, in words (`/problems/<code>`)."""

from collections.abc import Iterator

from flask import Blueprint, Response

from server.kernel.errors import KeydeskError, NotFound
from server.pages.showing import show

blueprint = Blueprint("problems", __name__, url_prefix="/problems")


@blueprint.get("/<code>")
def page(code: str) -> Response:
    """One code with every sentence it comes with."""
    kinds = [kind for kind in _kinds(KeydeskError) if kind.code == code]
    if not kinds:
        raise NotFound
    meanings = {kind.title: (kind.__doc__ or "").partition("\n")[0] for kind in kinds}
    return show("problem.html", language="en", code=code, number=kinds[0].status, meanings=meanings)


def _kinds(base: type[KeydeskError]) -> Iterator[type[KeydeskError]]:
    """The refusals of the server itself: a program beside it may have made others."""
    if base.__module__.startswith("server."):
        yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)
