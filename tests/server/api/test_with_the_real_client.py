"""The Python client and the server agree: a whole life of an activation over HTTP, every answer verified."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from keydesk import Keydesk, SigningKey, SiteIdentity, verify_lease
from keydesk.errors import SeatLimitReached
from werkzeug.serving import make_server

from server.accounts.services import published_signing_keys
from server.kernel import settings
from server.kernel.db import session
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
