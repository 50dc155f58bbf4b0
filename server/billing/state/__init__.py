"""What a purchase amounts to: pure functions from Stripe's facts to the state of an order."""

from server.billing.state.deriving import NOT_GIVEN_BACK, derive
from server.billing.state.facts import (
    Charge,
    Dispute,
    Funds,
    Invoice,
    Line,
    PendingChange,
    Policy,
    Refund,
    Snapshot,
    Subscription,
)
from server.billing.state.target import Entry, Target

__all__ = [
    "NOT_GIVEN_BACK",
    "Charge",
    "Dispute",
    "Entry",
    "Funds",
    "Invoice",
    "Line",
    "PendingChange",
    "Policy",
    "Refund",
    "Snapshot",
    "Subscription",
    "Target",
    "derive",
]
