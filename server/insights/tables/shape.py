"""What a table of an export is, and the few ways in which its columns come about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from server.kernel.db import Model

Derive = Callable[[Any], Any]
Columns = dict[str, str | Derive]  # name in the export: a column of the row, or what is made of it


@dataclass(frozen=True)
class Table:
    """One table: its rows are asked for in the order of `model`'s id, a page at a time."""

    name: str
    model: type[Model]
    ask: Callable[[], Select[Any]]
    columns: Columns


def whole(name: str, model: type[Model], columns: Columns) -> Table:
    """A table whose rows are those of the model, with nothing beside them."""
    return Table(name, model, lambda: select(*every(model)), columns)


def every(model: type[Model]) -> list[Any]:
    """All columns as attributes of the model: a bare table would not be kept to the vendor."""
    return [getattr(model, column.key) for column in model.__table__.columns]


def same(*names: str) -> Columns:
    """Columns that are called in the export as they are here."""
    return {name: name for name in names}


def made(**sources: str | Derive) -> Columns:
    """Columns that are called otherwise, or are made of several."""
    return dict(sources)


def words(name: str) -> Columns:
    """A list of short words in one cell, divided by blanks."""
    return {name: lambda row: " ".join(getattr(row, name))}


def lines(name: str) -> Columns:
    """A list of texts that may hold blanks in one cell, a line each."""
    return {name: lambda row: "\n".join(getattr(row, name))}
