"""The objects of JSON lists one by one, however long the list: pages of an API, plain lists, JSON lines."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from server.kernel.errors import Invalid

CHUNK = 1 << 16
LONGEST_VALUE = 1 << 20
BETWEEN = " \t\r\n,:\ufeff"
# Around its rows an API puts an object with one of these. A row may hold such a list too, but says who it is.
ROWS = frozenset(
    ("data", "licenses", "users", "installs", "plans", "pricing", "orders", "customers", "products")
)
ROW_SAYS = frozenset(("id", "key", "license_key", "licenseKey", "secret_key", "email"))


class JsonBroken(Invalid):
    """The text is no JSON."""

    code = "import_file_not_known"
    title = "This file is not one that can be imported"


def objects_of(text: TextIO) -> Iterator[dict[str, Any]]:
    """Every row of the text; one value at a time is held, never the list."""
    window = _Window(text)
    while sign := window.peek():
        if sign == "[":
            yield from window.items()
        elif sign == "{":
            yield from window.page_or_row()
        else:
            raise JsonBroken("The file is no JSON: it begins like it and goes on in another way.")


class _Window:
    """The part of the text that is being looked at."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._held, self._at, self._ended = text, "", 0, False
        self._decode = json.JSONDecoder().raw_decode

    def peek(self) -> str:
        """The next sign that means something; empty at the end."""
        while True:
            while self._at < len(self._held):
                if self._held[self._at] not in BETWEEN:
                    return self._held[self._at]
                self._at += 1
            if not self._more():
                return ""

    def items(self) -> Iterator[dict[str, Any]]:
        """The objects of the list that begins here."""
        self._at += 1
        while (sign := self.peek()) != "]":
            if not sign:
                raise JsonBroken("The file ends inside a list: it was cut off.")
            found = self._take()
            if isinstance(found, dict):
                yield found
        self._at += 1

    def page_or_row(self) -> Iterator[dict[str, Any]]:
        """The rows of the page that begins here, or the object itself."""
        self._at += 1
        members: dict[str, Any] = {}
        is_page = False
        while (sign := self.peek()) != "}":
            if not sign:
                raise JsonBroken("The file ends inside an object: it was cut off.")
            key = str(self._take())
            if self.peek() == "[" and key in ROWS and not ROW_SAYS & members.keys():
                is_page = True
                yield from self.items()
            else:
                members[key] = self._take()
        self._at += 1
        if not is_page:
            yield members

    def _take(self) -> Any:
        while True:
            try:
                found, end = self._decode(self._held, self._at)
            except RecursionError:
                raise JsonBroken(
                    "The file is no list of rows: its objects lie too deep in each other."
                ) from None
            except json.JSONDecodeError as error:
                if len(self._held) - self._at > LONGEST_VALUE or not self._more():
                    raise JsonBroken(f"The file is no JSON: {error.msg}.") from None
                continue
            if end == len(self._held) and self._more():  # a number may go on in the next piece
                continue
            self._at = end
            return found

    def _more(self) -> bool:
        chunk = self._text.read(CHUNK)
        self._held, self._at = self._held[self._at :] + chunk, 0
        return bool(chunk)
