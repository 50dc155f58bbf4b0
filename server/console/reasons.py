"""Why a license is paused or revoked, in words."""

from __future__ import annotations

from collections.abc import Iterable

from server.console.words import gettext as _


def reason_word(code: str) -> str:
    """One reason. A script may pause for a reason of its own, which is shown as it wrote it."""
    if code.startswith("dispute:"):
        return _("a dispute at the bank")
    words = {
        "by_vendor": _("by hand"),
        "refunded": _("the money went back"),
        "disputed": _("a dispute over the payment"),
        "plan_changed": _("its bundle has no place for it any more"),
    }
    return words.get(code, code)


def reason_words(codes: Iterable[str]) -> str:
    """Several, each once."""
    return ", ".join(dict.fromkeys(reason_word(code) for code in codes))
