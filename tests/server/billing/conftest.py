"""A vendor that sells through the Stripe double, and the jobs of its events run on demand."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from server.billing.models import InboxEvent, Order, StripeConnection
from server.billing.services import connect_stripe, prepare_sale, record_event
from server.billing.settling import open_checkout
from server.catalog.models import Price
from server.jobs import services as jobs
from server.jobs.run import run_in_thread, run_job
from server.kernel import clock, settings
from server.kernel.db import session, writing
from server.kernel.tenancy import resolve
from server.licensing.models import License
from server.mail.models import Mail
from server.worker import load_tasks
from tests.conftest import NOON, Cast
from tests.fake_stripe.running import RunningShop, start_shop

API_KEY = "sk_test_harbour"
SECRET = "whsec_harbour"


load_tasks()


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[RunningShop]:
    """The worker's own double."""
    with start_shop("--secret", "whsec_anybody", "--first-pause", "0.05") as running:
        yield running


@pytest.fixture
def shop(harbour: Cast, stripe_process: RunningShop) -> RunningShop:
    """The double, empty; Keydesk asks it instead of Stripe."""
    stripe_process.reset()
    place = urlsplit(stripe_process.url).netloc
    settings.remember(
        replace(settings.current(), stripe_api_base=stripe_process.url, outbound_allow=(place,))
    )
    return stripe_process


@pytest.fixture
def connection(harbour: Cast, shop: RunningShop) -> StripeConnection:
    """The vendor's account; its events stay in the double until a test sends or records them."""
    with writing():
        made = connect_stripe(api_key=API_KEY, webhook_secret=SECRET, mode="test", now=NOON)
    shop.introduce(API_KEY, "", SECRET)
    return made


@dataclass(frozen=True)
class Till:
    """Sells, records what the double announces, and runs the jobs."""

    cast: Cast
    shop: RunningShop
    connection: StripeConnection

    def open(self, **more: str) -> str:
        """A new Checkout Session; its id."""
        price = resolve(Price, self.cast.price.id)
        sale = prepare_sale(price, cancel_url="https://shop.example.com/buy", **more)
        url = open_checkout(sale, cause=f"press-{clock.monotonic()}")
        return url.rsplit("/", 1)[1]

    def sell(self, email: str = "ana@buyer.example.com", **more: str) -> str:
        session_id = self.open(**more)
        self.shop.pay(session_id, email=email, name="Ana")
        return session_id

    def record(self, *types: str) -> None:
        """Record the announced events of these types, in the order given; all of them when none is named."""
        told = list(reversed(self.shop.events(API_KEY)))
        chosen = [event for kind in types for event in told if event["type"] == kind] if types else told
        with writing():
            for event in chosen:
                record_event(self.connection, event, json.dumps(event).encode(), now=clock.now())

    def work(self, *, parallel: int = 1, ahead_s: float = 1) -> None:
        """Run the jobs that are due so many seconds from now."""
        while claimed := self._claim(ahead_s):
            if parallel == 1:
                for one in claimed:
                    run_job(*one)
            else:
                with ThreadPoolExecutor(parallel) as threads:
                    list(threads.map(lambda one: run_in_thread(*one), claimed))
            session.rollback()

    def _claim(self, ahead_s: float) -> list[tuple[int, str, int]]:
        with writing():
            due = jobs.claim(100, clock.now() + timedelta(seconds=ahead_s), 60)
        return [one for one in due if one[1] == "stripe.process"]

    def order(self) -> Order:
        session.rollback()
        return session.scalars(select(Order).execution_options(populate_existing=True)).one()

    def licenses(self) -> list[License]:
        session.rollback()
        return list(session.scalars(select(License).execution_options(populate_existing=True)))

    def mails(self) -> list[Mail]:
        session.rollback()
        return list(session.scalars(select(Mail).where(Mail.template == "purchase")))

    def inbox(self) -> int:
        session.rollback()
        return session.scalar(select(func.count()).select_from(InboxEvent)) or 0


@pytest.fixture
def till(harbour: Cast, shop: RunningShop, connection: StripeConnection) -> Till:
    return Till(harbour, shop, connection)
