"""Fields of JSON bodies that take what they are named for, nothing that only looks like it, and say what."""

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import fields, validate

MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def shaped(pattern: str, words: str) -> validate.Regexp:
    """The whole text has this shape; `words` say which to a person."""
    return validate.Regexp(rf"(?:{pattern})\Z", error=words)


LOCALE = shaped(
    r"([A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,4})?",
    "A language as WordPress names it, for example de or pt_BR.",
)
BUYER_LOCALE = {
    "description": "the language of mails and pages, for example ro or pt_BR; one we do not write in is en"
}


class Flag(fields.Boolean):
    """`true` or `false`. A "no" that were read as a yes would send mails nobody wanted."""

    default_error_messages = {"invalid": "Send true or false, without quotes."}  # noqa: RUF012  as marshmallow reads it

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Moment(fields.AwareDateTime):
    """A moment as RFC 3339 writes it, always with its zone: without one an end would be hours off."""

    default_error_messages = {  # noqa: RUF012  as marshmallow reads it
        "invalid": "Send a moment with its zone, for example 2027-05-01T00:00:00Z."
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            raise self.make_error("invalid")
        try:
            found = datetime.fromisoformat(value)
        except ValueError as error:  # a 31st of June
            raise self.make_error("invalid") from error
        try:
            return found.astimezone(UTC)
        except OverflowError:  # the calendar's first or last day in another zone: refused by its year
            return found
