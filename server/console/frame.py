"""What stands around every page: the shop, the member, the counts in the navigation."""

from __future__ import annotations

from typing import Any

from flask import g, request

from server.console.headers import csp_nonce
from server.console.words import LANGUAGE
from server.kernel import clock
from server.kernel.settings import current
from server.support.services import count_views


def around() -> dict[str, Any]:
    """The names that base.html needs; pages before the log-in get the first three only."""
    names: dict[str, Any] = {
        "language": LANGUAGE,
        "csp_nonce": csp_nonce,
        "now": clock.now(),
        "shop": None,
    }
    if "seat" not in g:
        return names
    return names | {
        "shop": g.seat.shop,
        "me": g.seat.member,
        "is_owner": g.seat.member.role == "owner",
        "shows_mails": current().is_development,
        "here": _section(),
        "counts": count_views(),
    }


def _section() -> str:
    """The link of the navigation that this page belongs to."""
    endpoint = request.endpoint or ""
    if endpoint.startswith(("console.inbox.", "console.tickets.")):
        return endpoint if endpoint.startswith("console.inbox.") else "console.inbox.all_open"
    return endpoint.rpartition(".")[0] + ".index"
