"""Starts the double as a process and drives it: what every test outside this folder uses."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).resolve().parent / "server.py"


@dataclass(frozen=True)
class RunningShop:
    """The control API as plain calls; `url` is what KEYDESK_STRIPE_API_BASE takes."""

    url: str
    process: subprocess.Popen[str]

    def introduce(self, api_key: str, hook_url: str, *secrets: str) -> None:
        """From now on this key's events go to `hook_url`, signed with these secrets (newest first)."""
        self.control("POST", "/accounts", {"api_key": api_key, "secrets": secrets, "hook_url": hook_url})

    def reset(self) -> None:
        """Forgets everything but the accounts."""
        self.control("POST", "/reset", {})

    def pay(self, session_id: str, **buyer: Any) -> dict[str, Any]:
        """`email=`, `name=`, `code=`, `later=True` for a bank transfer that `settle` ends."""
        return dict(self.control("POST", f"/checkout/sessions/{session_id}/complete", buyer))

    def settle(self, session_id: str, *, succeeded: bool) -> dict[str, Any]:
        return dict(self.control("POST", f"/checkout/sessions/{session_id}/settle", {"succeeded": succeeded}))

    def expire(self, session_id: str) -> dict[str, Any]:
        return dict(self.control("POST", f"/checkout/sessions/{session_id}/expire", {}))

    def refund(self, id: str, **more: Any) -> dict[str, Any]:
        """Gives back the charge of a session, payment intent or charge."""
        return dict(self.control("POST", f"/charges/{id}/refund", more))

    def advance(self, *, days: float = 0, seconds: int = 0) -> int:
        """Time goes on in the shop, and what became due is billed; the shop's time then."""
        return int(self.control("POST", "/clock", {"seconds": int(days * 86_400) + seconds})["now"])

    def life(self, kind: str, id: str, act: str, **more: Any) -> dict[str, Any]:
        """`life("subscriptions", id, "card", declined=True)`: see control_lives.py."""
        return dict(self.control("POST", f"/{kind}/{id}/{act}", more))

    def fail(self, *failures: dict[str, Any]) -> None:
        """`fail({"kind": "down"})`; without arguments everything works again."""
        self.control("PUT", "/failures", list(failures))

    def hold_deliveries(self, held: bool = True) -> None:
        self.control("PUT", "/sender", {"paused": held})

    def deliver(self, *events: str, **how: Any) -> list[int | None]:
        """Sends the events now (times=, parallel=, seed=, secret=, age_s=, …); the receiver's statuses."""
        return list(self.control("POST", "/deliver", {"events": events, **how})["statuses"])

    def events(self, api_key: str = "") -> list[dict[str, Any]]:
        """Newest first."""
        return list(self.control("GET", f"/events{'?account=' + api_key if api_key else ''}")["data"])

    def forget_events(self) -> None:
        """As if they were older than Stripe keeps them."""
        self.control("POST", "/forget", {"kind": "event"})

    def calls(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "/log")["calls"])

    def deliveries(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "/log")["deliveries"])

    def control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{self.url}/_test{path}", data=data, method=method)
        asked.add_header("Content-Type", "application/json")
        try:
            with _direct.open(asked, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                raise AssertionError(f"{method} {path}: {refused.read().decode()}") from None


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def start_shop(*options: str, port: int = 0) -> Iterator[RunningShop]:
    """Runs until the block ends; ends by itself when the test's process is gone."""
    command = [sys.executable, str(_SERVER), "--port", str(port), "--until-stdin-ends", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert " on http" in line, f"the test shop did not start: {line!r}"
            yield RunningShop(line.rsplit(" ", 1)[1].strip(), process)
        finally:
            process.terminate()
            process.wait(timeout=10)
