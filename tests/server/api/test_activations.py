"""A site activates its license over the API, and each refusal has a constant code and a sentence."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from server.catalog.models import Product, ProductKey
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.secrets import new_token
from server.licensing.models import Activation, License, Seat
from server.licensing.services import (
    mint_activation_code,
    revoke_license,
    send_purchase_mail,
    suspend_license,
)
from tests.conftest import NOON, Cast
from tests.server.api.conftest import Ask, code_of, is_genuine

PATH = "/v1/activations"
Held = Callable[[], License]


@pytest.fixture
def activate(ask: Ask, harbour: Cast, sold: tuple[str, str], site_facts: Any) -> Any:
    """`activate(2)`: the second shop asks for a seat."""

    def run(number: int = 1, *, credential: str = "", key: str | None = "", **more: Any) -> Any:
        body = site_facts(number, **({"license_key": sold[1]} | more))
        return ask("POST", PATH, credential or harbour.product_key, body, key=key)

    return run


def test_a_site_gets_a_seat_a_token_and_a_lease(activate: Any, held: Held) -> None:
    answer = activate(admin_url="https://shop-1.example.com/wp/wp-admin/", plugin_version="1.4.0")

    assert answer.status_code == 201
    body = answer.json
    assert body["site"] == {
        "site_key": "shop-1.example.com", "environment": "production", "counted": True, "network": False,
    }  # fmt: skip
    assert body["license"]["seats"] == {"limit": 5, "used": 1}
    assert body["site_token"].startswith("kdt_")
    assert body["lease"].startswith("v1.")
    assert (len(body["signing_keys"]), body["check_in_after_s"]) == (2, 86_400)
    assert is_genuine(answer)
    stored = session.scalars(select(Activation)).one()
    assert (stored.admin_url, stored.plugin_version) == ("https://shop-1.example.com/wp/wp-admin/", "1.4.0")


def test_the_same_site_again_keeps_its_seat_and_gets_a_new_token(activate: Any) -> None:
    first, again = activate(), activate()

    assert again.status_code == 200
    assert again.json["activation_id"] == first.json["activation_id"]
    assert again.json["site_token"] != first.json["site_token"]
    assert again.json["license"]["seats"]["used"] == 1


def test_a_lost_answer_is_told_again_with_a_signature_for_the_new_nonce(activate: Any) -> None:
    first = activate(key="the-same-click-again")
    again = activate(key="the-same-click-again")

    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert is_genuine(first)
    assert is_genuine(again)


def test_a_click_needs_a_key_of_its_own(activate: Any) -> None:
    assert code_of(activate(key=None)) == (400, "idempotency_key_required")
    assert code_of(activate(key="short")) == (400, "idempotency_key_invalid")
    activate(key="the-same-click-again")
    assert code_of(activate(2, key="the-same-click-again")) == (422, "idempotency_mismatch")


def test_a_key_we_cannot_use_is_refused_with_its_own_code(activate: Any, harbour: Cast) -> None:
    with writing():
        other = Product(slug="other", name="Other", edd_item_id=7, created_at=NOON)
        session.add(other)
        session.flush()
        keys = {"other": new_token("kdp_"), "test": new_token("kdp_")}
        session.add(ProductKey(product_id=other.id, key=keys["other"]))
        session.add(ProductKey(product_id=harbour.product.id, key=keys["test"], mode="test"))

    unknown = "KD1-000000-000000-000000-000000-087TJ8"
    assert code_of(activate(license_key="KD1-nonsense")) == (422, "key_malformed")
    assert code_of(activate(license_key=unknown)) == (404, "license_not_found")
    assert code_of(activate(credential=keys["other"])) == (422, "product_mismatch")
    assert code_of(activate(credential=keys["test"])) == (422, "mode_mismatch")
    assert code_of(activate(transfer_code="kdx_x")) == (422, "validation_failed")
    assert session.scalar(select(func.count()).select_from(Seat)) == 0


def test_a_license_that_may_not_be_used_says_why(activate: Any, held: Held) -> None:
    with writing():
        held().valid_until = clock.now() - timedelta(days=2)
    refused = activate()
    assert code_of(refused) == (403, "license_expired")
    assert refused.json["manage_url"].endswith("/account/harbour"), "where it can be renewed"
    with writing():
        held().starts_at = clock.now() + timedelta(days=2)
    assert code_of(activate()) == (403, "license_not_started")
    with writing():
        suspend_license(held(), "unpaid", actor="system", now=NOON)
    assert code_of(activate()) == (403, "license_suspended")
    with writing():
        revoke_license(held(), "refunded", actor="system", now=NOON)
    refused = activate()
    assert code_of(refused) == (403, "license_revoked")
    assert refused.json["detail"] == (
        "This license was revoked on 2026-11-21 because the purchase was refunded. Please ask the vendor."
    )
    assert is_genuine(refused)


def test_an_address_that_is_none_is_refused(activate: Any) -> None:
    assert code_of(activate(site_url="ftp://shop.example.com")) == (422, "site_url_invalid")
    assert code_of(activate(site_url="notaurl")) == (422, "site_url_invalid")


def test_a_full_license_names_its_sites_in_hints_only(activate: Any) -> None:
    for number in range(5):
        assert activate(number).status_code == 201

    refused = activate(6)

    assert code_of(refused) == (409, "seat_limit_reached")
    assert refused.json["seats"] == {"limit": 5, "used": 5}
    assert {site["site_hint"] for site in refused.json["occupied"]} == {"sh….com"}
    assert "shop-1" not in refused.text
    assert refused.json["manage_url"].endswith("/account/harbour"), "where a place can be made"
    assert is_genuine(refused)


def test_the_code_of_a_purchase_page_stands_for_the_key_once(
    ask: Ask, harbour: Cast, held: Held, site_facts: Any
) -> None:
    with writing():
        page = send_purchase_mail(held(), cause="order:1")
        code, _address = mint_activation_code(page, "https://shop-1.example.com", clock.now())

    def redeem(number: int, text: str) -> Any:
        return ask("POST", PATH, harbour.product_key, site_facts(number, transfer_code=text))

    assert code_of(redeem(1, new_token("kdx_"))) == (422, "transfer_code_invalid")
    assert redeem(1, code).status_code == 201
    assert redeem(1, code).status_code == 200
    assert code_of(redeem(2, code)) == (409, "transfer_code_used")


def test_a_refused_site_does_not_spend_the_code(ask: Ask, harbour: Cast, held: Held, site_facts: Any) -> None:
    with writing():
        page = send_purchase_mail(held(), cause="order:1")
        code, _address = mint_activation_code(page, "https://shop-1.example.com", clock.now())
        held().seats = 0
    body = site_facts(1, transfer_code=code)
    assert code_of(ask("POST", PATH, harbour.product_key, body)) == (409, "seat_limit_reached")
    with writing():
        held().seats = 1

    assert ask("POST", PATH, harbour.product_key, body).status_code == 201


def test_a_strangers_key_is_answered_byte_for_byte_like_an_unknown_one(activate: Any, stranger: Cast) -> None:
    foreign = activate(credential=stranger.product_key)
    unknown = activate(credential=stranger.product_key, license_key="KD1-000000-000000-000000-000000-087TJ8")

    assert code_of(foreign) == (404, "license_not_found")
    assert foreign.data == unknown.data


def test_a_site_reads_its_own_activation_and_no_other(ask: Ask, activate: Any) -> None:
    mine, other = activate(1).json, activate(2).json

    answer = ask("GET", f"{PATH}/{mine['activation_id']}", mine["site_token"])
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["site"]["site_key"] == "shop-1.example.com"
    assert is_genuine(answer)

    foreign = ask("GET", f"{PATH}/{other['activation_id']}", mine["site_token"])
    missing = ask("GET", f"{PATH}/act_00000000000000000000000000", mine["site_token"])
    assert code_of(foreign) == (404, "not_found")
    assert foreign.data == missing.data


def test_a_released_site_may_repeat_its_release_and_nothing_else(ask: Ask, activate: Any) -> None:
    mine = activate().json
    path, token = f"{PATH}/{mine['activation_id']}", mine["site_token"]

    first, again = ask("DELETE", path, token), ask("DELETE", path, token)

    assert first.status_code == again.status_code == 200
    assert first.json == again.json == {"released": True, "seats": {"limit": 5, "used": 0}}
    gone = ask("GET", path, token)
    assert code_of(gone) == (401, "token_revoked")
    assert is_genuine(gone)


def test_a_token_that_was_replaced_cannot_release_the_site(
    ask: Ask, activate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = activate().json, activate().json
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    path = f"{PATH}/{old['activation_id']}"

    assert code_of(ask("DELETE", path, old["site_token"])) == (401, "token_revoked")
    assert ask("GET", path, new["site_token"]).status_code == 200


def test_guessing_keys_is_slowed_down(activate: Any, with_limits: None) -> None:
    codes = [code_of(activate(license_key="KD1-nonsense")) for _ in range(21)]

    assert codes == [(422, "key_malformed")] * 20 + [(429, "rate_limited")]
