"""Takes the sentences out of the bridge's PHP, and writes .pot and .mo beside the translations.

Run it after changing a sentence or a translation: ``python tests/wp_bridge/languages/catalogs.py``.
"""

import io
import re
import struct
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

BRIDGE = Path(__file__).resolve().parents[3] / "wp_bridge"
FOLDER = BRIDGE / "languages"
DOMAIN = "keydesk-bridge"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)  # the same input gives the same bytes
LOCALES = {"ru_RU": "ru", "uk": "uk", "bg_BG": "bg", "ro_RO": "ro", "id_ID": "id"}
TEXT = r"'((?:[^'\\]|\\.)*)'"
ONE = re.compile(rf"\b(?:__|_e|esc_html__|esc_html_e|esc_attr__|esc_attr_e)\(\s*{TEXT}\s*,\s*'{DOMAIN}'\s*\)")
MANY = re.compile(rf"\b_n\(\s*{TEXT}\s*,\s*{TEXT}\s*,")
NOTE = re.compile(r"/\* translators: (.+?) \*/")


def sentences() -> dict[str | tuple[str, str], tuple[list[str], list[tuple[str, int]]]]:
    """Sentence (or singular and plural) to its translator's notes and its places."""
    found: dict[str | tuple[str, str], tuple[list[str], list[tuple[str, int]]]] = {}
    for path in sorted(
        (*BRIDGE.glob("*.php"), *BRIDGE.glob("src/**/*.php"), *BRIDGE.glob("templates/*.php"))
    ):
        text = path.read_text("utf-8")
        for match in sorted((*ONE.finditer(text), *MANY.finditer(text)), key=lambda each: each.start()):
            parts = [re.sub(r"\\(['\\])", r"\1", part) for part in match.groups()]
            key = parts[0] if len(parts) == 1 else (parts[0], parts[1])
            notes, places = found.setdefault(key, ([], []))
            before = NOTE.findall(text[max(0, match.start() - 160) : match.start()])
            notes += [before[-1]] if before and "%" in parts[0] and before[-1] not in notes else []
            places.append((path.relative_to(BRIDGE).as_posix(), text.count("\n", 0, match.start()) + 1))
    return found


def template() -> Catalog:
    """All sentences of the source, untranslated; without times and line numbers, so it stays the same."""
    catalog = Catalog(project=DOMAIN, copyright_holder="Keydesk", charset="utf-8", fuzzy=False)
    for key, (notes, places) in sentences().items():
        files = sorted({file for file, _line in places})
        catalog.add(key, auto_comments=notes, locations=[(file, 0) for file in files])
    return catalog


def translation(locale: str) -> Catalog:
    """The translation as it stands in its .po file."""
    with (FOLDER / f"{DOMAIN}-{locale}.po").open("rb") as file:
        return read_po(file, locale=LOCALES[locale], domain=DOMAIN)


def pot_bytes() -> bytes:
    """The template as a file."""
    buffer = io.BytesIO()
    write_po(buffer, template(), omit_header=True, width=100, sort_output=False, include_lineno=False)
    return buffer.getvalue()


def mo_bytes(locale: str) -> bytes:
    """A translation as WordPress reads it."""
    buffer = io.BytesIO()
    catalog = translation(locale)
    catalog.creation_date = catalog.revision_date = WHEN
    write_mo(buffer, catalog)
    return with_hash_offset(buffer.getvalue())


def with_hash_offset(data: bytes) -> bytes:
    """WordPress before 6.5 measures the tables by the offset of the (empty) hash table; zero is refused."""
    _magic, _revision, total, _originals, translations = struct.unpack("<5I", data[:20])
    return data[:24] + struct.pack("<I", translations + total * 8) + data[28:]


def main() -> None:
    """Write what follows from the sources."""
    (FOLDER / f"{DOMAIN}.pot").write_bytes(pot_bytes())
    for locale in LOCALES:
        (FOLDER / f"{DOMAIN}-{locale}.mo").write_bytes(mo_bytes(locale))


if __name__ == "__main__":
    main()
