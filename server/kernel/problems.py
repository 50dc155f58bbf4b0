"""A refusal as its document (RFC 9457): equal refusals have equal bytes, so no request id stands inside."""

from typing import Any

import orjson

from server.kernel import settings
from server.kernel.errors import KeydeskError

CONTENT_TYPE = "application/problem+json"


def problem(error: KeydeskError) -> dict[str, Any]:
    """The fields of the problem document of an error."""
    return {
        "type": f"{settings.current().public_url}/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        **error.fields,
    }


def problem_bytes(error: KeydeskError) -> bytes:
    """The document as it is sent and stored."""
    return orjson.dumps(problem(error))
