"""License keys follow the shared vectors, and new ones are well formed."""

from typing import Any

import pytest

from server.licensing import keys
from tests.vectors.reading import cases, text_of, unb64u


@pytest.mark.parametrize("case", cases("keys"))
def test_keys_follow_the_vectors(case: dict[str, Any]) -> None:
    judge = {"encode": judge_making, "normalise": judge_typing, "lookup": judge_lookup}
    judge[case["input"]["op"]](case["input"], case["expect"])


def judge_making(input: dict[str, Any], expect: dict[str, Any]) -> None:
    compact = keys.compact_of(int(input["body"], 16))

    assert compact == expect["compact"]
    assert keys.display(compact) == expect["key"]
    assert keys.hint(compact) == expect["hint"]


def judge_typing(input: dict[str, Any], expect: dict[str, Any]) -> None:
    read = keys.normalise if input["profile"] == "kd1" else keys.normalise_any
    if "error" in expect:
        with pytest.raises(keys.KeyMalformed) as refusal:
            read(text_of(input, "text"))
        assert refusal.value.code == expect["error"]
        assert (expect["names"] or "") in refusal.value.detail
    else:
        assert keys.normalise_any(text_of(input, "text")) == (expect["profile"], expect["key"])


def judge_lookup(input: dict[str, Any], expect: dict[str, Any]) -> None:
    assert keys.lookup_hash(input["key"], unb64u(input["pepper"])) == unb64u(expect["lookup"])


def test_the_look_up_hash_is_the_one_of_the_contract() -> None:
    found = keys.lookup_hash(keys.compact_of(0x20406080A0C0E10121416181A1C1), bytes(range(32)))

    assert found.hex() == "6ab5347e63b8fb9b14ef63a3691fe0fcf6baba4f7b128081d6bf2876b174e55d"


def test_a_new_key_reads_back_as_itself_and_no_two_are_equal() -> None:
    made = {keys.generate_key() for _ in range(200)}

    assert len(made) == 200
    assert all(keys.display(keys.normalise(key)) == key for key in made)


def test_a_malformed_key_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(keys.KeyMalformed) as refusal:
        keys.normalise("KD1-MY-SECRET")

    assert "SECRET" not in refusal.value.detail


def test_an_imported_key_is_shown_as_it_is() -> None:
    assert keys.display("sk_=!+~*aB9") == "sk_=!+~*aB9"
    assert keys.hint("sk_=!+~*aB9") == "…*aB9"
