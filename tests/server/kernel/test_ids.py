"""Ids say what they name and sort in the order in which they were made."""

import uuid

from server.kernel.ids import ALPHABET, new_id


def test_ids_made_one_after_the_other_sort_in_that_order() -> None:
    made = [new_id("lic") for _ in range(2000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_is_a_prefix_and_a_uuid_of_version_7() -> None:
    prefix, _, symbols = new_id("lic").partition("_")

    number = 0
    for symbol in symbols:
        number = number * 32 + ALPHABET.index(symbol)
    made = uuid.UUID(int=number)
    assert (prefix, made.version, made.variant) == ("lic", 7, uuid.RFC_4122)
