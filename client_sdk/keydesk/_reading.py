"""Reads answers field by field, so that a wrong one is told apart from a wrong program."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keydesk.errors import UnreadableAnswer


class Wire:
    """One JSON object of an answer.

    Unknown fields are ignored; a missing or mistyped one raises UnreadableAnswer.
    """

    def __init__(self, fields: Any) -> None:
        if not isinstance(fields, Mapping):
            raise UnreadableAnswer("the answer holds something else where an object belongs")
        self._fields = fields

    def has(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def text(self, name: str) -> str:
        value: str = self._typed(name, str)
        return value

    def text_or_none(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def number(self, name: str) -> int:
        value: int = self._typed(name, int)
        return value

    def number_or_none(self, name: str) -> int | None:
        return self.number(name) if self.has(name) else None

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        value: bool = default if default is not None and not self.has(name) else self._typed(name, bool)
        return value

    def moment(self, name: str) -> datetime:
        """RFC 3339 in UTC becomes an aware datetime."""
        try:
            when = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise UnreadableAnswer(f"the field {name} is no time") from None
        if when.tzinfo is None:
            raise UnreadableAnswer(f"the field {name} has no time zone")
        return when

    def moment_or_none(self, name: str) -> datetime | None:
        return self.moment(name) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        items = self._list(name)
        if not all(isinstance(item, str) for item in items):
            raise UnreadableAnswer(f"the field {name} is no list of texts")
        return tuple(items)

    def part(self, name: str) -> "Wire":
        return Wire(self._fields.get(name))

    def part_or_none(self, name: str) -> "Wire | None":
        return self.part(name) if self.has(name) else None

    def parts(self, name: str) -> "list[Wire]":
        return [Wire(item) for item in self._list(name)]

    def _list(self, name: str) -> list[Any]:
        return list(self._typed(name, list)) if self.has(name) else []

    def _typed(self, name: str, kind: type) -> Any:
        value = self._fields.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise UnreadableAnswer(f"the field {name} is missing or of another type")
        return value
