"""Reads exported files piece by piece: CSV with its encoding and delimiter found out, JSON, JSON lines."""

import codecs
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from server.importing.csv_lines import LineWrong, rows_of
from server.importing.json_stream import JsonBroken, objects_of
from server.importing.records import Place
from server.kernel.errors import Invalid
from server.kernel.text import one_line, unguarded_cell

CHUNK = 1 << 20
DELIMITERS = ",;\t"
# What spreadsheets write that do not write UTF-8, by language of the computer.
ENCODINGS = {
    "windows-1252": "Windows-1252, Western",
    "windows-1250": "Windows-1250, Central European",
    "windows-1251": "Windows-1251, Cyrillic",
    "windows-1254": "Windows-1254, Turkish",
}
GUESS = "windows-1252"
ZIPS = (b"PK\x03\x04", b"PK\x05\x06")  # the second one holds nothing
SPREADSHEETS = frozenset(("[Content_Types].xml", "mimetype"))  # a file in every one of Excel, of LibreOffice
NOT_A_WORD = re.compile(r"[^a-z0-9]+")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
AS_TEXT = re.compile(r'="([^"]+)"')  # Excel's way to keep a number from being one
SEPARATOR = re.compile(r'"?sep=(.)"?\r?', re.IGNORECASE)  # a first line for Excel
AROUND = 20
# Letters and blanks only: a license key is ASCII, and something else divides it from the cell beside it.
NOT_ASCII = re.compile(rf"[A-Za-z ]{{0,{AROUND}}}[^\x00-\x7f][A-Za-z \x80-\U0010ffff]{{0,{AROUND}}}")

Cells = dict[str, str]
Progress = Callable[[int], None]


class FileNotRead(Invalid):
    """The file is none of those that the format knows."""

    code = "import_file_not_known"
    title = "This file is not one that can be imported"


class FilesEmpty(Invalid):
    """None of the files holds a row: an export that went wrong, seldom what a person wants."""

    code = "import_files_empty"
    title = "There is nothing to import in these files"


class Counted(io.RawIOBase):
    """Bytes on their way in, told to a progress bar."""

    def __init__(self, inner: BinaryIO, progress: Progress) -> None:
        self._inner, self._progress = inner, progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        self._progress(len(data))
        return len(data)

    def close(self) -> None:
        self._inner.close()
        super().close()


@dataclass(frozen=True)
class Unreadable:
    """A line that could not be taken apart."""

    code: str
    detail: str


@dataclass
class SourceFile:
    """One file of an import: what its columns are, and its rows as often as asked."""

    path: Path
    name: str
    encoding: str = "utf-8-sig"
    is_guessed: bool = False  # the encoding: nobody said it
    delimiter: str = ","
    is_json: bool = False
    columns: frozenset[str] = field(default_factory=frozenset)
    progress: Progress = lambda _size: None
    has_rows: bool = False  # known when it was read, also of rows that cannot be

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def sample(self) -> str:
        """The first text that is not ASCII, as it is read: a person sees whether the encoding is right."""
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as text:
            before = ""
            while (piece := text.read(CHUNK)) and piece.isascii():
                before = piece[-AROUND:]
            found = NOT_ASCII.search(before + piece + text.read(AROUND))
        return one_line(found.group()) if found else ""

    def rows(self) -> Iterator[tuple[Place, Cells | Unreadable]]:
        """Each row with its place; cells by the small-letter name of their column."""
        with self._opened() as text:
            for row in self._json_rows(text) if self.is_json else self._csv_rows(text):
                self.has_rows = True
                yield row

    def _opened(self) -> io.TextIOWrapper:
        raw = io.BufferedReader(Counted(self.path.open("rb"), self.progress), CHUNK)
        return io.TextIOWrapper(raw, encoding=self.encoding, errors="replace", newline="")

    def _json_rows(self, text: io.TextIOWrapper) -> Iterator[tuple[Place, Cells | Unreadable]]:
        try:
            for count, found in enumerate(objects_of(text), start=1):
                yield Place(self.name, count), flat(found)
        except JsonBroken as broken:
            raise JsonBroken(f"{self.name}: {broken.detail}") from None

    def _csv_rows(self, text: io.TextIOWrapper) -> Iterator[tuple[Place, Cells | Unreadable]]:
        rows = rows_of(text, self.delimiter)
        header = _header(rows, self.name)
        for line, cells in rows:
            if isinstance(cells, LineWrong):
                words = f"The line cannot be read: {cells}."
                yield Place(self.name, line), Unreadable("row_unreadable", words)
            elif any(cells):
                yield Place(self.name, line), _named(header, cells)


def open_source(
    path: Path, name: str = "", progress: Progress | None = None, encoding: str = ""
) -> SourceFile:
    """Find out how the file is written; `encoding` is what it is in if not in UTF-8. Raises FileNotRead."""
    source = SourceFile(path, name or path.name)
    with path.open("rb") as file:
        start = file.read(CHUNK)
    if start.startswith(ZIPS) and not _is_spreadsheet(path):
        raise FileNotRead(f"{source.name} is a ZIP. Unpack it first, and give the files that are in it.")
    if b"\x00" in start:
        raise FileNotRead(f"{source.name} is no text in UTF-8. Save it as “CSV UTF-8” and try again.")
    if not _is_utf8(path):
        source.encoding, source.is_guessed = encoding or GUESS, not encoding
    beginning = start.decode(source.encoding, "replace").lstrip()
    source.is_json = beginning[:1] in {"{", "["}
    if not source.is_json:
        first = beginning.partition("\n")[0]
        told = SEPARATOR.fullmatch(first)
        source.delimiter = told[1] if told else max(DELIMITERS, key=first.count)
    source.columns = _columns(source)
    source.progress = progress or source.progress
    return source


def _is_spreadsheet(path: Path) -> bool:
    """Whether a program would open it as one document, whose parts nobody unpacks."""
    try:
        with zipfile.ZipFile(path) as archive:
            return not SPREADSHEETS.isdisjoint(archive.namelist())
    except zipfile.BadZipFile:
        return False


def flat(found: object, before: str = "") -> Cells:
    """An object's fields as cells: `billing.email` is `billing_email`; JSON:API's attributes are its own."""
    cells: Cells = {}
    for key, value in found.items() if isinstance(found, dict) else ():
        name = before + column_name(str(key))
        if isinstance(value, dict):
            cells |= flat(value, "" if name == "attributes" else f"{name}_")
        elif not isinstance(value, list):
            cells[name] = _as_text(value)
        elif all(isinstance(one, dict) for one in value):
            for at, one in enumerate(value):
                cells |= flat(one, f"{name}_{at}_")
    return cells


@lru_cache(4_096)  # the same few names in every object of a JSON file
def column_name(text: str) -> str:
    """`License Key`, `licenseKey` and `license_key` are one column."""
    return NOT_A_WORD.sub("_", CAMEL.sub("_", text.strip()).lower()).strip("_")


def _header(rows: Iterator[tuple[int, list[str] | LineWrong]], file: str) -> list[str]:
    _line, cells = next(rows, (1, []))
    if not isinstance(cells, LineWrong) and cells and cells[0].lower().startswith("sep="):
        _line, cells = next(rows, (2, []))
    if isinstance(cells, LineWrong):
        raise FileNotRead(f"The first line of {file} names no columns: {cells}.")
    return [column_name(cell) for cell in cells]


def _as_text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _named(header: list[str], cells: list[str]) -> Cells | Unreadable:
    if len(cells) > len(header):
        return Unreadable("too_many_cells", f"The line has {len(cells)} cells, the header {len(header)}.")
    if len(cells) < len(header):  # what it lost may be the end of a license
        return Unreadable("row_unreadable", f"The line has {len(cells)} cells, the header {len(header)}.")
    return {name: _unmarked(cell) for name, cell in zip(header, cells, strict=True)}


def _unmarked(cell: str) -> str:
    """The value without what a spreadsheet's writer put around it."""
    told = AS_TEXT.fullmatch(cell) if cell.startswith("=") else None
    return told[1] if told else unguarded_cell(cell)


def _columns(source: SourceFile) -> frozenset[str]:
    if source.is_json:
        first = next((cells for _place, cells in source.rows()), None)
        return frozenset(first if isinstance(first, dict) else ())
    with source.path.open(encoding=source.encoding, errors="replace", newline="") as file:
        return frozenset(_header(rows_of(file, source.delimiter), source.name))


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
