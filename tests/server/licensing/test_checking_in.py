"""The daily call tells a site what it needs for two weeks, and a changed site nothing that it could use."""

from datetime import timedelta
from typing import Any

import orjson

from server.accounts.services import published_signing_keys
from server.kernel.db import writing
from server.kernel.signing import LEASE_DOMAIN, b64u_decode, verifies
from server.licensing.models import Activation, License
from server.licensing.services import (
    Site,
    check_in,
    is_worth_noting,
    lease_for,
    note_seen,
    revoke_license,
)
from tests.conftest import NOON
from tests.server.licensing.conftest import Activate, uid_of

SHOP = "https://shop-1.example.com"
SITE = Site(uid_of(SHOP), SHOP, plugin_version="1.4.0")


def read_lease(text: str | None) -> dict[str, Any]:
    """The claims of a lease, after its signature was found good under a published key."""
    assert text is not None
    _version, payload, signature = text.split(".")
    raw = b64u_decode(payload)
    public = [b64u_decode(key["public_key"]) for key in published_signing_keys()]
    assert any(verifies(LEASE_DOMAIN + raw, b64u_decode(signature), key) for key in public)
    claims: dict[str, Any] = orjson.loads(raw)
    return claims


def test_a_lease_says_who_where_and_until_when(activate: Activate, license: License) -> None:
    seated = activate(SHOP).activation

    claims = read_lease(check_in(seated, SITE, NOON)["lease"])

    assert (claims["lid"], claims["act"], claims["prod"]) == (license.id, seated.id, license.product_id)
    assert (claims["site"], claims["env"], claims["st"]) == ("shop-1.example.com", "production", "active")
    assert claims["lexp"] == int((NOON + timedelta(days=366)).timestamp())


def test_an_expired_license_still_gives_a_lease_that_says_so(activate: Activate) -> None:
    seated = activate(SHOP).activation

    answer = check_in(seated, SITE, NOON + timedelta(days=400))

    assert read_lease(answer["lease"])["st"] == "expired"
    assert (answer["validation"]["valid"], answer["validation"]["code"]) == (False, "EXPIRED")


def test_a_revoked_license_is_told_and_gives_no_lease(activate: Activate, license: License) -> None:
    seated = activate(SHOP).activation
    with writing():
        revoke_license(license, "refunded", actor="system", now=NOON)

    answer = check_in(seated, SITE, NOON)

    assert (answer["license"]["status"], answer["lease"]) == ("revoked", None)
    assert answer["validation"]["code"] == "REVOKED"


def test_a_site_at_another_address_is_told_that_it_changed(activate: Activate) -> None:
    seated = activate(SHOP).activation

    for site in (Site(uid_of(SHOP), "https://clone.example.com"), Site("f" * 32, SHOP), Site("f" * 32, "::")):
        answer = check_in(seated, site, NOON)
        assert answer["site"] == {"site_key": "shop-1.example.com", "status": "changed"}
        assert answer["lease"] is None


def test_a_released_site_gets_no_lease(activate: Activate) -> None:
    seated: Activation = activate(SHOP).activation
    with writing():
        seated.ended_at = NOON

    assert lease_for(seated, NOON) is None


def test_last_seen_is_written_once_an_hour_at_most(activate: Activate) -> None:
    seated = activate(SHOP).activation
    soon, later = NOON + timedelta(minutes=59), NOON + timedelta(hours=1)

    assert (is_worth_noting(seated, soon), is_worth_noting(seated, later)) == (False, True)
    with writing():
        note_seen(seated, SITE, now=later)
    assert (seated.last_seen_at, seated.plugin_version) == (later, "1.4.0")
