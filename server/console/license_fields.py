"""What the acts on a license ask, and what stands in a field before it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from server.console.forms import Field
from server.console.reasons import reason_word
from server.console.words import gettext as _
from server.licensing.models import License
from server.licensing.services.issuing import end_of_term
from server.licensing.services.lifecycle import MOST_SEATS


def next_end(license: License, now: datetime) -> str:
    """One more term: what is wanted most often."""
    start = max(license.valid_until or now, now)
    end = end_of_term(license.plan.interval, start)
    return f"{end:%Y-%m-%d}" if end else ""


def sites_field() -> Field:
    return Field(
        "seats",
        _("Number of sites"),
        "number",
        required=False,
        least=1,
        most=MOST_SEATS,
        help=_("Empty means as many as they like."),
    )


def which(reasons: Sequence[str]) -> list[Field]:
    """Each reason is taken back on its own; one alone needs no question."""
    if len(reasons) < 2:
        return []
    choices = [("", _("All of them")), *((one, reason_word(one)) for one in reasons)]
    return [Field("reason", _("Reason to take back"), "choice", required=False, choices=choices)]


def why(*, required: bool = True) -> Field:
    return Field(
        "note",
        _("Why"),
        "area",
        required=required,
        limit=500,
        help=_("For the history; the customer does not see it."),
    )
