"""Small things about text that several rooms need."""

import re
import unicodedata

# A spreadsheet runs a cell that begins like this as a formula. Where decimals have a comma it divides cells
# by semicolons (or tabs), whatever the file says, so that a cell may begin in the middle of ours.
FORMULA = r"""(?:^(?='*[=+\-@\t\r])|[;\t\r\n][ "]*(?='*[=+\-@]))"""
TO_GUARD = re.compile(FORMULA)
GUARDED = re.compile(f"({FORMULA})'")


def nfc(text: str) -> str:
    """Text in the one form we store (composed characters, no surrounding blanks)."""
    return unicodedata.normalize("NFC", text).strip()


def one_line(text: str) -> str:
    """Text fit for a header or a title: white space runs become one blank."""
    return " ".join(nfc(text).split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def guarded_cell(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe stands before it. What has one gets another."""
    return TO_GUARD.sub(r"\g<0>'", text)


def unguarded_cell(cell: str) -> str:
    """The text as it was before it was guarded."""
    return GUARDED.sub(r"\1", cell) if "'" in cell else cell
