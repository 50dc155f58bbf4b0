"""The SDK judges keys, secrets, addresses, leases and replies exactly as the shared vectors say."""

from contextlib import suppress
from typing import Any

import pytest
from keydesk import SigningKey, normalise_license_key, reply_is_genuine, verify_lease
from keydesk._addresses import is_uncounted
from keydesk._diagnostics import without_secrets
from keydesk.errors import KeyMalformed

from tests.vectors.reading import cases, text_of, unb64u


def of_op(family: str, op: str) -> list[Any]:
    return [each for each in cases(family) if each.values[0]["input"].get("op", op) == op]


@pytest.mark.parametrize("case", of_op("keys", "normalise"))
def test_typed_license_keys(case: dict[str, Any]) -> None:
    text, expect = text_of(case["input"], "text"), case["expect"]
    if "error" not in expect:
        assert normalise_license_key(text) == expect["key"]
    elif case["input"]["profile"] == "any":
        with pytest.raises(KeyMalformed) as refusal:
            normalise_license_key(text)
        assert refusal.value.code == expect["error"]
        assert (expect["names"] or "") in str(refusal.value)
    else:
        assert_is_none_of_ours(text)


def assert_is_none_of_ours(text: str) -> None:
    """A wrong `KD1` key is refused; what only looks like one may still be a key of another system."""
    with suppress(KeyMalformed):
        assert not normalise_license_key(text).startswith("KD1")


@pytest.mark.parametrize("case", of_op("tokens", "scrub"))
def test_secrets_are_taken_out_of_running_text(case: dict[str, Any]) -> None:
    left = without_secrets(case["input"]["text"])

    assert case["expect"]["without"] is None or case["expect"]["without"] not in left
    assert all(piece in left for piece in case["expect"]["keeps"])


@pytest.mark.parametrize("case", cases("environments"))
def test_addresses_that_take_no_seat(case: dict[str, Any]) -> None:
    assert is_uncounted(case["input"]["site_key"]) == (case["expect"]["rule"] <= 5)


@pytest.mark.parametrize("case", cases("leases"))
def test_leases(case: dict[str, Any]) -> None:
    site = case["input"]
    held = (site["stored"]["seq"], site["stored"]["iat"]) if site["stored"] else None
    check = verify_lease(
        site["lease"], keys=keys_of(site), vendor_id=site["tenant"], product_id=site["product"],
        site_key=site["site"], activation_id=site["activation"], own_environment=site["own_environment"],
        network_main=site["network_main"], held=held, revoked=site["revoked"],
        revoked_kids=site["revoked_kids"], now=site["now"],
    )  # fmt: skip

    assert check.verdict == case["expect"]["verdict"]


@pytest.mark.parametrize("case", cases("replies"))
def test_signed_replies(case: dict[str, Any]) -> None:
    seen = case["input"]
    facts = {name: seen[name] for name in ("status", "method", "path", "nonce", "etag", "clock_doubtful")}

    assert case["expect"]["good"] == reply_is_genuine(
        seen["header"], **facts, body=unb64u(seen["body"]), keys=keys_of(seen), now=seen["now"]
    )


def keys_of(input: dict[str, Any]) -> list[SigningKey]:
    keys = [
        SigningKey(each["public_key"], each["not_before"], each["not_after"]) for each in input["trusted"]
    ]
    assert [key.kid for key in keys] == [each["kid"] for each in input["trusted"]]
    return keys
