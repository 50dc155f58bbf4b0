"""The bridge speaks six languages in full: nothing missing, nothing stale, every placeholder kept."""

import re
import struct
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tests.wp_bridge.languages import catalogs

FORMS = {"ru_RU": 3, "uk": 3, "ro_RO": 3, "bg_BG": 2, "id_ID": 1}
PLACEHOLDER = re.compile(r"%(?:\d\$)?s")


def texts_of(message: Message) -> tuple[str, ...]:
    """The translation, one text a plural form."""
    string = message.string
    return (string,) if isinstance(string, str) else tuple(string or ("",))


def test_the_template_holds_the_sentences_of_the_source() -> None:
    assert len(catalogs.sentences()) > 140
    assert (catalogs.FOLDER / "keydesk-bridge.pot").read_bytes() == catalogs.pot_bytes()


@pytest.mark.parametrize("locale", catalogs.LOCALES)
def test_a_language_is_complete(locale: str) -> None:
    catalog = catalogs.translation(locale)
    for sentence in catalogs.sentences():
        message = catalog.get(sentence)
        assert message is not None, sentence
        assert not message.fuzzy, sentence
        assert all(text.strip() for text in texts_of(message)), sentence
    assert {each.id for each in catalog if each.id} == set(catalogs.sentences())


@pytest.mark.parametrize("locale", catalogs.LOCALES)
def test_every_placeholder_is_kept(locale: str) -> None:
    for message in catalogs.translation(locale):
        if not message.id:
            continue
        first = message.id if isinstance(message.id, str) else message.id[0]
        wanted = sorted(PLACEHOLDER.findall(first))
        for text in texts_of(message):
            assert sorted(PLACEHOLDER.findall(text)) == wanted, text


@pytest.mark.parametrize(("locale", "forms"), FORMS.items())
def test_a_number_gets_its_own_form(locale: str, forms: int) -> None:
    catalog = catalogs.translation(locale)
    assert catalog.num_plurals == forms
    counted = [each for each in catalog if isinstance(each.id, tuple)]
    assert counted
    assert all(len(texts_of(each)) == forms for each in counted)


@pytest.mark.parametrize("locale", catalogs.LOCALES)
def test_what_wordpress_reads_is_current(locale: str) -> None:
    path = catalogs.FOLDER / f"keydesk-bridge-{locale}.mo"
    assert path.read_bytes() == catalogs.mo_bytes(locale), "run tests/wp_bridge/languages/catalogs.py"


@pytest.mark.parametrize("locale", catalogs.LOCALES)
def test_older_wordpress_can_measure_the_tables(locale: str) -> None:
    data = (catalogs.FOLDER / f"keydesk-bridge-{locale}.mo").read_bytes()
    total, originals, translations, _size, hashes = struct.unpack("<5I", data[8:28])
    assert translations - originals == total * 8
    assert hashes - translations == total * 8


def test_a_planted_sentence_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "new.php").write_text("<?php __('Brand new words', 'keydesk-bridge');", "utf-8")
    monkeypatch.setattr(catalogs, "BRIDGE", tmp_path)
    assert list(catalogs.sentences()) == ["Brand new words"]
