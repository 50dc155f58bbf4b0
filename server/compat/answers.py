"""How the doors answer: JSON in the order it was written, and "too much" as their clients know it."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Blueprint, Response

from server.kernel.db import session
from server.kernel.errors import KeydeskError, TooMany, Unavailable

JSON = "application/json; charset=utf-8"


def show(answer: Mapping[str, Any], status: int = 200) -> Response:
    """The answer with its fields in the order they were written in."""
    return Response(orjson.dumps(answer), status, content_type=JSON)


def shed_load(door: Blueprint) -> None:
    """Answer limits and a busy database by 503 with `Retry-After`, the one refusal these clients know."""
    door.register_error_handler(TooMany, _busy)
    door.register_error_handler(Unavailable, _busy)


def _busy(error: KeydeskError) -> Response:
    session.rollback()
    response = show({}, 503)
    response.headers["Retry-After"] = str(error.fields["retry_after"])
    return response
