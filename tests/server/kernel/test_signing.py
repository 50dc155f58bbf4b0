"""Signed replies and key ids follow the shared vectors."""

from typing import Any

import pytest

from server.kernel import signing
from tests.vectors.reading import cases, load, unb64u

SEEDS = {name: unb64u(text) for name, text in load("replies")["keys"].items() if name.endswith("_seed")}
GOOD = [each for each in cases("replies") if each.values[0]["expect"]["good"]]


@pytest.mark.parametrize("case", GOOD)
def test_the_server_signs_what_the_vectors_call_good(case: dict[str, Any]) -> None:
    seen = case["input"]
    seed = SEEDS["next_seed" if case["id"] == "reply-next" else "current_seed"]
    facts = {name: seen[name] for name in ("status", "method", "path", "nonce", "etag")}
    ts = int(seen["header"].split("ts=")[1].split(",")[0])

    assert signing.sign_reply(seed, **facts, ts=ts, body=unb64u(seen["body"])) == seen["header"]


def test_an_answer_without_content_is_signed_over_an_empty_body() -> None:
    facts: dict[str, Any] = {"status": 204, "method": "POST", "path": "/", "nonce": "", "ts": 1, "etag": ""}

    assert signing.reply_bytes(**facts, body=b"left over").endswith(b"\n1\n\n")


def test_the_key_id_of_the_contract() -> None:
    assert signing.kid_of(signing.public_key_of(bytes(range(32)))) == "k56475aa75463474c"


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_a_wrong_length_is_not_good_and_raises_nothing(length: int) -> None:
    assert not signing.verifies(b"text", b"0" * length, signing.public_key_of(bytes(range(32))))


def test_a_new_key_verifies_what_it_signed_and_nothing_else() -> None:
    seed = signing.new_seed()
    signature = signing.sign(b"text", seed)

    assert signing.verifies(b"text", signature, signing.public_key_of(seed))
    assert not signing.verifies(b"tekst", signature, signing.public_key_of(seed))


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "A+A=", "AAA A", "ЖЖ", "AA\n"])
def test_base64url_has_one_allowed_form(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kinds of this refusal belong to the standard library
        signing.b64u_decode(text)
