"""Every claim of a lease and of a revocation list, by its name and value."""

from datetime import UTC, datetime, timedelta

from server.licensing.leases import LIFE_S, LIST_LIFE_S, lease_payload, list_payload

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())


def test_a_lease_says_exactly_this() -> None:
    payload = lease_payload(
        kid="k1", tenant_id="ven_1", product_id="prd_1", license_id="lic_1", activation_id="act_1",
        site_key="shop.example.org", environment="production", mode="live", state="active", plan="studio",
        features=["export"], license_ends=NOW + timedelta(days=1), seq=7, now=NOW,
    )  # fmt: skip

    assert payload == {
        "typ": "lease", "kid": "k1", "ten": "ven_1", "lid": "lic_1", "act": "act_1", "prod": "prd_1",
        "site": "shop.example.org", "env": "production", "mode": "live", "st": "active", "plan": "studio",
        "feat": ["export"], "lexp": AT + 86_400, "after": "keep", "iat": AT, "nbf": AT, "exp": AT + LIFE_S,
        "gexp": AT + 2 * LIFE_S, "seq": 7,
    }  # fmt: skip


def test_a_revocation_list_says_exactly_this() -> None:
    payload = list_payload(
        kid="k1", tenant_id="ven_1", product_id="prd_1", serial=3, leases=["lic_1"], full=True, now=NOW
    )

    assert payload == {
        "typ": "revocations", "kid": "k1", "ten": "ven_1", "prod": "prd_1", "serial": 3, "iat": AT,
        "exp": AT + LIST_LIFE_S, "leases": ["lic_1"], "kids": [], "packages": [], "full": True,
    }  # fmt: skip
