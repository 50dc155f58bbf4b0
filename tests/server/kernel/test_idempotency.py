"""An act with one key happens once; a claim whose process died does not block it for long."""

from datetime import timedelta

import pytest

from server.kernel import idempotency
from server.kernel.db import writing
from tests.conftest import NOON, Cast

SCOPE, PRINT = "scope", "fingerprint"


def claim(*, fingerprint: str = PRINT, after_s: int = 0) -> idempotency.Stored | None:
    with writing():
        return idempotency.claim(SCOPE, fingerprint, NOON + timedelta(seconds=after_s))


def test_a_repeat_gets_the_first_answer(harbour: Cast) -> None:
    assert claim() is None
    with writing():
        idempotency.keep(SCOPE, 201, b'{"made":1}')
    assert claim(after_s=3600) == idempotency.Stored(201, b'{"made":1}')


def test_a_key_that_was_used_for_something_else_is_refused(harbour: Cast) -> None:
    claim()
    with pytest.raises(idempotency.Mismatch):
        claim(fingerprint="other")


def test_the_same_act_twice_at_once_waits_and_is_taken_over_after_a_minute(harbour: Cast) -> None:
    claim()
    with pytest.raises(idempotency.InProgress):
        claim(after_s=59)
    assert claim(after_s=61) is None
    with pytest.raises(idempotency.InProgress):
        claim(after_s=90)


def test_a_released_key_may_be_used_again(harbour: Cast) -> None:
    claim()
    with writing():
        idempotency.release(SCOPE)
    assert claim(fingerprint="other") is None


def test_a_new_web_process_frees_what_the_dead_one_held_and_keeps_answers(harbour: Cast) -> None:
    claim()
    with writing():
        idempotency.keep(SCOPE, 200, b"{}")
        idempotency.claim("second", PRINT, NOON)
    with writing():
        idempotency.release_abandoned()
        assert idempotency.claim("second", PRINT, NOON) is None
    assert claim() == idempotency.Stored(200, b"{}")
