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
