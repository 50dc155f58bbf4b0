"""How a call to a helpdesk may fail, named for what is to be done about it."""

import json
from enum import StrEnum
from typing import Any

from server.kernel import outbound


class Effect(StrEnum):
    """What a request does there, which decides what its failure means."""

    READ = "read"  # changes nothing
    SET = "set"  # repeating it changes nothing more
    WRITE = "write"  # repeating it may make a second one


class HelpdeskError(Exception):
    """A call failed. `public_text` never holds what the other side answered."""

    def __init__(self, code: str, public_text: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"{code}: {public_text}")
        self.code = code
        self.public_text = public_text
        self.retry_after = retry_after


class Retry(HelpdeskError):
    """Nothing was written; the same again later."""


class UnknownOutcome(HelpdeskError):
    """It may have been written: look before anything is sent again."""


class Rejected(HelpdeskError):
    """The helpdesk refuses for good."""


class AuthFailed(HelpdeskError):
    """Credentials or rights; everything waits until a check succeeds."""


class Gone(HelpdeskError):
    """The conversation is no longer there."""


class VersionConflict(HelpdeskError):
    """Somebody changed the conversation between our look and our write."""


NO_RIGHTS = (AuthFailed, "helpdesk_auth_failed", "The helpdesk refuses the user, the password or the rights")
NOT_THERE = (Gone, "helpdesk_gone", "The helpdesk no longer knows this conversation")
CHANGED = (VersionConflict, "helpdesk_conflict", "The conversation changed at the same moment")
FOR_GOOD: dict[int, tuple[type[HelpdeskError], str, str]] = {
    401: NO_RIGHTS,
    403: NO_RIGHTS,
    404: NOT_THERE,
    410: NOT_THERE,
    412: CHANGED,
}


def classify(effect: Effect, reply: outbound.Reply) -> HelpdeskError | None:
    """What an answer's status means, by the common table; None for success."""
    status = reply.status
    if 200 <= status < 300:
        return None
    if status == 429:
        after = reply.headers.get("retry-after", "")
        wait = min(int(after), 86_400) if after.isdecimal() else 60
        return Retry("helpdesk_rate_limited", "The helpdesk asks to wait", retry_after=wait)
    if status == 408 or status >= 500:
        kind = UnknownOutcome if effect is Effect.WRITE else Retry
        return kind("helpdesk_error", f"The helpdesk answered with status {status}")
    if status in FOR_GOOD:
        refusal, code, text = FOR_GOOD[status]
        return refusal(code, text)
    return Rejected("helpdesk_rejected", f"The helpdesk refused with status {status}")


def parsed(effect: Effect, reply: outbound.Reply) -> Any:
    """The JSON of a successful answer, None when it is empty."""
    if not reply.body:
        return None
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        kind = UnknownOutcome if effect is Effect.WRITE else Retry
        raise kind("helpdesk_unreadable", "The helpdesk's answer could not be read") from error
