"""Small things about text that several rooms need."""

import re
import unicodedata

# A spreadsheet runs a cell that begins like this as a formula.
FORMULA = re.compile(r"'*[=+\-@\t\r]")


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
    return f"'{text}" if FORMULA.match(text) else text
