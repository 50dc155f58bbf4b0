"""The double running as a process, a receiver for its events, and the real client of the `stripe` package."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.fake_stripe.running import RunningShop, start_shop

API_KEY = "sk_test_owner"
SECRET = "whsec_owner"


@dataclass
class Receiver:
    """Keeps what was posted to it; `answer` is the status it gives."""

    url: str
    answer: int = 200
    got: list[tuple[bytes, str]] = field(default_factory=list)

    def wait_for(self, count: int) -> list[tuple[bytes, str]]:
        wait_until(lambda: len(self.got) >= count)
        return self.got


def wait_until(condition: Callable[[], bool], *, within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        threading.Event().wait(0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hook) as server:
        kept = Receiver(f"http://127.0.0.1:{server.server_port}/hooks/stripe/one")
        server.kept = kept  # type: ignore[attr-defined]  # handlers reach their server only
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        kept: Receiver = self.server.kept  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kept.got.append((body, self.headers["Stripe-Signature"] or ""))
        self.send_response(kept.answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silence."""


@pytest.fixture(scope="session")
def shop_process() -> Iterator[RunningShop]:
    with start_shop("--secret", "whsec_anybody", "--first-pause", "0.05") as running:
        yield running


@pytest.fixture
def shop(shop_process: RunningShop, receiver: Receiver) -> RunningShop:
    """One process for all tests; each finds it empty."""
    shop_process.reset()
    shop_process.introduce(API_KEY, receiver.url, SECRET)
    return shop_process


@pytest.fixture
def client(shop: RunningShop) -> stripe.StripeClient:
    return client_of(shop, API_KEY)


def client_of(shop: RunningShop, api_key: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": shop.url},
        http_client=stripe.RequestsClient(timeout=10),
        max_network_retries=0,
    )


def open_session(client: stripe.StripeClient, **more: Any) -> stripe.checkout.Session:
    """A sale of one license for 49 euros."""
    params: Any = {
        "mode": "payment",
        "line_items": [
            {
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 4900,
                    "product_data": {"name": "Bookings Studio"},
                },
                "quantity": 1,
            }
        ],
        "success_url": "https://shop-1.example.com/paid?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop-1.example.com/buy",
        "metadata": {"order": "ord_1"},
        **more,
    }
    options: Any = {}
    return client.v1.checkout.sessions.create(params, options)


def monthly(name: str, amount: int) -> dict[str, Any]:
    """A line of a Checkout Session that is paid again each month."""
    price = {"currency": "eur", "unit_amount": amount, "recurring": {"interval": "month"}}
    return {"price_data": {**price, "product_data": {"name": name}}, "quantity": 1}
