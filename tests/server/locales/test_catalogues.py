"""The catalogues are whole: nothing untranslated, nothing stale, nothing broken."""

import io
import re
from gettext import GNUTranslations
from typing import Any

import pytest

from server.kernel import i18n
from server.kernel.i18n import long_date
from server.locales import refresh
from tests.conftest import NOON

FOREIGN = {
    "ru": "[іїєґ]",
    "uk": "[ыэъё]",
    "bg": "[ыэёіїєґ]",
    "ro": "[\u0400-\u04ff]",
    "id": "[\u0400-\u04ff]",
}
CASES = [(domain, language) for domain in refresh.DOMAINS for language in refresh.LANGUAGES]


@pytest.mark.parametrize(("domain", "language"), CASES)
def test_every_text_is_translated_and_no_other(domain: str, language: str) -> None:
    catalog = refresh.read(domain, language)

    said = {(message.id, message.context) for message in refresh.source(domain) if message.id}
    assert {(message.id, message.context) for message in catalog if message.id} == said
    assert refresh.untranslated(catalog) == []
    assert not [message.id for message in catalog if message.id and message.fuzzy]


@pytest.mark.parametrize(("domain", "language"), CASES)
def test_translations_keep_their_placeholders(domain: str, language: str) -> None:
    for message in refresh.read(domain, language):
        texts = message.string if isinstance(message.string, list | tuple) else [message.string]
        source = message.id[-1] if isinstance(message.id, list | tuple) else message.id
        for text in texts if message.id else []:
            assert placeholders(text) == placeholders(source), f"{source!r} → {text!r}"


@pytest.mark.parametrize(("domain", "language"), CASES)
def test_the_compiled_catalogue_is_that_of_the_texts(domain: str, language: str) -> None:
    committed = refresh.po_path(domain, language).with_suffix(".mo").read_bytes()

    assert contents(committed) == contents(refresh.compiled(refresh.read(domain, language)))


@pytest.mark.parametrize("language", ["ru", "uk", "bg"])
def test_no_second_full_stop_follows_the_one_of_the_year(language: str) -> None:
    assert long_date(NOON, language).endswith(".")
    for message in refresh.read("keydesk", language):
        texts = message.string if isinstance(message.string, list | tuple) else [message.string]
        assert not [text for text in texts if text and "%(day)s." in text]


def test_the_languages_of_the_catalogues_are_those_we_speak() -> None:
    assert ("en", *refresh.LANGUAGES) == i18n.LANGUAGES


@pytest.mark.parametrize("domain", refresh.DOMAINS)
def test_no_language_speaks_the_words_of_another(domain: str) -> None:
    sentences = [
        (str(message.string), str(message.id))
        for language in refresh.LANGUAGES
        for message in refresh.read(domain, language)
        if len(str(message.id)) > 40
    ]

    assert [text for text in sentences if sentences.count(text) > 1] == []


@pytest.mark.parametrize(("domain", "language"), CASES)
def test_no_letter_is_foreign_to_its_language(domain: str, language: str) -> None:
    for message in refresh.read(domain, language):
        texts = message.string if isinstance(message.string, list | tuple) else [message.string]
        assert not [text for text in texts if message.id and re.search(FOREIGN[language], text or "")]


def contents(compiled: bytes) -> tuple[dict[Any, str], dict[str, str]]:
    """What a compiled catalogue says, whichever release of Babel wrote it."""
    read = GNUTranslations(io.BytesIO(compiled))
    texts = {text: said for text, said in read._catalog.items() if text}  # type: ignore[attr-defined]
    return texts, {name: value for name, value in read.info().items() if name != "generated-by"}


def placeholders(text: str | None) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", text or ""))


def test_no_language_was_given_the_texts_of_another() -> None:
    said = {language: sentences(language) for language in refresh.LANGUAGES}

    for one, theirs in said.items():
        for other, ours in said.items():
            assert one == other or len(theirs & ours) < 3, f"{one} and {other} share {theirs & ours}"


def sentences(language: str) -> set[str]:
    """The longer translations: short words may well be the same in related languages."""
    texts = [message.string for message in refresh.read("keydesk", language) if message.id]
    return {text for text in texts if isinstance(text, str) and len(text) > 20}
