"""How our rows have to look for one purchase."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True)
class Entry:
    """A row of the ledger; what left the vendor is negative, what came to nothing is 0."""

    kind: str  # "payment", "renewal", "refund", "dispute", "dispute_funds"
    external_id: str
    status: str
    amount: int
    currency: str
    occurred_at: datetime


@dataclass(frozen=True)
class Target:
    """The order, its licenses and its ledger. `units` are (line, ordinal): each stands for one license."""

    state: str  # "open", "pending", "completed", "failed", "refunded"
    price: str
    units: tuple[tuple[str, int], ...]
    amount: int
    discount: int
    tax: int
    paid_at: datetime | None
    refunded_amount: int
    disputed: bool
    suspended: tuple[str, ...]  # reasons, one for each open dispute
    revoked: tuple[str, ...]  # "refunded", "disputed"
    is_subscription: bool
    subscription: str
    subscription_status: str
    valid_until: datetime | None  # of a subscription: the end of what was paid
    is_trial: bool
    grace_until: datetime | None
    unpaid_bill: str  # a renewal that was tried and not paid
    pay_url: str  # where it can be paid
    renews: bool
    renews_at: datetime | None
    cancels_at: datetime | None
    waiting_price: str  # a change of plan whose bill is open
    waiting_until: datetime | None
    waiting_pay_url: str
    disputes: tuple[tuple[str, datetime | None], ...]  # open ones, and until when to answer
    ledger: tuple[Entry, ...]
    refs: tuple[tuple[str, str], ...]  # (kind, id at Stripe)

    def fingerprint(self, *more: str) -> str:
        """Equal for equal targets: what was written once needs no second write."""
        told = json.dumps([asdict(self), more], sort_keys=True, default=str)
        return hashlib.sha256(told.encode()).hexdigest()
