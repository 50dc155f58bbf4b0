"""Sites that move, hand their seat over, ask their owner, and follow a vendor's change of keys."""

from dataclasses import replace
from pathlib import Path

import pytest
from keydesk import Keydesk, ProductFile, Site, SiteIdentity
from keydesk._state import State
from keydesk.errors import CopyNotAvailable, SiteStillActive, UntrustedAnswer

from tests.client_sdk.conftest import ME, PRODUCT_KEY, QUICK, SITE_TOKEN, Play, Stage
from tests.client_sdk.examples import ACTIVATION, CHECK_IN, SITE, problem
from tests.client_sdk.test_trust import TRUSTED, signed
from tests.vectors.making import CURRENT, FOURTH, NEXT, STRANGER, TestKey, trusted
from tests.vectors.revocations import list_text

NEW_HOME = SiteIdentity(uid="f" * 32, url="https://new-home.example.com")
KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"


def test_a_moved_site_keeps_its_identity_and_gets_a_new_token(site: Site, stage: Stage) -> None:
    stage.will(Play(200, ACTIVATION))

    moved = site.resolve("moved", replace(ME, url=NEW_HOME.url), confirm=True)

    assert (moved.created, moved.site_token) == (False, ACTIVATION["site_token"])
    [asked] = stage.asked
    assert (asked.method, asked.path) == ("POST", "/v1/site-resolutions")
    assert "idempotency-key" in asked.headers
    assert asked.json["resolution"] == "moved"
    assert asked.json["confirm"] is True
    assert "site_uid_new" not in asked.json


def test_a_copy_brings_an_identity_of_its_own(site: Site, stage: Stage) -> None:
    stage.will(Play(201, ACTIVATION))

    assert site.resolve("copy", NEW_HOME).created
    assert stage.asked[0].json["site_uid_new"] == NEW_HOME.uid


def test_what_stands_in_the_way_of_a_choice_has_a_name(site: Site, stage: Stage) -> None:
    stage.will(
        Play(409, problem(409, "site_still_active", last_seen="2026-11-21T10:00:00Z")),
        Play(409, problem(409, "copy_not_available")),
    )

    with pytest.raises(SiteStillActive) as refused:
        site.resolve("moved", NEW_HOME)
    assert refused.value.last_seen == "2026-11-21T10:00:00Z"
    with pytest.raises(CopyNotAvailable):
        site.resolve("copy", NEW_HOME)


def test_a_code_takes_a_seat_to_another_site(desk: Keydesk, site: Site, stage: Stage) -> None:
    code = "kdx_" + "A" * 48
    stage.will(Play(201, {"transfer_code": code}), Play(201, ACTIVATION))

    assert site.offer_transfer() == code
    desk.activate(None, NEW_HOME, transfer_code=code)

    assert stage.asked[0].path == "/v1/activations/act_01/transfers"
    assert stage.asked[1].json["transfer_code"] == code


def test_the_owner_of_a_mailbox_is_asked_and_says_yes(desk: Keydesk, stage: Stage) -> None:
    code = "kdx_" + "B" * 48
    stage.will(
        Play(202, {"activation_link_id": "alk_01", "poll_secret": "s" * 43, "poll_after_s": 5}),
        Play(200, {"state": "pending", "transfer_code": None}),
        Play(200, {"state": "ready", "transfer_code": code}),
    )

    link = desk.ask_owner("ana@buyer.example.com", ME)
    states = [desk.owner_said(link), desk.owner_said(link)]

    assert [each.state for each in states] == ["pending", "ready"]
    assert states[1].transfer_code == code
    assert stage.asked[0].json["email"] == "ana@buyer.example.com"
    assert stage.asked[1].path == "/v1/activation-links/alk_01"
    assert stage.asked[1].headers["keydesk-link-secret"] == "s" * 43
    assert "s" * 43 not in repr(link)
    assert code not in repr(states[1])


def test_a_network_says_that_it_is_one(desk: Keydesk, stage: Stage) -> None:
    stage.will(Play(201, {**ACTIVATION, "site": {**SITE, "network": True}}), Play(201, ACTIVATION))

    made = desk.activate(KEY, replace(ME, network=True, blog_count=40))
    desk.activate(KEY, ME, copy_of="act_00")

    assert made.site.network
    first, second = (asked.json for asked in stage.asked)
    assert (first["network"], first["blog_count"]) == (True, 40)
    assert "network" not in second
    assert second["copy_of"] == "act_00"


def answer_with(*keys: TestKey) -> dict[str, object]:
    rows = [trusted(key, 0, None) for key in keys]
    return {**CHECK_IN, "signing_keys": rows}


def test_a_checked_answer_brings_new_keys_and_an_unchecked_one_none(stage: Stage) -> None:
    desk = Keydesk(stage.url, product_key=PRODUCT_KEY, retries=QUICK, trusted_keys=TRUSTED)
    site = desk.site(ME, "act_01", SITE_TOKEN)

    stage.will(signed(200, answer_with(STRANGER), STRANGER))
    with pytest.raises(UntrustedAnswer):
        site.check_in()
    assert [key.kid for key in desk.trusted_keys] == [CURRENT.kid, NEXT.kid]

    stage.will(signed(200, answer_with(NEXT, FOURTH, CURRENT), NEXT), signed(200, CHECK_IN, FOURTH))
    site.check_in()
    assert [key.kid for key in desk.trusted_keys] == [NEXT.kid, FOURTH.kid, CURRENT.kid]
    site.check_in()


def test_the_command_keeps_the_newest_list_only(stage: Stage, tmp_path: Path) -> None:
    product = ProductFile(stage.url, "ven_01", "prd_01", PRODUCT_KEY, tuple(TRUSTED))
    state = State(product, ME.uid, ME.url, "production")

    newer, older = list_text(serial=5), list_text(serial=4)
    state = replace(state, revocations=state.newer_list(older))
    state = replace(state, revocations=state.newer_list(newer))
    state = replace(state, revocations=state.newer_list(older))
    state = replace(state, revocations=state.newer_list(list_text(STRANGER, serial=9)))
    state.save(tmp_path / "state.json")

    kept = State.load(tmp_path / "state.json").revocation_list()
    assert kept is not None
    assert (kept.serial, kept.leases) == (5, frozenset(("lic_07", "act_09")))
    assert state.newer_list(None) == newer
