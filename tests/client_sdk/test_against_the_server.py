"""The real SDK against the real server, over HTTP and with every signature checked."""

import dataclasses
import io
import json
from typing import Any

import pytest
from keydesk import (
    File,
    Keydesk,
    ProductFile,
    Retries,
    Site,
    SiteIdentity,
    Verdict,
    errors,
    new_site_uid,
    system_diagnostics,
)
from PIL import Image

from tests.tools.keydesk_server import KeydeskServer


@pytest.fixture
def demo(demo_server: KeydeskServer) -> dict[str, Any]:
    return demo_server.demo_facts()


@pytest.fixture
def product(demo_server: KeydeskServer, demo: dict[str, Any]) -> ProductFile:
    read = ProductFile.read(json.dumps(demo["product_file"]))
    return dataclasses.replace(read, server=demo_server.url)


@pytest.fixture
def desk(product: ProductFile) -> Keydesk:
    return Keydesk.of(product, retries=Retries(backoff_s=0.01))


@pytest.fixture
def me() -> SiteIdentity:
    """A site of this test's own, so that tests do not share seats or conversations."""
    uid = new_site_uid()
    return SiteIdentity(uid=uid, url=f"https://sdk-{uid[:8]}.example.com", version="1.4.0", locale="ru_RU")


def screenshot() -> File:
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(picture, "PNG")
    return File("shot.png", picture.getvalue())


def seat_for(desk: Keydesk, demo: dict[str, Any], me: SiteIdentity) -> Site:
    activation = desk.activate(demo["license_key"], me)
    return desk.site(me, activation.activation_id, activation.site_token)


def test_a_site_takes_its_seat_runs_offline_and_gives_it_back(
    desk: Keydesk, product: ProductFile, demo: dict[str, Any], me: SiteIdentity
) -> None:
    activation = desk.activate(demo["license_key"].lower(), me, label="Shop")
    site = desk.site(me, activation.activation_id, activation.site_token)
    try:
        offline = product.verify_lease(activation.lease, site_key=activation.site.key)
        copied = product.verify_lease(activation.lease, site_key="copy.example.com")

        assert activation.created
        assert (offline.verdict, copied.verdict) == (Verdict.VALID, Verdict.WRONG_SITE)
        assert desk.validate(demo["license_key"], site=me).code == "VALID"
        assert site.validate(features=["no-such-feature"]).code == "FEATURE_MISSING"
        assert site.activation().site == activation.site
        news = site.check_in(lease_seq=offline.lease.seq if offline.lease else None)
        assert product.verify_lease(news.lease, site_key=news.site_key).usable
    finally:
        released = site.deactivate()
    assert released == site.deactivate(), "repeating gives the same answer"
    with pytest.raises(errors.TokenRevoked):
        site.check_in()


def test_a_repeated_activation_is_one_activation(
    desk: Keydesk, demo: dict[str, Any], me: SiteIdentity
) -> None:
    key = "crashed-in-between-" + me.uid
    first = desk.activate(demo["license_key"], me, idempotency_key=key)
    again = desk.activate(demo["license_key"], me, idempotency_key=key)
    other = dataclasses.replace(me, url="https://other.example.com")

    assert again == first
    assert again.site_token == first.site_token
    with pytest.raises(errors.Invalid) as refusal:
        desk.activate(demo["license_key"], other, idempotency_key=key)
    assert refusal.value.code == "idempotency_mismatch"
    desk.site(me, first.activation_id, first.site_token).deactivate()


def test_keys_that_are_not_ours_are_not_found(desk: Keydesk, demo: dict[str, Any], me: SiteIdentity) -> None:
    for foreign in (demo["second_vendor"]["license_key"], "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"):
        with pytest.raises(errors.LicenseNotFound):
            desk.activate(foreign, me)
        assert desk.validate(foreign).code == "NOT_FOUND"


def test_an_unknown_product_key_is_refused(demo_server: KeydeskServer, me: SiteIdentity) -> None:
    unknown = Keydesk(demo_server.url, product_key="kdp_" + "A" * 24 + "3v76rY")

    with pytest.raises(errors.BadCredentials) as refusal:
        unknown.activate("KD1-000G40-R40M30-E20918-5GR38E-1PHBCV", me)
    assert refusal.value.code == "credentials_invalid"
    assert refusal.value.request_id


def test_a_ticket_lives_its_life_and_no_other_site_sees_it(
    desk: Keydesk, demo: dict[str, Any], me: SiteIdentity
) -> None:
    seats = [
        desk.activate(demo["license_key"], dataclasses.replace(me, uid=uid))
        for uid in (me.uid, new_site_uid())
    ]
    mine, other = (desk.site(me, seat.activation_id, seat.site_token) for seat in seats)
    opened = mine.tickets.open(
        "Печать останавливается",
        "После обновления галерея не печатает.",
        type="bug",
        email="olga@example.com",
        diagnostics=system_diagnostics() | {"errors": [demo["license_key"]]},
        files=[screenshot()],
    )
    answer = mine.tickets.reply(opened.ticket_id, "Ещё одна деталь.", files=[File("log.txt", b"line\n")])
    ticket = mine.tickets.read(opened.ticket_id)

    assert [message.body for message in ticket.messages] == [
        "После обновления галерея не печатает.", "Ещё одна деталь.",
    ]  # fmt: skip
    assert ticket.messages[0].attachments[0].name == "shot.png"
    assert ticket.messages[1].message_id == answer.message_id
    assert mine.tickets.list().tickets[0].ticket_id == opened.ticket_id
    mine.tickets.close(opened.ticket_id)
    assert mine.tickets.read(opened.ticket_id).summary.status == "closed"
    with pytest.raises(errors.NotFound):
        other.tickets.read(opened.ticket_id)
    assert opened.ticket_id not in {each.ticket_id for each in other.tickets.list().tickets}
    mine.deactivate()
    other.deactivate()


def test_a_repeated_ticket_with_its_file_is_one_ticket(
    desk: Keydesk, demo: dict[str, Any], me: SiteIdentity
) -> None:
    site = seat_for(desk, demo, me)
    file, key = File("log.txt", b"line\n"), "queued-" + me.uid
    first, again = (
        site.tickets.open("It stops", "At step 2.", files=[file], idempotency_key=key) for _ in range(2)
    )

    assert first == again
    assert len(site.tickets.list().tickets) == 1
    site.deactivate()
