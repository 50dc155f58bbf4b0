"""The leases the server writes are the ones every site can check."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.kernel.signing import b64u_decode, kid_of, public_key_of
from server.licensing.leases import LONGEST_LIST, lease_payload, list_payload, sign_lease, sign_list
from tests.vectors.reading import load

SEED = bytes(range(32))
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def payload(**changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "kid": kid_of(public_key_of(SEED)), "tenant_id": "ven_01", "product_id": "prd_01",
        "license_id": "lic_01", "activation_id": "act_01", "site_key": "example.com",
        "environment": "production", "mode": "live", "state": "active", "plan": "pro",
        "features": ("export", "sync"), "license_ends": datetime(2028, 1, 1, tzinfo=UTC),
        "seq": 7, "now": NOW,
    }  # fmt: skip
    return lease_payload(**facts | changes)


def test_the_test_lease_of_the_contract_is_written_byte_for_byte() -> None:
    good = load("leases")["cases"][0]["input"]["lease"]
    written = sign_lease(json.loads(b64u_decode(good.split(".")[1])), SEED)

    assert written == good
    assert len(written) == 514
    assert written.endswith(
        "Z7a_qORKWMwEROvAo1vxK827Il0C9O2NB3-_6Qhb_v6AwAJz59v35ourHX_cTnofzKeTgIbNajdIYm1jB1BoBw"
    )


def test_a_lease_lives_fourteen_days_and_fourteen_more_of_grace() -> None:
    claims = payload()

    assert claims["exp"] - claims["iat"] == 14 * 86_400
    assert claims["gexp"] - claims["exp"] == 14 * 86_400
    assert claims["nbf"] == claims["iat"] == int(NOW.timestamp())


def test_a_lease_is_not_cut_short_at_the_end_of_the_license() -> None:
    soon = payload(license_ends=datetime(2027, 1, 2, tzinfo=UTC))

    assert soon["exp"] == payload()["exp"]
    assert soon["lexp"] == int(datetime(2027, 1, 2, tzinfo=UTC).timestamp())


def test_a_lifetime_license_has_no_end_in_its_lease() -> None:
    assert payload(license_ends=None)["lexp"] is None


def test_a_lease_never_names_a_key_that_did_not_sign_it() -> None:
    with pytest.raises(ValueError, match="another key"):
        sign_lease(payload(kid="k0000000000000000"), SEED)


def test_a_lease_that_no_site_would_read_is_not_signed() -> None:
    with pytest.raises(ValueError, match="size"):
        sign_lease(payload(features=["f" * 40] * 80), SEED)


def test_a_copys_lease_ends_with_its_days_and_has_no_grace() -> None:
    soon, late = NOW + timedelta(days=3), NOW + timedelta(days=30)

    short, long = payload(ends=soon), payload(ends=late)

    assert short["exp"] == short["gexp"] == int(soon.timestamp())
    assert long["exp"] == long["gexp"] == long["iat"] + 14 * 86_400


def test_what_a_lease_does_not_grant_beyond_itself_does_not_stand_in_it() -> None:
    assert not {"net", "upd", "sup"} & payload().keys()
    granted = payload(network=True, updates_until=NOW, support_until=NOW + timedelta(seconds=1))

    assert granted["net"] is True
    assert granted["sup"] - granted["upd"] == 1


def test_a_list_that_no_site_would_read_is_not_signed() -> None:
    facts: dict[str, Any] = {
        "kid": kid_of(public_key_of(SEED)), "tenant_id": "ven_01", "product_id": "prd_01", "serial": 1,
    }  # fmt: skip
    entries = ["lic_" + "0" * 26] * LONGEST_LIST

    fits = list_payload(**facts, leases=entries, full=True, now=NOW)
    assert len(sign_list(fits, SEED)) <= 65_536
    assert fits["exp"] - fits["iat"] == 30 * 86_400
    with pytest.raises(ValueError, match="of this size"):
        sign_list(list_payload(**facts, leases=entries * 2, full=True, now=NOW), SEED)
