"""The edges of reading a key that no vector shows: every forgiven character, and every explanation."""

import re

import pytest

from server.licensing.keys import (
    FULL_WIDTH,
    OTHER_SECRETS,
    KeyMalformed,
    compact_of,
    display,
    normalise,
    normalise_any,
    normalise_legacy,
)

WHAT_NEXT = "Please copy the whole key from your purchase e-mail or the page of your licenses."

KEY = "KD1-000000-000000-000000-000000-087TJ8"
FORGIVEN = (
    "9-13 32 45 160 173 5760 8192-8213 8232-8239 8287-8288 8294-8297 8722 12288 65112 65123 65279 65293"
)

PLACES = [*range(0x3100), *range(0xFE00, 0x1_0000)]  # all blanks, dashes and marks of direction stand there


def numbers(ranges: str) -> set[int]:
    found: set[int] = set()
    for part in ranges.split():
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def is_forgiven(code: int) -> bool:
    try:
        return normalise(KEY[:9] + chr(code) + KEY[9:]) == KEY.replace("-", "")
    except KeyMalformed:
        return False


def test_exactly_these_characters_are_looked_over() -> None:
    assert {code for code in PLACES if is_forgiven(code)} == numbers(FORGIVEN)


def test_every_small_and_every_wide_letter_is_read() -> None:
    narrow = {narrow: wide for wide, narrow in FULL_WIDTH.items()}
    for body in range(0, 1 << 125, (1 << 125) // 60):
        key = display(compact_of(body))
        assert normalise(key.lower()) == key.replace("-", "")
        assert normalise(key.translate(narrow)) == key.replace("-", "")


@pytest.mark.parametrize("prefix", OTHER_SECRETS)
def test_a_secret_of_another_kind_is_named(prefix: str) -> None:
    for read in (normalise_any, normalise_legacy):
        with pytest.raises(KeyMalformed, match=re.escape(OTHER_SECRETS[prefix])) as refused:
            read(f" {prefix}0123456789abcdef")
        assert refused.value.detail.endswith(f" {WHAT_NEXT}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("KD1-000000", "not a complete license key"),
        (KEY.replace("8", "9"), "a typing error"),
        ("KD1" + "0" * 198, "too long"),
        ("short", "not a complete license key"),
        ("x" * 201, "too long"),
        ("x" * 200, "not a complete license key"),
        ("\ud800" * 10, "not a complete license key"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_where_the_whole_key_stands(text: str, words: str) -> None:
    with pytest.raises(KeyMalformed, match=words) as refused:
        normalise_any(text)
    assert refused.value.detail.endswith(f" {WHAT_NEXT}")
