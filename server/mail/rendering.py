"""A mail as its reader sees it: subject, plain text and HTML from a pair of templates, in their language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from server.kernel.i18n import date_and_time, language_of, long_date, money, translator

BLANKS = re.compile(r"[^\S\N{NO-BREAK SPACE}]+")  # the sign of a year or currency stays at its number


@dataclass(frozen=True)
class RenderedMail:
    """What a pair of templates makes of a context."""

    subject: str
    text: str
    html: str


def render(template: str, context: Mapping[str, Any], locale: str) -> RenderedMail:
    """Fill `mail/<template>.txt` (which also holds the subject) and `mail/<template>.html`.

    A name that a template uses and the context lacks raises `jinja2.UndefinedError`.
    """
    environment = _environment(language_of(locale))
    plain = environment.get_template(f"mail/{template}.txt")
    filled = dict(context)
    subject = "".join(plain.blocks["subject"](plain.new_context(filled)))
    filled["subject_line"] = BLANKS.sub(" ", subject).strip()
    mark = "[Test] " if filled.get("mode") == "test" else ""  # for lists of mails; inside it is a sentence
    return RenderedMail(
        subject=mark + filled["subject_line"],
        text=_tidy(plain.render(filled)),
        html=environment.get_template(f"mail/{template}.html").render(filled),
    )


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("server.mail"),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translator(language), newstyle=True)  # type: ignore[attr-defined]  # made by the extension
    environment.globals["language"] = language
    environment.filters["paragraphs"] = _paragraphs
    environment.filters["money"] = lambda paid: money(paid["amount"], paid["currency"], language)
    environment.filters["long_date"] = lambda moment: long_date(moment, language)
    environment.filters["date_and_time"] = lambda moment: date_and_time(moment, language)
    return environment


def _paragraphs(text: str) -> list[list[str]]:
    """Paragraphs as lists of lines, so that HTML keeps the breaks a person made."""
    return [block.split("\n") for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())]


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
