"""Many sites at once at the doors: exactly as many sit as there are seats, on both databases."""

import threading
import time
from collections import Counter
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from server.kernel.db import session
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License
from tests.server.compat.conftest import post

SITES = 60
DEADLINE_S = 60


def test_sixty_sites_at_once_on_five_seats_give_exactly_five(app: Flask, sold: tuple[str, str]) -> None:
    start, deadline = threading.Barrier(SITES), time.monotonic() + DEADLINE_S
    answers: list[str] = []

    def ask(number: int) -> TestResponse:
        """Every second one comes by the other door."""
        client, url = app.test_client(), f"https://shop-{number}.example.com"
        if number % 2:
            sent = {"license_key": sold[1], "instance_name": url}
            return client.post("/compat/ls/v1/licenses/activate", data=sent)
        fields = {"edd_action": "activate_license", "license": sold[1], "item_id": "1", "url": url}
        return post(client, fields)

    def one(number: int) -> None:
        start.wait()
        answer = ask(number)
        while answer.status_code == 503 and time.monotonic() < deadline:  # "busy, come again"
            answer = ask(number)
        answers.append(outcome(answer.get_json()))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(SITES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    session.rollback()  # this thread's own view of the database is older than the race
    live = select(func.count()).select_from(Activation).where(Activation.ended_at.is_(None))
    assert Counter(answers) == {"seated": 5, "full": SITES - 5}
    assert resolve(License, sold[0]).seats_used == session.scalar(live) == 5


def outcome(answer: dict[str, Any]) -> str:
    if answer.get("activated") or answer.get("license") == "valid":
        return "seated"
    full = {"no_activations_left", "All sites of this license are in use."}
    return "full" if answer["error"] in full else str(answer)
