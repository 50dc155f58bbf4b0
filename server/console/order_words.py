"""What the codes of orders, money and refunds are called at the desk."""

from __future__ import annotations

from server.accounts.models import AuditEntry
from server.console.words import gettext as _


def REASONS() -> dict[str, str]:  # noqa: N802  a table that is read in the reader's language
    """Why money went back, in the order of the list."""
    return {
        "installation": _("Could not be installed"),
        "license_key": _("Trouble with the key"),
        "missing_feature": _("A feature is missing"),
        "bug": _("A bug"),
        "lost_to_competitor": _("Another plugin fits better"),
        "other": _("Another reason"),
    }


def entry_word(kind: str) -> str:
    """One movement of money."""
    words = {
        "payment": _("Payment"),
        "renewal": _("Renewal"),
        "refund": _("Refund"),
        "dispute": _("Dispute"),
        "dispute_funds": _("Taken or given back by the bank"),
    }
    return words.get(kind, kind)


def story_word(entry: AuditEntry) -> str:
    """One line of an order's history, with the vendor's own note."""
    words = {
        "order.recorded": _("Recorded"),
        "order.completed": _("Paid"),
        "order.pending": _("Payment pending"),
        "order.open": _("Begun"),
        "order.failed": _("The payment failed"),
        "order.refunded": _("Given back"),
        "order.refunded_amount": _("Part of the money given back"),
        "order.refund_asked": _("Refund asked for"),
        "order.plan_change_asked": _("Plan changed"),
        "order.nothing_to_renew": _("The license to be renewed could not be: a new one was issued"),
        "order.disputed": _("Disputed at the bank"),
        "order.dispute_closed": _("The dispute is decided"),
    }
    word = words.get(entry.action, entry.action)
    if due := entry.facts.get("due_by"):
        word = _("%(what)s, answer at Stripe until %(day)s") % {"what": word, "day": str(due)[:10]}
    note = entry.facts.get("note")
    return f"{word}: {note}" if note else word
