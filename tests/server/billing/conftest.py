"""A vendor that sells through the Stripe double, and the jobs of its events run on demand."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from werkzeug.serving import make_server

from server.billing.changing import change_subscription_plan, quote_change
from server.billing.models import (
    InboxEvent,
    LedgerEntry,
    Order,
    OrderLicense,
    OrderRef,
    StripeConnection,
)
from server.billing.services import connect_stripe, prepare_sale, record_event
from server.billing.settling import open_checkout
from server.catalog.models import Plan, Price
from server.jobs import services as jobs
from server.jobs.models import JobRow
from server.jobs.run import run_in_thread, run_job
from server.kernel import clock, outbound, settings
from server.kernel.db import session, writing
from server.kernel.ids import new_id
from server.kernel.tenancy import resolve
from server.licensing.models import License, PurchasePage, Revocation
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
    connection_id: str

    @property
    def connection(self) -> StripeConnection:
        """Read anew: a request in between has closed the session."""
        return resolve(StripeConnection, self.connection_id)

    def open(self, *, price_id: str = "", **more: Any) -> str:
        """A new Checkout Session; its id."""
        price = resolve(Price, price_id or self.cast.price.id)
        sale = prepare_sale(price, cancel_url="https://shop.example.com/buy", **more)
        url = open_checkout(sale, cause=f"press-{clock.monotonic()}")
        return url.rsplit("/", 1)[1]

    def sell(self, email: str = "ana@buyer.example.com", *, code: str = "", **more: Any) -> str:
        session_id = self.open(**more)
        self.shop.pay(session_id, email=email, name="Ana", code=code)
        return session_id

    def record(self, *types: str) -> None:
        """Record the announced events of these types, in the order given; all of them when none is named."""
        told = list(reversed(self.shop.events(API_KEY)))
        self._record([event for kind in types for event in told if event["type"] == kind] if types else told)

    def catch_up(self) -> None:
        """Record every event that is new, and run the jobs."""
        self.record()
        self.work()

    def order_price(self) -> str:
        """Our price that the one order was sold at; asked inside `writing()` too."""
        return session.scalars(select(Order.price_id)).one() or ""

    def subscription(self) -> str:
        """The id of the one subscription that was sold."""
        return self.order().subscription

    def subscription_of(self, session_id: str) -> str:
        """What Stripe calls the subscription of a session, whether we heard of the sale or not."""
        objects = [event["data"]["object"] for event in self.shop.events(API_KEY)]
        return str(next(one["subscription"] for one in objects if one["id"] == session_id))

    def price(self, code: str = "monthly", *, amount: int = 900, currency: str = "eur", **plan: Any) -> str:
        """A new plan of the product with one price; the price's id. It renews each month unless told so."""
        facts: dict[str, Any] = {"seats": 1, "interval": "month", "features": [], "renews": True} | plan
        with writing():
            made = Plan(product_id=self.cast.product.id, code=code, name=code.title(), **facts)
            session.add(made)
            session.flush()
            price = Price(plan_id=made.id, currency=currency, amount=amount)
            session.add(price)
        return price.id

    def change_plan(self, price_id: str, *, actor: str = "system") -> str:
        """As both doors do: the sum is asked for first, and it is what is charged."""
        shown = quote_change(self.order(), resolve(Price, price_id))
        order, price = self.order(), resolve(Price, price_id)
        return change_subscription_plan(order, price, actor=actor, proof=shown.proof)

    def record_of(self, session_id: str, kind: str) -> None:
        """Record the event of this type about one sale, again and again: each time as a new event."""
        events = self.shop.events(API_KEY)
        about = next(
            event["data"]["object"] for event in events if event["data"]["object"]["id"] == session_id
        )
        named = {session_id, about["payment_intent"]}
        told = [
            event
            for event in events
            if event["type"] == kind and named & set(map(str, event["data"]["object"].values()))
        ]
        self._record([{**event, "id": new_id("evt")} for event in told])

    def record_all(self, events: list[dict[str, Any]]) -> None:
        """Record these events, as the hook would."""
        self._record(events)

    def payment_of(self, bill: str) -> str:
        """The payment intent that paid this bill."""
        told = outbound.request(
            "GET",
            f"{self.shop.url}/v1/invoices/{bill}?expand[]=payments",
            headers={"Authorization": f"Bearer {API_KEY}"},
        )
        return str(json.loads(told.body)["payments"]["data"][0]["payment"]["payment_intent"])

    def forget_orders(self) -> None:
        """As if nothing had ever been heard: orders with all they brought, mails and jobs."""
        with writing():
            licenses = [license.id for license in session.scalars(select(License))]
            for model in (OrderLicense, OrderRef, LedgerEntry, Order, InboxEvent, Mail, PurchasePage):
                session.execute(delete(model))
            session.execute(delete(Revocation))
            session.execute(delete(License).where(License.id.in_(licenses)))
            session.execute(delete(JobRow))

    def order_count(self) -> int:
        session.rollback()
        return session.scalar(select(func.count()).select_from(Order)) or 0

    def _record(self, events: list[dict[str, Any]]) -> None:
        with writing():
            connection = self.connection
            for event in events:
                record_event(connection, event, json.dumps(event).encode(), now=clock.now())

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
        return [one for one in due if one[1] in {"stripe.process", "stripe.reconcile"}]

    def order(self) -> Order:
        session.rollback()
        return session.scalars(select(Order).execution_options(populate_existing=True)).one()

    def licenses(self) -> list[License]:
        session.rollback()
        found = select(License).order_by(License.id).execution_options(populate_existing=True)
        return list(session.scalars(found))

    def license(self) -> License:
        return self.licenses()[0]

    def mails(self, template: str = "purchase") -> list[Mail]:
        session.rollback()
        return list(session.scalars(select(Mail).where(Mail.template == template)))

    def templates(self) -> list[str]:
        """What kinds of mail were owed."""
        session.rollback()
        return list(session.scalars(select(Mail.template)))

    def ledger(self) -> list[tuple[str, int]]:
        """What moved, oldest first."""
        session.rollback()
        in_order = LedgerEntry.occurred_at, LedgerEntry.kind, LedgerEntry.id
        rows = session.scalars(select(LedgerEntry).order_by(*in_order))
        return [(row.kind, row.amount) for row in rows]

    def inbox(self) -> int:
        session.rollback()
        return session.scalar(select(func.count()).select_from(InboxEvent)) or 0


@pytest.fixture
def till(harbour: Cast, shop: RunningShop, connection: StripeConnection) -> Till:
    return Till(harbour, shop, connection.id)


@pytest.fixture
def yearly(till: Till) -> Till:
    """One license for a year that was bought and does not renew by itself."""
    till.sell(price_id=till.price("yearly", amount=4_900, interval="year", renews=False))
    till.catch_up()
    return till


@pytest.fixture
def on_air(till: Till, app: Flask) -> Iterator[str]:
    """The application behind a real socket, one thread a request."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    place = f"127.0.0.1:{server.port}"
    settings.remember(
        replace(settings.current(), allowed_hosts=frozenset({place}), public_url=f"http://{place}")
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://{place}"
    server.shutdown()
    thread.join()
    server.server_close()
