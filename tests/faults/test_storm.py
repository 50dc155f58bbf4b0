"""Stripe's events come thrice, shuffled and eight at a time: one license and one mail for each purchase."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import create_engine, text

from server.kernel.db import make_url_for_driver
from tests.fake_stripe.running import RunningShop, start_shop
from tests.faults.customers import Log, buy
from tests.tools.keydesk_server import KeydeskServer, start_keydesk
from tests.tools.mail_sink import caught_mails
from tests.tools.waiting import free_port, wait_until

FULL = bool(os.environ.get("KEYDESK_TEST_FULL"))
PURCHASES = 500 if FULL else 60
TIMES, PARALLEL, SLICE = 3, 8, 120
DRAIN_S = 600.0


class Parts(NamedTuple):
    """A running server, Stripe's double beside it, and the database between two looks."""

    server: KeydeskServer
    shop: RunningShop
    database: str


@pytest.fixture
def parts(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Parts]:
    """Each a process of its own, the mail server too."""
    kind: str = request.param
    with ExitStack() as running:
        shop_port, data = free_port(), tmp_path / "data"
        mails = running.enter_context(caught_mails())
        database = f"sqlite:///{data / 'keydesk.sqlite3'}"
        if kind == "postgresql":
            database = request.getfixturevalue("postgres_url")
        settings = {
            "KEYDESK_ENV": "development",
            "KEYDESK_DATABASE_URL": database,
            "KEYDESK_RATE_LIMITS": "off",
            "KEYDESK_OUTBOUND_ALLOW": "127.0.0.0/8",
            "KEYDESK_STRIPE_API_BASE": f"http://127.0.0.1:{shop_port}",
            "KEYDESK_SMTP_HOST": "127.0.0.1",
            "KEYDESK_SMTP_PORT": str(mails.port),
        }
        server = start_keydesk(free_port(), data, settings, demo=True)
        running.callback(server.stop)
        facts = server.demo_facts()
        shop = running.enter_context(start_shop("--first-pause", "0.1", port=shop_port))
        shop.introduce(facts["stripe_api_key"], facts["stripe_hook_url"], facts["stripe_webhook_secret"])
        yield Parts(server, shop, database)


@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("parts", ["sqlite", "postgresql"], indirect=True)
def test_a_storm_of_events_brings_each_purchase_once(parts: Parts) -> None:
    seed = int(os.environ.get("KEYDESK_TEST_SEED", random.randrange(1_000_000)))
    parts.shop.hold_deliveries()
    log = _sell(parts)
    letters = [event["id"] for event in parts.shop.events()] * TIMES
    random.Random(seed).shuffle(letters)

    began = time.monotonic()
    statuses = _send(parts.shop, letters)
    sent = time.monotonic() - began
    assert statuses == Counter({200: len(letters)}), f"KEYDESK_TEST_SEED={seed}"
    wait_until(lambda: _is_done(parts.database, log), DRAIN_S, "the last license and its mail")
    took = time.monotonic() - began

    print(
        f"\n{PURCHASES} purchases, {len(letters)} events taken in {sent:.1f} s, worked off after {took:.1f} s"
    )
    _every_purchase_is_one_license_and_one_mail(parts.database, log)


def _sell(parts: Parts) -> Log:
    facts, log = parts.server.demo_facts(), Log()
    with ThreadPoolExecutor(PARALLEL) as buyers:
        list(
            buyers.map(lambda number: buy(parts.server.url, facts, parts.shop, number, log), range(PURCHASES))
        )
    return log


def _send(shop: RunningShop, letters: list[str]) -> Counter[int | None]:
    """In slices, because one call of the double's control door waits a minute at most."""
    statuses: Counter[int | None] = Counter()
    for start in range(0, len(letters), SLICE):
        statuses.update(shop.deliver(*letters[start : start + SLICE], parallel=PARALLEL, seed=start))
    return statuses


def _rows(database: str, query: str) -> list[Any]:
    engine = create_engine(make_url_for_driver(database))
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(query)))
    finally:
        engine.dispose()


def _is_done(database: str, log: Log) -> bool:
    owed = _rows(
        database,
        "SELECT count(*) AS n FROM jobs WHERE kind IN ('stripe.process', 'mail.send')"
        " AND state IN ('pending', 'queued', 'running')",
    )
    failed = _rows(database, "SELECT kind, last_error FROM jobs WHERE state = 'failed'")
    assert not failed, failed
    return bool(owed[0].n == 0)


def _every_purchase_is_one_license_and_one_mail(database: str, log: Log) -> None:
    orders = {row.id for row in _rows(database, "SELECT id, root_id FROM orders") if row.root_id in log.paid}
    issued = [
        row
        for row in _rows(database, "SELECT order_id, license_id FROM order_licenses")
        if row.order_id in orders
    ]
    assert (len(orders), len(issued)) == (PURCHASES, PURCHASES)
    assert len({row.license_id for row in issued}) == PURCHASES
    told = _rows(database, "SELECT to_address FROM mails WHERE template = 'purchase' AND state = 'sent'")
    assert Counter(row.to_address for row in told if row.to_address.startswith("buyer")) == Counter(
        f"buyer{number}@example.com" for number in range(PURCHASES)
    )
