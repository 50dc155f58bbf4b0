"""How the doors say "too much": 503 and when to come again, the one refusal these clients understand."""

from flask import Blueprint, Response

from server.kernel.db import session
from server.kernel.errors import KeydeskError, TooMany, Unavailable


def shed_load(door: Blueprint) -> None:
    """Answer limits and a busy database by 503 with `Retry-After`."""
    door.register_error_handler(TooMany, _busy)
    door.register_error_handler(Unavailable, _busy)


def _busy(error: KeydeskError) -> Response:
    session.rollback()
    response = Response("{}", status=503, content_type="application/json; charset=utf-8")
    response.headers["Retry-After"] = str(error.fields["retry_after"])
    return response
