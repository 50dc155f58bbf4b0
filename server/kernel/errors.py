"""Refusals: one class a fact, with a stable code; the roof turns the kind into a status once."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class KeydeskError(Exception):
    """Something Keydesk will not do. `detail` is for the person, `code` for the program.

    Extra keyword arguments become fields of the problem document (RFC 9457).
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str | None = None, **fields: Any) -> None:
        self.detail = detail or self.title
        self.fields = fields
        super().__init__(self.detail)


class BadRequest(KeydeskError):
    """The request cannot be read."""

    status = 400
    code = "json_invalid"
    title = "The request could not be read"


class Unauthorized(KeydeskError):
    """No credential, or one that is not known."""

    status = 401
    code = "credentials_invalid"
    title = "These credentials are not known"


class Refused(KeydeskError):
    """Understood, and not allowed."""

    status = 403
    code = "forbidden"
    title = "This is not allowed"


class NotFound(KeydeskError):
    """Missing, or another vendor's: the answer is the same."""

    status = 404
    code = "not_found"
    title = "There is nothing here under this address"


class Conflict(KeydeskError):
    """The present state does not allow it."""

    status = 409
    code = "state_conflict"
    title = "The present state does not allow this"


class Gone(KeydeskError):
    """It was here and is no longer."""

    status = 410
    code = "link_expired"
    title = "This link has expired"


class TooLarge(KeydeskError):
    """More bytes than the route takes."""

    status = 413
    code = "body_too_large"
    title = "This is larger than we can take"


class UnsupportedType(KeydeskError):
    """A content type that the route does not read."""

    status = 415
    code = "unsupported_media_type"
    title = "This content type is not read here"


class Invalid(KeydeskError):
    """Readable, and wrong in a field."""

    status = 422
    code = "validation_failed"
    title = "Some fields need another look"

    def __init__(self, detail: str | None = None, **fields: Any) -> None:
        super().__init__(detail or first_fault(fields.get("errors") or []), **fields)


class TooMany(KeydeskError):
    """A limit was reached; `retry_after` says when to come again."""

    status = 429
    code = "rate_limited"
    title = "Too many requests, please try again later"

    def __init__(self, detail: str | None = None, *, retry_after: int = 60, **fields: Any) -> None:
        said = detail or f"Please wait {span(retry_after)} and try again."
        super().__init__(said, retry_after=retry_after, **fields)


class Unavailable(KeydeskError):
    """Cannot be done right now; nothing was lost, come again."""

    status = 503
    code = "temporarily_unavailable"
    title = "Keydesk is busy, please try again"

    def __init__(self, detail: str | None = None, *, retry_after: int = 2, **fields: Any) -> None:
        super().__init__(detail, retry_after=retry_after, **fields)


def span(seconds: int) -> str:
    """How long in words, rounded up: "45 seconds", "1 hour"."""
    for unit, length in (("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return _counted(-(-seconds // length), unit)
    return _counted(seconds, "second")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def first_fault(errors: Sequence[Mapping[str, str]]) -> str:
    """The first wrong field by its name; the others stand in `errors`."""
    if not errors:
        return ""
    name, message = errors[0]["pointer"].strip("/"), errors[0]["message"]
    first = f"{name}: {message}" if name else message
    return f"{first} (And {len(errors) - 1} more.)" if len(errors) > 1 else first
