"""What is tried again, what never is, and how long the client waits in between."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from keydesk import Keydesk, Retries, Site
from keydesk._retries import asked_wait
from keydesk.errors import BadInput, Conflict, ServerTrouble, TooManyRequests, Unreachable

from tests.client_sdk.conftest import ME, PRODUCT_KEY, QUICK, Play, Stage
from tests.client_sdk.examples import ACTIVATION, CHECK_IN, MESSAGE, problem

KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_with_the_same_key(desk: Keydesk, stage: Stage, status: int) -> None:
    stage.will(Play(status, problem(status, "overloaded")), Play(201, ACTIVATION))

    assert desk.activate(KEY, ME).activation_id == "act_01"
    assert len({asked.headers["idempotency-key"] for asked in stage.asked}) == 1
    assert stage.asked[0].body == stage.asked[1].body


def test_a_connection_that_breaks_is_tried_again_with_the_same_key(desk: Keydesk, stage: Stage) -> None:
    stage.will(Play(0), Play(0), Play(201, ACTIVATION))

    desk.activate(KEY, ME)

    assert len(stage.asked) == 3
    assert len({asked.headers["idempotency-key"] for asked in stage.asked}) == 1


def test_an_own_earlier_try_that_still_runs_is_waited_for(desk: Keydesk, stage: Stage) -> None:
    running = problem(409, "idempotency_in_progress")
    stage.will(Play(409, running, {"Retry-After": "0"}), Play(200, ACTIVATION))

    assert not desk.activate(KEY, ME).created


def test_each_act_has_a_key_of_its_own_and_a_given_one_is_used(site: Site, stage: Stage) -> None:
    stage.will(Play(201, MESSAGE), Play(201, MESSAGE), Play(201, MESSAGE))
    site.tickets.reply("tkt_01", "one")
    site.tickets.reply("tkt_01", "two")
    site.tickets.reply("tkt_01", "three", idempotency_key="queued-action-0001")

    keys = [asked.headers["idempotency-key"] for asked in stage.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "queued-action-0001"


def test_a_refusal_is_not_tried_again(site: Site, stage: Stage) -> None:
    stage.will(Play(409, problem(409, "state_conflict")))

    with pytest.raises(Conflict):
        site.tickets.reply("tkt_01", "too late")
    assert len(stage.asked) == 1


def test_a_fault_of_the_server_is_not_tried_again(site: Site, stage: Stage) -> None:
    stage.will(Play(500, problem(500, "internal_error")))

    with pytest.raises(ServerTrouble):
        site.check_in()
    assert len(stage.asked) == 1


def test_after_four_repetitions_the_last_refusal_is_told(site: Site, stage: Stage) -> None:
    stage.will(*[Play(503, problem(503, "maintenance"), {"Retry-After": "0"})] * 5)

    with pytest.raises(ServerTrouble) as refusal:
        site.check_in()
    assert refusal.value.code == "maintenance"
    assert len(stage.asked) == 5


def test_after_four_repetitions_an_absent_server_is_told(stage: Stage) -> None:
    nobody = Keydesk("http://127.0.0.1:9", product_key=PRODUCT_KEY, retries=QUICK)

    with pytest.raises(Unreachable) as refusal:
        nobody.activate(KEY, ME)
    assert refusal.value.tries == 5
    assert refusal.value.code == "unreachable"


def test_a_wait_longer_than_ours_is_told_at_once(site: Site, stage: Stage) -> None:
    stage.will(Play(429, problem(429, "rate_limited"), {"Retry-After": "3600"}))

    with pytest.raises(TooManyRequests) as refusal:
        site.tickets.list()
    assert refusal.value.retry_after == 3600
    assert len(stage.asked) == 1


def test_waits_double_and_are_jittered_and_never_shorter_than_asked() -> None:
    retries = Retries(total=4, backoff_s=1, longest_wait_s=5)
    waits = [[retries.pause_before(at) for at in (1, 2, 3, 4)] for _ in range(50)]

    for at, full in enumerate((1, 2, 4, 5)):
        assert all(full / 2 <= (row[at] or 0) <= full for row in waits)
    assert len({row[0] for row in waits}) > 10
    assert retries.pause_before(1, asked_s=3) == 3
    assert retries.pause_before(1, asked_s=6) is None
    assert retries.pause_before(5) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("soon", None),
        ("-1", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: int | None) -> None:
    assert asked_wait({"retry-after": text}, NOW.timestamp()) == seconds


def test_patience_is_not_negative() -> None:
    with pytest.raises(BadInput):
        Retries(total=-1)


def test_no_repetition_when_none_is_wanted(stage: Stage) -> None:
    once = Keydesk(stage.url, product_key=PRODUCT_KEY, retries=Retries(total=0)).site(ME, "act_01", "kdt_x")
    stage.will(Play(503, problem(503, "maintenance")), Play(200, CHECK_IN))

    with pytest.raises(ServerTrouble):
        once.check_in()
