"""The rows of a CSV text, each with its line: a quote that is never closed costs its own line only."""

import csv
from collections.abc import Iterator
from typing import TextIO

LONGEST_CELL = 1 << 20
NOT_CLOSED = "a quote begins here and is not closed where it should be"


class LineWrong(ValueError):
    """A line that cannot be taken apart; the words say why."""


def rows_of(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | LineWrong]]:
    """Every row, or what is wrong with its line; the next line is read all the same."""
    csv.field_size_limit(LONGEST_CELL)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        at = lines.begin_row()
        try:
            yield at, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield at, _first_line(lines.keep_first(), delimiter)


class _Lines:
    """The lines of a text; those behind the first one of a row can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._again, self._row, self._number = text, list[str](), list[str](), 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._text)
        self._row.append(line)
        self._number += 1
        return line

    def begin_row(self) -> int:
        """The number of the line that comes next."""
        self._row.clear()
        return self._number + 1

    def keep_first(self) -> tuple[str, bool]:
        """The first line of this row, and whether it was the only one: the others come again."""
        first, *others = self._row
        self._again.extend(reversed(others))
        self._number -= len(others)
        return first, not others


def _first_line(found: tuple[str, bool], delimiter: str) -> list[str] | LineWrong:
    """A stray quote inside a line is read as it stands; one that reaches into other lines would hide them."""
    line, alone = found
    if not alone:
        return LineWrong(NOT_CLOSED)
    try:
        cells = next(csv.reader([line], delimiter=delimiter))
        return LineWrong(NOT_CLOSED) if any("\n" in cell for cell in cells) else cells
    except csv.Error as error:
        return LineWrong(str(error))
