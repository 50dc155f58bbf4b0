"""A vendor's own Stripe account: its secrets are sealed, replaced without a gap, and checked on entry."""

from dataclasses import replace

import pytest

from server.billing.models import StripeConnection
from server.billing.services import (
    NotConnected,
    connect_stripe,
    disconnect_stripe,
    find_connection,
    hook_secrets,
    hook_url,
    list_connections,
    prepare_sale,
    sells_as,
    takes_payments,
    verify_event,
)
from server.billing.stripe_api import SignatureInvalid
from server.catalog.models import Price
from server.kernel import settings
from server.kernel.db import writing
from server.kernel.errors import Invalid
from server.kernel.tenancy import resolve, tenant
from tests.conftest import NOON, Cast


def connect(mode: str = "test", signed_by: str = "whsec_one", key: str = "") -> StripeConnection:
    with writing():
        return connect_stripe(
            api_key=key or f"sk_{mode}_harbour", webhook_secret=signed_by, mode=mode, now=NOON
        )


def test_secrets_are_sealed_and_the_hook_has_an_address_of_its_own(harbour: Cast) -> None:
    made = connect()
    assert b"harbour" not in made.api_key_sealed
    assert b"whsec" not in made.hook_secret_sealed
    assert hook_url(made) == f"http://localhost/hooks/stripe/{made.id}"


def test_a_new_secret_keeps_the_former_one_and_the_address(harbour: Cast) -> None:
    before = connect().id
    after = connect(signed_by="whsec_two")

    assert after.id == before
    assert hook_secrets(after, now=NOON) == ["whsec_two", "whsec_one"]
    assert hook_secrets(connect(signed_by="whsec_two"), now=NOON) == ["whsec_two", "whsec_one"]
    assert hook_secrets(connect(signed_by="whsec_three"), now=NOON) == ["whsec_three", "whsec_two"]


def test_each_mode_sells_over_its_own_connection(harbour: Cast) -> None:
    test = connect("test")
    assert not takes_payments()
    live = connect("live")
    assert (find_connection().id, find_connection("test").id) == (live.id, test.id)


def test_a_live_connection_without_its_webhook_secret_sells_nothing(harbour: Cast) -> None:
    connect("test")
    live = connect("live", signed_by="")
    with pytest.raises(NotConnected):
        find_connection()

    connect("live", signed_by="whsec_two")
    assert find_connection().id == live.id
    assert hook_secrets(live, now=NOON) == ["whsec_two"]


def test_a_test_shop_sells_live_licenses_on_a_developers_machine_only(harbour: Cast) -> None:
    settings.remember(replace(settings.current(), stripe_api_base="http://127.0.0.1:1"))
    test = connect("test")
    assert (find_connection().id, sells_as(test)) == (test.id, "live")

    settings.remember(replace(settings.current(), env="production"))
    assert sells_as(test) == "test"
    with pytest.raises(NotConnected):
        find_connection()


def test_a_first_connection_without_its_webhook_secret_sells_nothing(harbour: Cast) -> None:
    half = connect(signed_by="")

    assert not takes_payments("test")
    with pytest.raises(SignatureInvalid):
        verify_event(half, b"{}", "t=1,v1=0", now=NOON)


def test_a_disconnected_account_has_no_secrets_and_can_come_back(harbour: Cast) -> None:
    test, live = connect("test"), connect("live")
    with writing():
        disconnect_stripe(resolve(StripeConnection, live.id), actor="system")

    assert not takes_payments()
    assert [one.id for one in list_connections()] == [test.id]
    assert hook_secrets(resolve(StripeConnection, live.id), now=NOON) == []
    assert connect("live", signed_by="whsec_new").id == live.id
    assert find_connection().id == live.id


def test_another_vendors_connection_is_not_ours(harbour: Cast, stranger: Cast) -> None:
    connect()
    with tenant(stranger.vendor.id), pytest.raises(NotConnected):
        find_connection()


def test_without_a_connection_nothing_is_sold(harbour: Cast) -> None:
    with pytest.raises(NotConnected):
        prepare_sale(resolve(Price, harbour.price.id), cancel_url="https://shop.example.com/")


@pytest.mark.parametrize(
    ("mode", "key", "secret", "field"),
    [
        ("live", "sk_test_x", "whsec_one", "/api_key"),
        ("test", "pk_test_x", "whsec_one", "/api_key"),
        ("test", "sk_test_ключ", "whsec_one", "/api_key"),
        ("test", "sk_test_x", "secret", "/webhook_secret"),
        ("both", "sk_both_x", "whsec_one", "/mode"),
    ],
)
def test_a_wrong_secret_is_named(harbour: Cast, mode: str, key: str, secret: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        connect(mode, secret, key)
    assert [error["pointer"] for error in refused.value.fields["errors"]] == [field]
