"""Whether a mail is still true when it leaves: rooms above say it for their own templates."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from server.mail.models import Mail

Check = Callable[[dict[str, Any], datetime], bool]
Teller = Callable[[Mail], None]
_checks: dict[str, Check] = {}
_tellers: dict[str, Teller] = {}


class NotYet(Exception):
    """A check raises it for what may become true again: the mail waits. Its words are for the team."""


def checked_when_sent(template: str) -> Callable[[Check], Check]:
    """Register what decides, from the mail's `about` and the time, whether mails of a template still leave.

    It runs in the vendor's scope and only reads. A template without a check always leaves.
    """

    def register(check: Check) -> Check:
        _checks[template] = check
        return check

    return register


def told_anew(template: str) -> Callable[[Teller], Teller]:
    """Register what queues a mail with the facts of today, if its reader still needs one, for a dropped mail.

    It runs in the transaction that drops it.
    """

    def register(teller: Teller) -> Teller:
        _tellers[template] = teller
        return teller

    return register


def tell_anew(dropped: Mail) -> None:
    """Give its reader a mail of today, where the room of its template does so."""
    if teller := _tellers.get(dropped.template):
        teller(dropped)


def is_still_wanted(mail: Mail, now: datetime) -> bool:
    """Whether what the mail says still holds, and its reader still wants it. Raises `NotYet`."""
    check = _checks.get(mail.template)
    return check is None or check(mail.about, now)
