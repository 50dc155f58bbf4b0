"""Faults on demand: 500, 429, slow answers, and a Stripe that does not answer at all."""

from __future__ import annotations

import socket
import threading
from typing import Any

from flask import request

from tests.fake_stripe.errors import StripeFailure, declined
from tests.fake_stripe.shop import Failure, Shop

KINDS = ("error", "rate_limit", "latency", "refuse", "decline", "down")


def meet_failures(shop: Shop) -> None:
    for failure in _due(shop):
        if failure.kind == "latency":
            threading.Event().wait(failure.seconds)
        elif failure.kind == "error":
            raise StripeFailure(500, "An unknown error occurred.", type="api_error")
        elif failure.kind == "rate_limit":
            raise StripeFailure(429, "Too many requests.", code="rate_limit")
        elif failure.kind == "refuse":
            raise StripeFailure(400, "Your account cannot do this.", code="account_invalid")
        elif failure.kind == "decline":
            raise declined(failure.code)
        else:
            _hang_up()


def _due(shop: Shop) -> list[Failure]:
    with shop.store.lock:
        due = [failure for failure in shop.failures if request.path.startswith(failure.path)]
        for failure in due:
            if failure.times is not None:
                failure.times -= 1
        shop.failures[:] = [failure for failure in shop.failures if failure.times != 0]
    return due


def _hang_up() -> None:
    """Ends the connection without a byte: what a caller sees of a server that is down."""
    line: Any = request.environ.get("werkzeug.socket")
    if line is not None:
        line.shutdown(socket.SHUT_RDWR)
    raise StripeFailure(503, "The test shop is switched off.", type="api_error")
