"""Our Standard Webhooks code against the published library, and against everything that must not pass."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from server.helpdesks import standard_webhook
from server.helpdesks.standard_webhook import SignatureError, Verified
from server.kernel import clock

NOW = datetime.now(UTC).replace(microsecond=0)
SECRET = standard_webhook.new_secret()
BODY = '{"text": "Здравствуйте"}'.encode()


def signed(body: bytes = BODY, secret: str = SECRET, at: datetime = NOW) -> dict[str, list[str]]:
    headers = standard_webhook.sign(secret, delivery_id="kd-1", at=at, body=body)
    return {name: [value] for name, value in headers.items()}


def test_the_published_library_accepts_what_we_sign() -> None:
    headers = standard_webhook.sign(SECRET, delivery_id="kd-1", at=clock.now(), body=BODY)

    assert Webhook(SECRET).verify(BODY, headers) == {"text": "Здравствуйте"}


def test_we_accept_what_the_published_library_signs() -> None:
    signature = Webhook(SECRET).sign("msg_1", NOW, BODY.decode())
    headers = {"webhook-id": ["msg_1"], "webhook-timestamp": [str(int(NOW.timestamp()))]}
    headers["webhook-signature"] = [f"v1,{base64.b64encode(bytes(32)).decode()} {signature}"]

    assert standard_webhook.verify(headers, BODY, secret=SECRET, now=NOW) == Verified(
        "msg_1", int(NOW.timestamp())
    )


@pytest.mark.parametrize("age", [-300, 0, 300])
def test_within_five_minutes_both_ways_it_counts(age: int) -> None:
    headers = signed(at=NOW - timedelta(seconds=age))

    assert standard_webhook.verify(headers, BODY, secret=SECRET, now=NOW).delivery_id == "kd-1"


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("missing", {"webhook-signature": []}),
        ("missing", {"webhook-id": [""]}),
        ("repeated", {"webhook-signature": ["v1,a", "v1,b"]}),
        ("encoding", {"webhook-timestamp": ["12e3"]}),
        ("encoding", {"webhook-timestamp": ["٣٣"]}),
        ("encoding", {"webhook-id": ["x" * 256]}),
        ("mismatch", {"webhook-id": ["kd-2"]}),
        ("mismatch", {"webhook-signature": ["v1,äöü"]}),
        ("mismatch", {"webhook-signature": ["v2,abc"]}),
        ("too_old", {"webhook-timestamp": [str(int(NOW.timestamp()) - 301)]}),
        ("too_new", {"webhook-timestamp": [str(int(NOW.timestamp()) + 301)]}),
    ],
)
def test_what_is_not_exactly_right_is_refused(reason: str, change: dict[str, list[str]]) -> None:
    with pytest.raises(SignatureError) as refused:
        standard_webhook.verify({**signed(), **change}, BODY, secret=SECRET, now=NOW)
    assert refused.value.reason == reason


def test_one_changed_bit_or_another_secret_is_refused() -> None:
    for body, secret in ((BODY[:-1] + b"|", SECRET), (BODY, standard_webhook.new_secret())):
        with pytest.raises(SignatureError):
            standard_webhook.verify(signed(), body, secret=secret, now=NOW)


@given(st.text(), st.text(), st.text(), st.binary())
def test_nothing_but_a_signature_error_leaves_the_verifier(
    name: str, timestamp: str, signature: str, body: bytes
) -> None:
    headers = {"webhook-id": [name], "webhook-timestamp": [timestamp], "webhook-signature": [signature]}

    with pytest.raises(SignatureError):
        standard_webhook.verify(headers, body, secret=SECRET, now=NOW)


def test_only_a_long_enough_whsec_is_a_secret() -> None:
    assert standard_webhook.is_secret(SECRET)
    for text in ("", "whsec_", "whsec_short", "whsec_not base64 at all !!", SECRET.removeprefix("whsec_")):
        assert not standard_webhook.is_secret(text)
