"""Two hundred sites at once on five seats: exactly five sit, on both databases, through the application."""

import threading
import time
import uuid
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from server.kernel.db import session
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License, Seat
from tests.conftest import Cast

SITES = 200
REPEATS = 50
DEADLINE_S = 120
COME_AGAIN = {
    (503, None),
    (503, "temporarily_unavailable"),
    (409, "idempotency_in_progress"),
}  # as clients do


def test_two_hundred_sites_at_once_on_five_seats_give_exactly_five(
    app: Flask, harbour: Cast, sold: tuple[str, str], site_facts: Any
) -> None:
    answers = at_once(app, harbour.product_key, [site_facts(n, license_key=sold[1]) for n in range(SITES)])

    assert sorted(answers) == [(201, None)] * 5 + [(409, "seat_limit_reached")] * (SITES - 5)
    assert_seats(sold[0], 5)


def test_one_site_many_times_at_once_takes_one_seat(
    app: Flask, harbour: Cast, sold: tuple[str, str], site_facts: Any
) -> None:
    answers = at_once(app, harbour.product_key, [site_facts(1, license_key=sold[1])] * REPEATS)

    assert sorted(answers) == [(200, None)] * (REPEATS - 1) + [(201, None)]
    assert_seats(sold[0], 1)


def test_with_the_default_limits_there_are_never_more_than_five(
    app: Flask, harbour: Cast, sold: tuple[str, str], site_facts: Any, with_limits: None
) -> None:
    bodies = [site_facts(n, license_key=sold[1]) for n in range(SITES)]

    answers = at_once(app, harbour.product_key, bodies)

    assert sorted(set(answers)) == [(201, None), (409, "seat_limit_reached"), (429, "rate_limited")]
    assert_seats(sold[0], 5)


def at_once(app: Flask, product_key: str, bodies: list[dict[str, Any]]) -> list[tuple[int, str | None]]:
    """Send all bodies from threads that start together; status and code of each final answer."""
    start, deadline = threading.Barrier(len(bodies)), time.monotonic() + DEADLINE_S
    answers: list[tuple[int, str | None]] = []

    def one(body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {product_key}", "Idempotency-Key": str(uuid.uuid4())}
        client = app.test_client()
        start.wait()
        answer: tuple[int, str | None] = (503, None)
        while answer in COME_AGAIN and time.monotonic() < deadline:
            said = client.post("/v1/activations", json=body, headers=headers)
            answer = (said.status_code, (said.json or {}).get("code"))
        answers.append(answer)

    threads = [threading.Thread(target=one, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def assert_seats(license_id: str, number: int) -> None:
    """The counter, the seats and the live activations agree."""
    session.rollback()  # this thread's own view of the database is older than the race
    live = select(func.count()).select_from(Activation).where(Activation.ended_at.is_(None))
    assert resolve(License, license_id).seats_used == number
    assert session.scalar(select(func.count()).select_from(Seat)) == number
    assert session.scalar(live) == number
