"""A refusal as its document (RFC 9457): equal refusals have equal bytes, so no request id stands inside."""

from typing import Any

import orjson

from server.kernel import settings
from server.kernel.errors import KeydeskError, first_fault

CONTENT_TYPE = "application/problem+json"


def problem(error: KeydeskError) -> dict[str, Any]:
    """The fields of the problem document of an error."""
    return {
        "type": f"{settings.current().public_url}/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": _detail(error),
        "code": error.code,
        **error.fields,
    }


def _detail(error: KeydeskError) -> str:
    """A page shows a fault beside its field; here the sentence alone would not say which one it is about."""
    errors = error.fields.get("errors")
    if errors and isinstance(errors, list) and error.detail.rstrip(".") == errors[0]["message"].rstrip("."):
        return first_fault(errors)
    return error.detail


def problem_bytes(error: KeydeskError) -> bytes:
    """The document as it is sent and stored."""
    return orjson.dumps(problem(error))
