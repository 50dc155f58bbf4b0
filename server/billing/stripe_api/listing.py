"""What happened at Stripe in a span of time: its events and its sessions, for the nightly comparison."""

from typing import Any

from server.billing.stripe_api.client import Access, client_of
from server.billing.stripe_api.events import HANDLED

MOST = 50_000


def events_since(access: Access, since: int) -> list[dict[str, Any]]:
    """Every event of a type that we act on, oldest first."""
    return _since(access, "events", since, lambda told: told["type"] in HANDLED)


def finished_sessions_since(access: Access, since: int) -> list[str]:
    """The ids of the Checkout Sessions that were made since then and carry our mark, unless still open."""
    found = _since(
        access,
        "sessions",
        since,
        lambda one: one["status"] != "open" and bool((one.get("metadata") or {}).get("keydesk_price")),
    )
    return [one["id"] for one in found]


def _since(access: Access, what: str, since: int, wanted: Any) -> list[dict[str, Any]]:
    with client_of(access) as client:
        service = client.v1.events if what == "events" else client.v1.checkout.sessions
        kept = []
        for count, one in enumerate(
            service.list({"created": {"gte": since}, "limit": 100}).auto_paging_iter()
        ):
            told = one.to_dict()
            if wanted(told):
                kept.append(told)
            if count >= MOST:
                break
    return list(reversed(kept))
