"""The Python client and the server agree: a whole life of an activation over HTTP, every answer verified."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from keydesk import Keydesk, SigningKey, SiteIdentity, verify_lease, verify_revocations
from keydesk.errors import SeatLimitReached, SiteStillActive, TokenRevoked
from werkzeug.serving import make_server

from server.accounts.rotating import rotate_lease_keys
from server.accounts.services import published_signing_keys
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from tests.conftest import Cast

ME = SiteIdentity(uid="a" * 32, url="https://shop-1.example.com", version="1.4.0", locale="ro_RO")
OTHER = SiteIdentity(uid="b" * 32, url="https://shop-2.example.com")


@pytest.fixture
def desk(app: Flask, harbour: Cast) -> Iterator[Keydesk]:
    """The client of the story's product; it believes nothing that the vendor's keys did not sign."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    host = f"127.0.0.1:{server.server_port}"
    settings.remember(replace(settings.current(), allowed_hosts=frozenset({host})))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    trusted = [SigningKey(key["public_key"]) for key in published_signing_keys()]
    session.remove()
    yield Keydesk(f"http://{host}", product_key=harbour.product_key, trusted_keys=trusted)
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_an_activation_lives_from_key_to_release(desk: Keydesk, harbour: Cast, sold: tuple[str, str]) -> None:
    assert desk.validate(sold[1], features=["export"]).valid

    made = desk.activate(sold[1], ME, label="The shop", admin_url="https://shop-1.example.com/wp-admin/")
    judged = verify_lease(
        made.lease,
        keys=made.signing_keys,
        vendor_id=harbour.vendor.id,
        product_id=harbour.product.id,
        site_key=made.site.key,
        activation_id=made.activation_id,
    )
    assert (made.created, judged.verdict) == (True, "valid")

    site = desk.site(ME, made.activation_id, made.site_token)
    news = site.check_in(lease_seq=1)
    assert (news.site_changed, news.unread, news.license) == (False, 0, made.license)
    assert site.validate().code == "VALID"
    assert site.activation().site == made.site
    assert not desk.activate(sold[1], ME).created

    left = site.deactivate()
    assert left.released
    assert site.deactivate() == left


def test_refusals_arrive_as_errors_with_code_and_sentence(desk: Keydesk, sold: tuple[str, str]) -> None:
    for number in range(5):
        desk.activate(sold[1], SiteIdentity(uid=f"{number:032x}", url=f"https://shop-{number}.example.com"))

    with pytest.raises(SeatLimitReached) as refused:
        desk.activate(sold[1], replace(OTHER, url="https://one-more.example.com"))

    assert "All 5 sites of this license are in use" in str(refused.value)


def test_a_site_moves_hands_over_and_follows_new_keys(
    desk: Keydesk, harbour: Cast, sold: tuple[str, str]
) -> None:
    made = desk.activate(sold[1], ME)
    site = desk.site(ME, made.activation_id, made.site_token)
    new_home = replace(ME, url="https://new-home.example.com")
    assert desk.site(new_home, made.activation_id, made.site_token).check_in().site_changed
    with pytest.raises(SiteStillActive):
        site.resolve("moved", new_home)
    moved = site.resolve("moved", new_home, confirm=True)
    assert (moved.site.key, moved.activation_id) == ("new-home.example.com", made.activation_id)

    site = desk.site(new_home, moved.activation_id, moved.site_token)
    arrived = desk.activate(None, OTHER, transfer_code=site.offer_transfer())
    with pytest.raises(TokenRevoked):
        site.check_in()
    news = desk.site(OTHER, arrived.activation_id, arrived.site_token).check_in()
    listed = verify_revocations(
        news.revocations, keys=desk.trusted_keys, vendor_id=harbour.vendor.id, product_id=harbour.product.id
    ).list
    assert listed is not None
    assert listed.leases == {made.activation_id}

    for _ in range(2):  # each change is learned from an answer under a key that was known before it
        with tenant(harbour.vendor.id), writing():
            rotate_lease_keys(actor="cli", now=clock.now(), force=True)
        news = desk.site(OTHER, arrived.activation_id, arrived.site_token).check_in()
        checked = verify_lease(
            news.lease, keys=desk.trusted_keys, vendor_id=harbour.vendor.id, product_id=harbour.product.id,
            site_key=news.site_key, revocations=listed,
        )  # fmt: skip
        assert checked.verdict == "valid"
