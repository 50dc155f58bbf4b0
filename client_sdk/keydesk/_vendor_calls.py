"""What all parts of the vendor client share: one authorised call, pages, and "not given"."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

from keydesk._calls import Act, Caller, checked_key
from keydesk._reading import Wire
from keydesk._vendor_records import Page
from keydesk.errors import BadInput

Row = TypeVar("Row")


class Unchanged:
    """The type of `UNCHANGED`."""

    def __repr__(self) -> str:
        return "UNCHANGED"


UNCHANGED: Final = Unchanged()


@dataclass(frozen=True, slots=True)
class VendorCalls:
    """Knows the API key; knows nothing of what is asked."""

    caller: Caller
    api_key: str = field(repr=False)

    def read(self, path: str, query: Mapping[str, str | int | None] | None = None) -> Wire:
        """A GET, which may be repeated."""
        act = Act("GET", f"/v1/vendor{path}", self.api_key, query=query or {}, repeatable=True)
        return self.caller.call(act).fields

    def write(
        self,
        method: str,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        timeout_s: float = 15.0,
    ) -> Wire:
        """A POST or PATCH under one idempotency key, so that a lost answer makes nothing twice."""
        act = Act(
            method,
            f"/v1/vendor{path}",
            self.api_key,
            json=fields or {},
            keep_none=True,
            key=checked_key(key),
            timeout_s=timeout_s,
        )
        return self.caller.call(act).fields

    def end(self, path: str, *, note: str = "") -> Wire:
        """A DELETE, which may be repeated; the note says why."""
        query = {"note": note or None}
        act = Act("DELETE", f"/v1/vendor{path}", self.api_key, query=query, repeatable=True)
        return self.caller.call(act).fields


def each_row(page_after: Callable[[str | None], Page[Row]]) -> Iterator[Row]:
    """All rows of a list, page by page as they are asked for."""
    after: str | None = None
    while True:
        page = page_after(after)
        yield from page.rows
        if page.next is None:
            return
        after = page.next


def part(text: str, field: str) -> str:
    """An id as part of an address; what is none is refused here and not sent."""
    if not text:
        raise BadInput(f"{field} is empty", field=field)
    return quote(text, safe="")


def moment(value: datetime, field: str) -> str:
    """A moment as the API reads it."""
    if value.tzinfo is None:
        raise BadInput("a moment needs its time zone", field=field)
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def given(**fields: Any) -> dict[str, Any]:
    """The fields without those that were not given; moments as text."""
    return {
        name: moment(value, name) if isinstance(value, datetime) else value
        for name, value in fields.items()
        if value is not UNCHANGED
    }
