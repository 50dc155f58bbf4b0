"""Cursors of lists: signed, and bound to the vendor and the filters they were made for."""

import hashlib
import json
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from server.kernel import settings
from server.kernel.errors import BadRequest
from server.kernel.tenancy import current_tenant


class CursorInvalid(BadRequest):
    """Not a cursor of ours, or one of another list."""

    code = "cursor_invalid"
    title = "This cursor does not belong to this list"

    def __init__(self) -> None:
        super().__init__("Begin again without `after`, and give each `next` back with the same filters.")


def make_cursor(position: list[str], filters: dict[str, Any]) -> str:
    """The text that asks for what comes behind `position` (sort value, id) of the list with these filters."""
    return _serializer().dumps([position, _digest(filters)])


def read_cursor(text: str, filters: dict[str, Any]) -> list[str]:
    """The position inside a cursor; raises `CursorInvalid`."""
    try:
        position, digest = _serializer().loads(text)
    except (BadSignature, ValueError, TypeError) as error:
        raise CursorInvalid from error
    if digest != _digest(filters):
        raise CursorInvalid
    return [str(part) for part in position]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.current().secret_key, salt="keydesk-cursor")


def _digest(filters: dict[str, Any]) -> str:
    text = json.dumps([current_tenant(), filters], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
