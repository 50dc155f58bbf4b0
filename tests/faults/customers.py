"""People who buy and ask while the server dies again and again; each keeps a log of what was acknowledged."""

import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.fake_stripe.running import RunningShop

PRICE = re.compile(r'name="price"[^>]*value="(prc_[0-9a-z]+)"')
PATIENCE_S = 120.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_http = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


@dataclass
class Log:
    """What somebody was told is done: checkout sessions paid, and tickets with their numbers."""

    paid: list[str] = field(default_factory=list)
    tickets: dict[str, int] = field(default_factory=dict)


def buy(server: str, facts: dict[str, Any], shop: RunningShop, number: int, log: Log) -> None:
    """From the shop's page to the payment; Stripe then tells the server until it hears a 200."""
    page_url = f"{server}/buy/{facts['vendor_slug']}/{facts['product_slug']}"
    session_id = _patiently(lambda: _checkout(page_url))
    shop.pay(session_id, email=f"buyer{number}@example.com", name=f"Buyer {number}")
    log.paid.append(session_id)


def ask(server: str, site_token: str, number: int, log: Log) -> None:
    """A ticket with one Idempotency-Key for all tries, as the bridge files it."""
    subject, key = f"Fault ticket {number:03d}", str(uuid.uuid4())
    wanted = {"type": "bug", "subject": subject, "body": "Что-то сломалось.", "email": "asker@example.com"}
    wanted |= {"plugin_version": "1.0.0", "locale": "ru"}
    answer = _patiently(
        lambda: _send(
            f"{server}/v1/tickets",
            json.dumps(wanted).encode(),
            {
                "Authorization": f"Bearer {site_token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
    )
    log.tickets[subject] = json.loads(answer[1])["number"]


def activate(server: str, facts: dict[str, Any]) -> str:
    """One site of the demo license; its token."""
    wanted = {
        "license_key": facts["license_key"],
        "site_uid": uuid.uuid4().hex,
        "site_url": "https://shop-1.example.com",
    }
    answer = _send(
        f"{server}/v1/activations",
        json.dumps(wanted).encode(),
        {
            "Authorization": f"Bearer {facts['product_key']}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        },
    )
    token: str = json.loads(answer[1])["site_token"]
    return token


def _checkout(page_url: str) -> str:
    _, page, _ = _send(page_url, None, {})
    price = PRICE.search(page.decode())
    assert price, "the buy page names no price"
    form = urllib.parse.urlencode({"price": price.group(1), "cause": uuid.uuid4().hex}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    status, _, where = _send(page_url, form, headers)
    found = re.search(r"cs_test_[A-Za-z0-9_]+", where)
    assert status == 303, f"the checkout answered {status}"
    assert found, f"no session in {where}"
    return found.group()


def _patiently(act: Any) -> Any:
    """Again and again until the server is there and answers; a refusal other than "later" is a fault."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return act()
        except urllib.error.HTTPError as refusal:
            with refusal:
                words = refusal.read()[:300]
            if refusal.code not in {409, 429, 502, 503, 504} or time.monotonic() > deadline:
                raise AssertionError(f"{refusal.code}: {words!r}") from refusal
        except (OSError, http.client.HTTPException):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _send(url: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes, str]:
    asked = urllib.request.Request(url, data=body, headers=headers)
    try:
        with _http.open(asked, timeout=20) as answer:
            return answer.status, answer.read(), answer.headers.get("Location", "")
    except urllib.error.HTTPError as answer:
        if answer.code == 303:
            with answer:
                return answer.code, b"", answer.headers.get("Location", "")
        raise
