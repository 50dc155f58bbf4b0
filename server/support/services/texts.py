"""The one form in which texts of people are stored."""

import unicodedata

from server.kernel.text import nfc, one_line, shorten
from server.support.refusals import FieldWrong

SUBJECT = 200
BODY = 20_000
NAME = 100


def clean_body(text: str) -> str:
    """A message as it is stored; refuses an empty one and one of more than 20,000 characters."""
    body = tidy(text)
    if not body:
        raise FieldWrong("/body", "A message needs some text.")
    if len(body) > BODY:
        raise FieldWrong("/body", f"A message has at most {BODY:,} characters.")
    return body


def cut_body(text: str) -> str:
    """A message that comes from a machine: what is too long is cut instead of refused."""
    return shorten(tidy(text), BODY) or "…"


def clean_subject(text: str) -> str:
    """One line; refuses an empty one."""
    subject = one_line(tidy(text))
    if not subject or len(subject) > SUBJECT:
        raise FieldWrong("/subject", f"A subject has 1 to {SUBJECT} characters.")
    return subject


def clean_name(text: str) -> str:
    """A person's name, as a line that fits a header."""
    return shorten(one_line(tidy(text)), NAME)


def tidy(text: str) -> str:
    """Line ends as `\\n`; no control characters, which break terminals, mails and PostgreSQL."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return nfc(
        "".join(sign for sign in lines if sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cs"})
    )
