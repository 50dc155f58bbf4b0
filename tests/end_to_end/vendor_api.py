"""The vendor's own script: what the API tells about licenses and tickets."""

import json
import urllib.parse
import urllib.request
from typing import Any


def listed(facts: dict[str, Any], what: str, **filters: str) -> list[dict[str, Any]]:
    """The first page of the vendor's `licenses` or `tickets`."""
    request = urllib.request.Request(
        f"{facts['api_url']}/vendor/{what}?{urllib.parse.urlencode({'limit': '50', **filters})}"
    )
    request.add_header("Authorization", f"Bearer {facts['vendor_api_key']}")
    with urllib.request.urlopen(request, timeout=15) as reply:
        found: list[dict[str, Any]] = json.load(reply)["data"]
    return found


def answer_as_agent(facts: dict[str, Any], ticket_id: str, text: str) -> None:
    """What a helpdesk or a script of the vendor writes to the customer."""
    request = urllib.request.Request(
        f"{facts['api_url']}/vendor/tickets/{ticket_id}/messages", json.dumps({"body": text}).encode()
    )
    request.add_header("Authorization", f"Bearer {facts['vendor_api_key']}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=15) as reply:
        assert reply.status == 201
