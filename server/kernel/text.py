"""Small things about text that several rooms need."""

import unicodedata


def nfc(text: str) -> str:
    """Text in the one form we store (composed characters, no surrounding blanks)."""
    return unicodedata.normalize("NFC", text).strip()


def one_line(text: str) -> str:
    """Text fit for a header or a title: white space runs become one blank."""
    return " ".join(nfc(text).split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
