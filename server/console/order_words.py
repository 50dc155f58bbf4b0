"""What the codes of orders, money and refunds are called at the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from server.accounts.models import AuditEntry
from server.billing.models import LedgerEntry, Order
from server.billing.services.orders import PAYMENTS
from server.billing.stripe_api import StripeRefused
from server.catalog.models import Price
from server.console.words import day, money
from server.console.words import gettext as _

UNANSWERED = frozenset({"needs_response", "warning_needs_response"})
QUESTIONS = frozenset({"warning_needs_response", "warning_under_review"})
UNDECIDED = QUESTIONS | {"needs_response", "under_review"}


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


def entry_word(entry: LedgerEntry) -> str:
    """One movement of money."""
    if entry.kind == "dispute_funds":
        return _("Taken by the bank") if entry.amount < 0 else _("Given back by the bank")
    words = {
        "payment": _("Payment"),
        "renewal": _("Renewal"),
        "refund": _("Refund"),
        "dispute": _("Dispute"),
    }
    return words.get(entry.kind, entry.kind)


def standing_word(entry: LedgerEntry) -> str:
    """How a movement of money stands, at Stripe or here; how a dispute does is said at the dispute itself."""
    if entry.kind == "dispute_funds":
        return ""
    words = {
        "paid": _("Paid"),
        "succeeded": _("Done"),
        "pending": _("On its way"),
        "requires_action": _("Waits for the buyer"),
        "failed": _("Failed"),
        "canceled": _("Cancelled"),
        "needs_response": _("Waits for your answer at Stripe"),
        "under_review": _("The bank looks at it"),
        "won": _("Won"),
        "lost": _("Lost"),
        "prevented": _("Settled before it began"),
        "warning_needs_response": _("A question of the bank"),
        "warning_under_review": _("A question of the bank, answered"),
        "warning_closed": _("A question of the bank, closed"),
    }
    return words.get(entry.status, entry.status)


def subscription_word(order: Order) -> str:
    """How the subscription of an order stands at Stripe."""
    status = order.subscription_status
    words = {
        "trialing": _("On trial"),
        "active": _("Runs"),
        "past_due": _("First payment unpaid") if order.trial_until else _("Renewal unpaid"),
        "unpaid": _("Unpaid"),
        "canceled": _("Ended"),
        "incomplete": _("First payment missing"),
        "incomplete_expired": _("Never paid"),
        "paused": _("Paused at Stripe"),
    }
    return words.get(status, status)


def price_words(price: Price) -> str:
    """What a plan that renews costs, and how often."""
    words = _("%s a month") if price.plan.interval == "month" else _("%s a year")
    return words % money(price.amount, price.currency)


def parts_words(order: Order, payments: Sequence[int]) -> str:
    """What of the first payment is tax, and what a code took off before; of later ones nobody told us."""
    tax, less = money(order.tax_amount, order.currency), money(order.discount_amount, order.currency)
    has_more = bool(payments) and sum(payments) != order.amount
    words = []
    if order.tax_amount:
        words.append(
            (_("the first term including tax of %s") if has_more else _("including tax of %s")) % tax
        )
    if order.discount_amount and has_more and not words:
        words.append(_("the first term after a discount of %s") % less)
    elif order.discount_amount:
        words.append(_("after a discount of %s") % less)
    return ", ".join(words)


def refund_words(
    order: Order, entries: Sequence[AuditEntry], ledger: Sequence[LedgerEntry]
) -> dict[str, str]:
    """Why each refund was given, by its number; the order itself knows the last reason only."""
    refunds = [row.external_id for row in ledger if row.kind == "refund"] or [""]
    told = {refunds[0]: (order.refund_reason, order.refund_note)} if len(refunds) == 1 else {}
    told |= {
        entry.facts["refund"]: (entry.facts.get("reason", ""), entry.facts.get("note", ""))
        for entry in entries
        if entry.facts.get("refund") in refunds
    }
    return {
        refund: ": ".join(word for word in (REASONS().get(reason, reason), note) if word)
        for refund, (reason, note) in told.items()
    }


def decline_words(error: StripeRefused) -> str:
    """What a bank's refusal of a card means, and Stripe's own words behind it."""
    words = {
        "card_declined": _("The customer's bank declined the card; another card may work."),
        "insufficient_funds": _("There is not enough money on the customer's card."),
        "expired_card": _("The customer's card has expired; a new one is entered on the page of bills."),
        "incorrect_cvc": _(
            "The card's security code is wrong; the card is entered anew on the page of bills."
        ),
        "authentication_required": _("The bank wants the customer to confirm this payment."),
        "processing_error": _("The card could not be checked just now; try again in a few minutes."),
    }
    return " ".join(word for word in (words.get(error.fields.get("declined", "")), error.detail) if word)


def bank_took_all(ledger: Sequence[LedgerEntry]) -> bool:
    """Every payment was disputed and lost. Which one a dispute is about, only Stripe knows."""
    lost = sum(row.kind == "dispute" and row.status == "lost" for row in ledger)
    return lost > 0 and lost >= sum(row.kind in PAYMENTS for row in ledger)


def bank_only_asks(order: Order, ledger: Sequence[LedgerEntry]) -> bool:
    """A question before any dispute: nothing was taken, and a whole refund settles it."""
    open_ones = {row.status for row in ledger if row.kind == "dispute" and row.status in UNDECIDED}
    return order.disputed and bool(open_ones) and open_ones <= QUESTIONS


def dispute_words(
    order: Order, entries: Sequence[AuditEntry], ledger: Sequence[LedgerEntry]
) -> tuple[str, str]:
    """How a dispute stands, and what to do about it: until when to answer, while that is of use."""
    if not order.disputed:
        head = _("The bank decided this dispute for the buyer.")
        if bank_took_all(ledger):
            return head, _("A refund would pay twice.")
        return head, _("What it took is not given back once more; what else was paid can be.")
    head = _("This payment is disputed.")
    waiting = {row.external_id for row in ledger if row.kind == "dispute" and row.status in UNANSWERED}
    due = [entry.facts.get("due_by") for entry in entries if entry.facts.get("dispute") in waiting]
    until = min(filter(None, due), default="")
    if bank_only_asks(order, ledger):
        return _question_words(until)
    if not waiting:
        return head, _("The bank decides about the money; a refund would pay twice.")
    if until:
        return head, _(
            "The bank decides about the money. Answer it at Stripe until %(day)s; a refund would pay twice."
        ) % {"day": _day_of(until)}
    return head, _("The bank decides about the money. Answer it at Stripe; a refund would pay twice.")


def _question_words(until: str) -> tuple[str, str]:
    head = _("The bank asks about this payment.")
    if not until:
        return head, _("Nothing was taken. If you give the whole payment back, that settles it.")
    return head, _(
        "Nothing was taken. Answer at Stripe until %(day)s, or give the whole payment back: that settles it."
    ) % {"day": _day_of(until)}


def dispute_tag(rows: Sequence[LedgerEntry]) -> str:
    """What a list says of an order, the most urgent first; nothing where the vendor kept the money."""
    found = {row.status for row in rows if row.kind == "dispute"}
    if found & (UNDECIDED - QUESTIONS):
        return _("disputed")
    if "lost" in found:
        return _("dispute lost")
    return _("the bank asks") if found & QUESTIONS else ""


def story_word(
    entry: AuditEntry, currency: str, ledger: Sequence[LedgerEntry], plans: Mapping[str, str]
) -> str:
    """One line of an order's history, with its sum if it has one and the vendor's own note."""
    plan = plans.get(entry.facts.get("price", ""), "")
    words = {
        "order.recorded": _("Recorded"),
        "order.completed": _("Trial begun") if entry.facts.get("trial_until") else _("Paid"),
        "order.pending": _("Payment pending"),
        "order.open": _("Begun"),
        "order.failed": _("The payment failed"),
        "order.refunded": _("Given back"),
        "order.refunded_amount": _("Part of the money given back"),
        "order.refund_failed": _("A refund did not go through"),
        "order.refund_asked": _("Refund asked for"),
        "order.plan_change_asked": _("Plan changed to %s") % plan,
        "order.plan_change_waits": _("Change to %s waits, the card was declined") % plan,
        "order.nothing_to_renew": _("The license to be renewed could not be: a new one was issued"),
        "order.disputed": _("The bank asks about the payment")
        if entry.facts.get("dispute") in _only_asked(ledger)
        else _("Disputed at the bank"),
        "order.dispute_closed": _("The dispute is decided"),
    }
    outcomes = {
        "won": _("The dispute is won"),
        "lost": _("The dispute is lost"),
        "warning_closed": _("The bank has closed its question"),
    }
    word = outcomes.get(entry.facts.get("outcome", "")) or words.get(entry.action, entry.action)
    if due := entry.facts.get("due_by"):
        word = _("%(what)s, answer at Stripe until %(day)s") % {"what": word, "day": _day_of(due)}
    if amount := entry.facts.get("amount"):
        word = f"{word}, {money(amount, currency)}"
    note = entry.facts.get("note")
    return f"{word}: {note}" if note else word


def _only_asked(ledger: Sequence[LedgerEntry]) -> set[str]:
    """Questions of the bank that became no dispute."""
    asked = QUESTIONS | {"warning_closed"}
    return {row.external_id for row in ledger if row.kind == "dispute" and row.status in asked}


def _day_of(moment: str) -> str:
    return day(datetime.fromisoformat(moment))


FILTERS = {"entry_word": entry_word, "standing_word": standing_word, "subscription_word": subscription_word}
