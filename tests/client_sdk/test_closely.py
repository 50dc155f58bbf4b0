"""Edges of keys and signed texts that no vector shows."""

import json

import pytest
from keydesk._license_keys import FULL_WIDTH, OTHER_SECRETS, normalise_license_key
from keydesk._signed_texts import DEEPEST, UNSAFE, is_number, is_one_of, signed_parts, strict_object
from keydesk.errors import KeyMalformed

KEY = "KD1-000000-000000-000000-000000-087TJ8"
FORGIVEN = (
    "9-13 32 45 160 173 5760 8192-8213 8232-8239 8287-8288 8294-8297 8722 12288 65112 65123 65279 65293"
)
PLACES = [*range(0x3100), *range(0xFE00, 0x1_0000)]  # all blanks, dashes and marks of direction stand there
SIGNATURE = "A" * 86


def is_forgiven(code: int) -> bool:
    try:
        return normalise_license_key(KEY[:9] + chr(code) + KEY[9:]) == KEY.replace("-", "")
    except KeyMalformed:
        return False


def test_exactly_these_characters_are_looked_over() -> None:
    expected: set[int] = set()
    for part in FORGIVEN.split():
        first, _, last = part.partition("-")
        expected |= set(range(int(first), int(last or first) + 1))

    assert {code for code in PLACES if is_forgiven(code)} == expected


def test_a_wide_key_is_read() -> None:
    narrow = {narrow: wide for wide, narrow in FULL_WIDTH.items()}

    assert normalise_license_key(KEY.lower().translate(narrow)) == KEY.replace("-", "")


@pytest.mark.parametrize("prefix", OTHER_SECRETS)
def test_a_secret_of_another_kind_is_named(prefix: str) -> None:
    with pytest.raises(KeyMalformed, match=OTHER_SECRETS[prefix]):
        normalise_license_key(f"{prefix}0123456789abcdef")


@pytest.mark.parametrize("deep", [DEEPEST - 1, DEEPEST])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_an_object_of_32_floors_is_read_and_a_deeper_one_is_not(
    deep: int, opening: str, closing: str
) -> None:
    inner = "1" if opening == '{"a":' else ""
    text = '{"a":' + opening * deep + inner + closing * deep + "}"

    assert strict_object(text.encode()) == (json.loads(text) if deep < DEEPEST else None)


def test_a_text_is_taken_up_to_its_longest_and_no_longer() -> None:
    text = f"v1.e30.{SIGNATURE}"

    assert signed_parts(text, longest=len(text)) == (b"{}", bytes(64))
    assert signed_parts(text, longest=len(text) - 1) is None
    assert signed_parts(f"v1.ew.{SIGNATURE}", longest=200) is None


def test_numbers_and_words_are_what_the_contract_names() -> None:
    numbers: list[object] = [-1, 0, UNSAFE - 1, UNSAFE, True, 1.0, "1"]
    assert [value for value in numbers if is_number(value)] == [0, UNSAFE - 1]
    known = is_one_of("live", "test")
    words: list[object] = ["live", "test", "other", "", None, 1]
    assert [value for value in words if known(value)] == ["live", "test"]
