"""The SDK judges keys, secrets, addresses, leases and replies exactly as the shared vectors say."""

from contextlib import suppress
from typing import Any

import pytest
from keydesk import (
    LeaseCheck,
    RevocationList,
    SigningKey,
    normalise_license_key,
    reply_is_genuine,
    standing,
    verify_lease,
    verify_revocations,
)
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
    assert judged(site, revoked=site["revoked"]).verdict == case["expect"]["verdict"]


@pytest.mark.parametrize("case", of_op("revocations", "read"))
def test_revocation_lists(case: dict[str, Any]) -> None:
    asked = case["input"]
    check = verify_revocations(
        asked["list"], keys=keys_of(asked), vendor_id=asked["tenant"], product_id=asked["product"],
        held_serial=asked["held_serial"],
    )  # fmt: skip

    assert check.verdict == case["expect"]["verdict"]
    assert (check.list is not None) == (check.verdict == "accepted")


@pytest.mark.parametrize("case", of_op("revocations", "lease"))
def test_leases_against_a_list(case: dict[str, Any]) -> None:
    assert judged(case["input"], revocations=held_list(case["input"])).verdict == case["expect"]["verdict"]


@pytest.mark.parametrize("case", cases("lease_states"))
def test_states(case: dict[str, Any]) -> None:
    held, expect = case["input"], case["expect"]
    found = standing(
        held["lease"], said=held["said"], site_changed=held["site_changed"], now=held["now"],
        heard=tuple(held["heard"]) if held["heard"] else None, highest_seen=held["highest_seen"],
        over_since=held["over_since"], revocations=held_list(held), **facts_of(held),
    )  # fmt: skip

    told = (found.state, found.notice, found.allows(held["feature"]), found.updates, found.clock_doubtful)
    names = ("state", "notice", "allows", "updates", "clock_doubtful")
    assert told == tuple(expect[name] for name in names)


def judged(site: dict[str, Any], **more: Any) -> LeaseCheck:
    held = (site["stored"]["seq"], site["stored"]["iat"]) if site["stored"] else None
    return verify_lease(
        site["lease"], held=held, revoked_kids=site["revoked_kids"], now=site["now"], **facts_of(site), **more
    )


def facts_of(site: dict[str, Any]) -> dict[str, Any]:
    return {
        "keys": keys_of(site), "vendor_id": site["tenant"], "product_id": site["product"],
        "site_key": site["site"], "activation_id": site["activation"],
        "own_environment": site["own_environment"], "network_main": site["network_main"],
    }  # fmt: skip


def held_list(site: dict[str, Any]) -> RevocationList | None:
    if site["list"] is None:
        return None
    check = verify_revocations(
        site["list"], keys=keys_of(site), vendor_id=site["tenant"], product_id=site["product"]
    )
    assert check.list is not None
    return check.list


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
