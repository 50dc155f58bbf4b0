"""Brings events to their receiver: signed like Stripe, in the background, again until it answers 2xx."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from tests.fake_stripe.store import Account, Delivery, Store

LONGEST_PAUSE_S = 15.0


def signature(body: bytes, secrets: list[str], *, at: int) -> str:
    """`t=…,v1=…` with one v1 per secret that is valid at the moment."""
    signed = str(at).encode() + b"." + body
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])


def send(account: Account, event: dict[str, Any], *, timeout_s: float = 20.0) -> int | None:
    body = json.dumps(event, indent=2, ensure_ascii=False).encode()
    return post(account.hook_url, body, signature(body, account.secrets, at=int(time.time())), timeout_s)


def post(url: str, body: bytes, signed: str, timeout_s: float = 20.0) -> int | None:
    """The receiver's status, or None when nobody answered."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signed,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with _direct.open(request, timeout=timeout_s) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code
    except (OSError, ValueError):
        return None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


# No proxy of the environment: the receiver stands on the same machine.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


class Sender:
    """A few threads that take what is due from the store."""

    def __init__(self, store: Store, *, first_pause_s: float = 0.5, threads: int = 4) -> None:
        self._store = store
        self._first_pause_s = first_pause_s
        self._changed = threading.Condition()
        self._stopping = False
        self._paused = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def pause(self, paused: bool) -> None:
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def _work(self) -> None:
        while not self._stopping:
            delivery = None if self._paused else self._store.take_due_delivery(time.time())
            if delivery is not None:
                self._deliver(delivery)
                continue
            idle_s = self._idle_seconds()  # asks the store: never while holding the condition
            with self._changed:
                if not self._stopping:
                    self._changed.wait(idle_s)

    def _idle_seconds(self) -> float:
        # Half a second bounds a wake-up that came between the look and the wait.
        next_due = None if self._paused else self._store.seconds_to_next_delivery(time.time())
        return 0.5 if next_due is None else min(0.5, max(next_due, 0.01))

    def _deliver(self, delivery: Delivery) -> None:
        account = self._store.account(delivery.account)
        event = self._store.load(delivery.event)
        status = send(account, event) if account and event else None
        pause = min(LONGEST_PAUSE_S, self._first_pause_s * 2**delivery.tries)
        self._store.settle_delivery(delivery, status, retry_at=time.time() + pause)
