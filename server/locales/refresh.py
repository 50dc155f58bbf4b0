"""Bring the catalogues up to date with the texts: `python server/locales/refresh.py` (needs Babel).

New texts are added untranslated and are named at the end; translate them in the .po files and run it again.
"""

import io
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.plurals import PLURALS
from babel.messages.pofile import read_po, write_po

PLURALS["id"] = (1, "0")  # Indonesian has one form; Babel does not know the language's rule

HERE = Path(__file__).parent
SERVER = HERE.parent
LANGUAGES = ("ru", "uk", "bg", "ro", "id")
DOMAINS = {"keydesk": ("mail", "pages")}
METHODS = [("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2"), ("**.py", "python")]
OPTIONS = {pattern: {"trimmed": "true"} for pattern, method in METHODS if method == "jinja2"}


def source(domain: str) -> Catalog:
    """Every text of the domain, as the code and the templates say it."""
    catalog = Catalog(domain=domain, charset="utf-8", fuzzy=False)
    for room in DOMAINS[domain]:
        for name, _line, message, comments, context in extract_from_dir(
            SERVER / room, METHODS, options_map=OPTIONS, comment_tags=("Translators:",)
        ):
            catalog.add(message, locations=[(f"{room}/{name}", 0)], auto_comments=comments, context=context)
    return catalog


def po_path(domain: str, language: str) -> Path:
    return HERE / language / "LC_MESSAGES" / f"{domain}.po"


def read(domain: str, language: str) -> Catalog:
    """The translations as they are committed."""
    path = po_path(domain, language)
    if not path.exists():
        return Catalog(
            locale=language,
            domain=domain,
            header_comment="# What Keydesk says in this language.",
            project="keydesk",
            version="1",
            msgid_bugs_address="none",
            last_translator="Keydesk",
            language_team="Keydesk",
            charset="utf-8",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as the standard library reads it."""
    made = io.BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """Texts without a translation in each plural form."""
    return [
        str(message.id)
        for message in catalog
        if message.id
        and not all(message.string if isinstance(message.string, list | tuple) else [message.string])
    ]


def refresh() -> int:
    """Write every catalogue; answers how many texts wait for a translation."""
    waiting = 0
    for domain in DOMAINS:
        texts = source(domain)
        for language in LANGUAGES:
            catalog = read(domain, language)
            catalog.update(texts, no_fuzzy_matching=True, update_creation_date=False)
            catalog.obsolete.clear()
            path = po_path(domain, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, catalog, width=100, include_lineno=False, omit_header=False)
            path.with_suffix(".mo").write_bytes(compiled(catalog))
            for text in untranslated(catalog):
                waiting += 1
                sys.stdout.write(f"{path.name} {language}: {text}\n")
    return waiting


if __name__ == "__main__":
    sys.exit(1 if refresh() else 0)
