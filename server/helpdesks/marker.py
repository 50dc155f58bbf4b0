"""The mark of our own writes: the same on every try, and nobody else can make one."""

import base64
import hmac


def marker(marker_key: str, dedupe_key: str) -> str:
    """`kd-` and 16 symbols that belong to this write of this connection."""
    digest = hmac.digest(marker_key.encode(), dedupe_key.encode(), "sha256")
    return "kd-" + base64.b32encode(digest).decode().lower()[:16]


def dedupe_key(connection_id: str, op: str, local_id: str, revision: str = "0") -> str:
    """One write of one thing; the same for all its tries."""
    return f"{connection_id}:{op}:{local_id}:{revision}"
