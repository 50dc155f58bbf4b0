"""What happened at Stripe in a span of time: its events and its sessions, for the nightly comparison."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.billing.stripe_api.client import Access, client_of
from server.billing.stripe_api.events import HANDLED

MOST = 10_000  # objects of one list: a hundred requests, for which the time of one act is enough


@dataclass(frozen=True)
class Told:
    """Everything of a span, oldest first."""

    events: list[dict[str, Any]]  # of a type that we act on
    sessions: dict[str, int]  # ids of the Checkout Sessions with our mark, unless still open; when made
    until: int | None  # the span was cut here; None: it is told to its end


class _TooMuch(Exception):
    """The span holds more than is read at once."""


def told_since(access: Access, since: int, now: int) -> Told:
    """The whole span, or as much of its older part as is read at once.

    Stripe lists the newest first: a list that is broken off lacks what will soon be told no more. So a span
    that holds too much is halved, down to one second, which is read whatever it holds.
    """
    until = None
    while True:
        half = since + ((until or now) - since) // 2
        created = {"gte": since} if until is None else {"gte": since, "lt": until}
        most = MOST if half > since else None
        try:
            events = _listed(access, "events", created, most, lambda one: one["type"] in HANDLED)
            sessions = _listed(access, "sessions", created, most, _is_finished_and_ours)
        except _TooMuch:
            until = half
        else:
            return Told(events, {one["id"]: one["created"] for one in sessions}, until)


def _is_finished_and_ours(found: dict[str, Any]) -> bool:
    return found["status"] != "open" and bool((found.get("metadata") or {}).get("keydesk_price"))


def _listed(
    access: Access,
    what: str,
    created: dict[str, int],
    most: int | None,
    wanted: Callable[[dict[str, Any]], bool],
) -> list[dict[str, Any]]:
    with client_of(access) as client:
        service = client.v1.events if what == "events" else client.v1.checkout.sessions
        kept = []
        for count, one in enumerate(service.list({"created": created, "limit": 100}).auto_paging_iter()):
            if count == most:
                raise _TooMuch
            told = one.to_dict()
            if wanted(told):
                kept.append(told)
    return list(reversed(kept))
