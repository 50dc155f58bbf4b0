"""Whether a mail is still true when it leaves: rooms above say it for their own templates."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from server.mail.models import Mail

Check = Callable[[dict[str, Any], datetime], bool]
_checks: dict[str, Check] = {}


def checked_when_sent(template: str) -> Callable[[Check], Check]:
    """Register what decides, from the mail's `about` and the time, whether mails of a template still leave.

    It runs in the vendor's scope and only reads. A template without a check always leaves.
    """

    def register(check: Check) -> Check:
        _checks[template] = check
        return check

    return register


def is_still_wanted(mail: Mail, now: datetime) -> bool:
    """Whether what the mail says still holds, and its reader still wants it."""
    check = _checks.get(mail.template)
    return check is None or check(mail.about, now)
