"""With trusted keys, only signed answers are believed, and a lease is worth something without the server."""

import json
import time
from typing import Any

import pytest
from keydesk import Keydesk, SigningKey, verify_lease
from keydesk.errors import BadInput, MissingExtra, ServerTrouble, TokenRevoked, UntrustedAnswer

from tests.client_sdk.conftest import ME, PRODUCT_KEY, QUICK, SITE_TOKEN, Asked, Play, Stage
from tests.client_sdk.examples import ACTIVATION, TICKET, problem
from tests.vectors.leases import EXP, GOOD, NOW
from tests.vectors.making import CURRENT, NEXT, STRANGER, TestKey, b64u

KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"
TRUSTED = [SigningKey(b64u(CURRENT.public)), SigningKey(b64u(NEXT.public))]


@pytest.fixture
def careful(stage: Stage) -> Keydesk:
    return Keydesk(stage.url, product_key=PRODUCT_KEY, retries=QUICK, trusted_keys=TRUSTED)


def signed(status: int, fields: dict[str, Any], key: TestKey = CURRENT, nonce: str | None = None) -> Play:
    """An answer signed for exactly the request that asks for it (or for another nonce)."""

    def make(asked: Asked) -> Play:
        body, ts = json.dumps(fields).encode(), int(time.time())
        echo = asked.headers["keydesk-nonce"] if nonce is None else nonce
        head = [
            "keydesk-reply-v1",
            str(status),
            asked.method,
            asked.path.split("?")[0],
            echo,
            str(ts),
            "",
            "",
        ]
        signature = b64u(key.sign("\n".join(head).encode() + body))
        header = f"v1 kid={key.kid}, ts={ts}, sig={signature}"
        return Play(status, headers={"Keydesk-Signature": header}, body=body)

    return Play(make=make)


def test_a_signed_answer_is_believed(careful: Keydesk, stage: Stage) -> None:
    stage.will(signed(201, ACTIVATION), signed(201, ACTIVATION, NEXT))

    assert careful.activate(KEY, ME).created
    assert careful.activate(KEY, ME).created


def test_a_signed_refusal_is_believed(careful: Keydesk, stage: Stage) -> None:
    stage.will(signed(401, problem(401, "token_revoked")))

    with pytest.raises(TokenRevoked):
        careful.site(ME, "act_01", SITE_TOKEN).check_in()


@pytest.mark.parametrize(
    "play",
    [Play(201, ACTIVATION), signed(201, ACTIVATION, STRANGER), signed(201, ACTIVATION, nonce="A" * 22)],
    ids=["unsigned", "stranger", "replayed"],
)
def test_an_answer_that_is_not_signed_for_us_is_no_answer(careful: Keydesk, stage: Stage, play: Play) -> None:
    stage.will(play)

    with pytest.raises(UntrustedAnswer) as refusal:
        careful.activate(KEY, ME)
    assert (refusal.value.code, refusal.value.status) == ("untrusted_answer", 201)


def test_an_unsigned_refusal_revokes_nothing(careful: Keydesk, stage: Stage) -> None:
    stage.will(Play(401, problem(401, "token_revoked")))

    with pytest.raises(UntrustedAnswer):
        careful.site(ME, "act_01", SITE_TOKEN).check_in()


def test_a_fault_of_the_server_needs_no_signature(careful: Keydesk, stage: Stage) -> None:
    stage.will(Play(500, problem(500, "internal_error")))

    with pytest.raises(ServerTrouble):
        careful.activate(KEY, ME)


def test_tickets_are_not_signed(careful: Keydesk, stage: Stage) -> None:
    stage.will(Play(200, {"data": [TICKET], "next": None}))

    assert careful.site(ME, "act_01", SITE_TOKEN).tickets.list().tickets[0].number == 1042


def test_at_most_four_whole_keys_are_trusted() -> None:
    with pytest.raises(BadInput):
        Keydesk("https://licenses.example.com", product_key=PRODUCT_KEY, trusted_keys=TRUSTED * 3)
    for wrong in ("AA", b64u(b"0" * 31), b64u(CURRENT.public) + "="):
        with pytest.raises(BadInput):
            SigningKey(wrong)


def test_without_the_extra_the_first_need_of_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nacl.signing", None)

    with pytest.raises(MissingExtra, match=r"keydesk\[verify\]"):
        Keydesk("https://licenses.example.com", product_key=PRODUCT_KEY, trusted_keys=TRUSTED)


def judge(**changes: Any) -> Any:
    facts: dict[str, Any] = {
        "keys": TRUSTED, "vendor_id": "ven_01", "product_id": "prd_01", "site_key": "example.com", "now": NOW
    }  # fmt: skip
    return verify_lease(changes.pop("text", GOOD), **facts | changes)


def test_a_good_lease_tells_what_it_allows() -> None:
    check = judge()

    assert check.usable
    assert check.lease.features == ("export", "sync")
    assert check.lease.license_ends == 1_830_297_600
    assert check.lease.updates_until == check.lease.license_ends


def test_a_lease_out_of_contact_is_usable_for_two_more_weeks() -> None:
    assert judge(now=EXP + 86_400).usable
    assert not judge(now=EXP + 15 * 86_400).usable


def test_a_lease_of_another_site_is_read_but_not_usable() -> None:
    check = judge(site_key="other.example.com")

    assert check.lease.site_key == "example.com"
    assert not check.usable


@pytest.mark.parametrize("junk", [None, 7, b"v1.AA.AA", "", "v1..", "ж" * 90, "v1." + "[" * 3000 + ".AA"])
def test_junk_is_a_verdict_and_never_an_error(junk: object) -> None:
    assert judge(text=junk) == judge(text="")
