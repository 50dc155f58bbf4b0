"""Seats: what is sent, what comes back, and what each refusal becomes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from keydesk import Keydesk, Site, SiteIdentity, errors, new_site_uid

from tests.client_sdk.conftest import ME, PRODUCT_KEY, SITE_TOKEN, Play, Stage
from tests.client_sdk.examples import ACTIVATION, CHECK_IN, LICENSE, SITE, TICKET, problem

KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"


def test_an_activation_sends_the_normalised_key_and_reads_the_seat(desk: Keydesk, stage: Stage) -> None:
    stage.will(Play(201, ACTIVATION))
    activation = desk.activate(
        f" {KEY.lower()} ", ME, label="Shop", admin_url="https://shop-1.example.com/wp/"
    )

    asked = stage.asked[0]
    assert asked.headers["authorization"] == f"Bearer {PRODUCT_KEY}"
    assert len(asked.headers["keydesk-nonce"]) == 22
    assert asked.json == {
        "license_key": KEY.replace("-", ""), "site_uid": ME.uid, "site_url": ME.url,
        "environment": "production", "plugin_version": "1.4.0", "label": "Shop",
        "admin_url": "https://shop-1.example.com/wp/",
    }  # fmt: skip
    assert activation.created
    assert activation.site.counted
    assert activation.license.valid_until == datetime(2028, 1, 1, tzinfo=UTC)
    assert activation.license.seats.limit == 5
    assert activation.signing_keys[0].kid == "k56475aa75463474c"
    assert activation.signing_keys[0].not_before == int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def test_a_lifetime_license_without_a_limit_is_read_as_such(desk: Keydesk, stage: Stage) -> None:
    forever = LICENSE | {"valid_until": None, "seats": {"limit": None, "used": 9}}
    stage.will(Play(200, ACTIVATION | {"license": forever, "lease": None}))
    activation = desk.activate(None, ME, transfer_code="kdx_" + "A" * 48)

    assert stage.asked[0].json["transfer_code"].startswith("kdx_")
    assert activation.license.valid_until is None
    assert activation.license.seats.limit is None
    assert activation.lease is None
    assert not activation.created


def test_secrets_do_not_show_in_reprs(desk: Keydesk, stage: Stage, site: Site) -> None:
    stage.will(Play(201, ACTIVATION))
    activation = desk.activate(KEY, ME)

    assert activation.site_token not in repr(activation)
    assert ME.uid not in repr(ME)
    assert SITE_TOKEN not in repr(site)


def test_a_mistyped_key_is_told_before_anything_is_sent(desk: Keydesk, stage: Stage) -> None:
    with pytest.raises(errors.KeyMalformed) as refusal:
        desk.activate(KEY[:-1] + "W", ME)
    assert refusal.value.code == "key_malformed"
    assert not stage.asked


@pytest.mark.parametrize(
    "typed",
    ["KD1-000000", KEY[:-1] + "W", "short", "x" * 201, "\ud800" * 10, "kdx_0123456789", "kds_0123456789"],
)
def test_a_key_that_cannot_be_read_is_answered_with_where_the_whole_one_stands(
    desk: Keydesk, stage: Stage, typed: str
) -> None:
    with pytest.raises(
        errors.KeyMalformed, match="copy the whole key from the purchase e-mail or the page of"
    ):
        desk.activate(typed, ME)
    assert not stage.asked


REFUSALS = [
    (404, "license_not_found", errors.LicenseNotFound),
    (403, "license_expired", errors.LicenseExpired),
    (403, "license_suspended", errors.LicenseSuspended),
    (403, "license_revoked", errors.LicenseRevoked),
    (403, "license_not_started", errors.NotAllowed),
    (422, "product_mismatch", errors.Invalid),
    (422, "site_url_invalid", errors.Invalid),
    (401, "credentials_invalid", errors.BadCredentials),
    (401, "token_revoked", errors.TokenRevoked),
    (409, "dev_limit_reached", errors.Conflict),
    (404, "not_found", errors.NotFound),
    (413, "body_too_large", errors.Invalid),
    (418, "a_code_of_next_year", errors.Refused),
    (403, "a_code_of_next_year", errors.NotAllowed),
]


@pytest.mark.parametrize(("status", "code", "kind"), REFUSALS)
def test_a_refusal_keeps_its_code_and_sentence(
    desk: Keydesk, stage: Stage, status: int, code: str, kind: type[errors.Refused]
) -> None:
    stage.will(Play(status, problem(status, code), {"Keydesk-Request-Id": "req_1"}))

    with pytest.raises(kind) as refusal:
        desk.activate(KEY, ME)
    assert type(refusal.value) is kind
    assert (refusal.value.code, refusal.value.status, refusal.value.request_id) == (code, status, "req_1")
    assert str(refusal.value) == f"A sentence about {code}."


def test_no_seat_left_tells_who_sits(desk: Keydesk, stage: Stage) -> None:
    occupied = [{"site_hint": "ex….com", "last_seen": None, "environment": "production"}]
    told = problem(409, "seat_limit_reached", seats={"limit": 1, "used": 1}, occupied=occupied)
    stage.will(Play(409, told))

    with pytest.raises(errors.SeatLimitReached) as refusal:
        desk.activate(KEY, ME)
    assert refusal.value.seats == {"limit": 1, "used": 1}
    assert refusal.value.occupied == occupied


def test_a_validation_is_an_answer_and_takes_no_idempotency_key(desk: Keydesk, stage: Stage) -> None:
    stage.will(Play(200, {"valid": False, "code": "EXPIRED", "license": LICENSE, "checked": ["known"]}))
    validation = desk.validate(KEY, site=ME, features=["export"])

    assert (validation.valid, validation.code, validation.checked) == (False, "EXPIRED", ("known",))
    assert "idempotency-key" not in stage.asked[0].headers
    assert stage.asked[0].json["features"] == ["export"]


def test_a_check_in_reads_lease_license_and_news(site: Site, stage: Stage) -> None:
    stage.will(Play(200, CHECK_IN))
    news = site.check_in(lease_seq=7)

    assert stage.asked[0].headers["authorization"] == f"Bearer {SITE_TOKEN}"
    assert stage.asked[0].json["lease_seq"] == 7
    assert not news.site_changed
    assert news.license is not None
    assert news.replies[0].subject == TICKET["subject"]
    assert (news.unread, news.next_check_in_s) == (1, 90_000)


def test_a_revoked_license_is_an_answer_of_the_check_in(site: Site, stage: Stage) -> None:
    over = {"lease": None, "validation": {"valid": False, "code": "REVOKED"}}
    stage.will(Play(200, CHECK_IN | over | {"license": LICENSE | {"status": "revoked"}}))
    news = site.check_in()

    assert news.lease is None
    assert news.license is not None
    assert news.license.status == "revoked"


def test_giving_a_seat_back_is_a_delete_with_a_key(site: Site, stage: Stage) -> None:
    stage.will(Play(200, {"released": True, "seats": {"limit": 5, "used": 0}}))
    release = site.deactivate()

    assert release.released
    assert (stage.asked[0].method, stage.asked[0].path) == ("DELETE", "/v1/activations/act_01")
    assert stage.asked[0].headers["idempotency-key"]


def test_an_activation_can_be_read_again(site: Site, stage: Stage) -> None:
    times = {"created_at": "2026-11-21T10:00:00Z", "last_seen_at": None}
    stage.will(Play(200, {"activation_id": "act_01", "site": SITE, "license": LICENSE, **times}))

    assert site.activation().created_at == datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [b"<html>It works!</html>", b"[]", b"{}", b'{"activation_id": 7}', b"", b"[" * 100_000],
    ids=["page", "list", "empty", "mistyped", "nothing", "deep"],
)
def test_an_answer_that_is_not_of_the_contract_is_told_as_such(
    desk: Keydesk, stage: Stage, body: bytes
) -> None:
    stage.will(Play(200, body=body))

    with pytest.raises(errors.UnreadableAnswer):
        desk.activate(KEY, ME)


def test_a_redirect_is_not_followed(desk: Keydesk, stage: Stage) -> None:
    stage.will(Play(307, {}, {"Location": "http://127.0.0.1:9/"}))

    with pytest.raises(errors.UnreadableAnswer, match="elsewhere"):
        desk.activate(KEY, ME)


def test_a_gateways_page_becomes_an_error_of_its_status(site: Site, stage: Stage) -> None:
    stage.will(*[Play(502, body=b"<html>Bad Gateway</html>")] * 5)

    with pytest.raises(errors.ServerTrouble) as refusal:
        site.check_in()
    assert refusal.value.code == "http_502"


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("uid", {"uid": "ABC", "url": ME.url}),
    ("url", {"uid": ME.uid, "url": ""}),
    ("url", {"uid": ME.uid, "url": "https://example.com/" + "a" * 2_048}),
    ("environment", {"uid": ME.uid, "url": ME.url, "environment": "prod"}),
]


@pytest.mark.parametrize(("field", "facts"), WRONG)
def test_a_wrong_identity_names_its_field(field: str, facts: dict[str, Any]) -> None:
    with pytest.raises(errors.BadInput) as refusal:
        SiteIdentity(**facts)
    assert refusal.value.field == field


def test_a_new_uid_is_one_that_is_taken() -> None:
    assert SiteIdentity(uid=new_site_uid(), url=ME.url).uid != new_site_uid()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://licenses.example.com", "https_required"),
        ("licenses.example.com", "validation_failed"),
        ("ftp://licenses.example.com", "validation_failed"),
        ("https://user@licenses.example.com", "validation_failed"),
        ("https://[::1", "validation_failed"),
    ],
)
def test_a_server_is_reached_by_https(url: str, code: str) -> None:
    with pytest.raises(errors.BadInput) as refusal:
        Keydesk(url, product_key=PRODUCT_KEY)
    assert refusal.value.code == code


def test_http_is_a_decision_and_a_path_before_v1_is_kept(stage: Stage) -> None:
    Keydesk("http://keydesk.internal", product_key=PRODUCT_KEY, allow_http=True)
    below = Keydesk(stage.url + "/keydesk/", product_key=PRODUCT_KEY)
    stage.will(Play(201, ACTIVATION))
    below.activate(KEY, ME)

    assert stage.asked[0].path == "/keydesk/v1/activations"


def test_other_credentials_are_refused_where_they_do_not_belong(desk: Keydesk) -> None:
    for wrong in (SITE_TOKEN, "", KEY):
        with pytest.raises(errors.BadInput):
            Keydesk("https://licenses.example.com", product_key=wrong)
    with pytest.raises(errors.BadInput):
        desk.site(ME, "act_01", PRODUCT_KEY)
    with pytest.raises(errors.BadInput):
        desk.site(ME, "../tickets", SITE_TOKEN)
    with pytest.raises(errors.BadInput):
        desk.activate(KEY, ME, transfer_code="kdx_both")
    with pytest.raises(errors.BadInput) as refusal:
        desk.activate(KEY, ME, idempotency_key="short")
    assert refusal.value.code == "idempotency_key_invalid"
