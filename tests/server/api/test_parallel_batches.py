"""Two scripts issue for the same people at once, in opposite order: both are answered, nobody twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from server.customers.models import Customer
from server.customers.services import customer_for
from server.kernel.db import session, writing
from server.licensing.models import License
from tests.conftest import NOON, Cast

PEOPLE = 100


@pytest.mark.parametrize("known", [False, True])
def test_two_batches_for_the_same_people_never_wait_for_each_other_in_a_circle(
    app: Flask, harbour: Cast, script: Callable[..., str], known: bool
) -> None:
    emails = [f"{number:03}@buyer.example.com" for number in range(PEOPLE)]
    if known:  # without a name: the batch writes it
        with writing():
            for email in emails:
                customer_for(email, now=NOON)
    wish = {"product_id": harbour.product.id, "plan": "studio", "name": "Bo"}
    wishes = [wish | {"email": email} for email in emails]

    assert at_once(app, script("licenses:write"), [wishes, wishes[::-1]]) == [201, 201]
    session.rollback()
    assert session.scalar(select(func.count()).select_from(License)) == 2 * PEOPLE
    bought = select(Customer.email, Customer.name).where(Customer.email.in_(emails)).order_by(Customer.email)
    assert session.execute(bought).all() == [(email, "Bo") for email in emails]


def at_once(app: Flask, token: str, batches: list[list[dict[str, Any]]]) -> list[int]:
    """Send each batch from a thread of its own; the statuses."""
    start, statuses = threading.Barrier(len(batches)), []

    def send(wishes: list[dict[str, Any]]) -> None:
        client = app.test_client()
        start.wait()
        said = client.post(
            "/v1/vendor/license-batches",
            json={"licenses": wishes},
            headers={"Authorization": f"Bearer {token}"},
        )
        statuses.append(said.status_code)

    threads = [threading.Thread(target=send, args=(wishes,)) for wishes in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses
