"""What Stripe says of one purchase at one moment, as plain values; moments are seconds since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CHANGE = "subscription_update"  # the reason of a bill for another plan or number
RENEWAL = "subscription_cycle"  # Stripe's reason for the bill that begins a next term


@dataclass(frozen=True)
class Line:
    """One line of a one-time purchase; each unit of it brings a license."""

    id: str
    quantity: int


@dataclass(frozen=True)
class Refund:
    """Money on its way back; it counts unless it failed or was called off."""

    id: str
    amount: int
    status: str
    created: int
    cause: str = ""  # the press of a button here, if it was one


@dataclass(frozen=True)
class Funds:
    """Money that a dispute moved on the vendor's account, fees included."""

    id: str
    net: int
    currency: str
    created: int


@dataclass(frozen=True)
class Dispute:
    """The buyer's bank asks for the money."""

    id: str
    status: str
    created: int
    due_by: int | None = None
    funds: tuple[Funds, ...] = ()


@dataclass(frozen=True)
class Charge:
    """A payment that was taken, and what became of it."""

    id: str
    amount: int
    currency: str
    created: int
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()


@dataclass(frozen=True)
class Invoice:
    """One bill of a subscription; `paid_to` is the end of the period it is for."""

    id: str
    status: str  # "draft", "open", "paid", "void", "uncollectible"
    reason: str  # "subscription_create", "subscription_cycle", …
    attempted: bool
    created: int
    amount_paid: int
    currency: str
    paid_at: int | None
    paid_to: int | None
    pay_url: str = ""
    charge: Charge | None = None


@dataclass(frozen=True)
class PendingChange:
    """Another price that a subscription takes once its bill is paid; dropped when that does not happen."""

    price: str  # our own price's id
    until: int


@dataclass(frozen=True)
class Subscription:
    """What is paid again each term. `price` is our own price's id, as far as Stripe was told it."""

    id: str
    quantity: int
    status: str
    price: str
    trial_end: int | None
    cancels_at: int | None
    renews_at: int | None
    invoices: tuple[Invoice, ...] = ()
    pending: PendingChange | None = None

    def is_alive(self) -> bool:
        """Whether another term may still be charged."""
        return self.status in {"trialing", "active", "past_due", "unpaid", "paused"}


@dataclass(frozen=True)
class Policy:
    """What the vendor decided."""

    grace_days: int = 7
    partial_refund: str = "keep"  # or "revoke"


@dataclass(frozen=True)
class Snapshot:
    """One purchase. The root is a Checkout Session, or a subscription that was made elsewhere."""

    root_kind: str
    root_id: str
    status: str  # "open", "complete", "expired"
    payment_status: str  # "paid", "unpaid", "no_payment_required"
    email: str
    name: str
    amount: int
    currency: str
    created: int = 0
    discount: int = 0  # what a code took off, and what of `amount` is tax
    tax: int = 0
    lines: tuple[Line, ...] = ()
    intent_id: str | None = None
    intent_status: str | None = None
    charge: Charge | None = None
    invoice_id: str | None = None  # of a one-time purchase
    subscription: Subscription | None = None
    customer: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    def sold(self) -> str:
        """The id of our price that holds now; empty for a sale that is none of ours."""
        told = self.subscription.price if self.subscription else ""
        return told or self.metadata.get("keydesk_price", "")

    def charges(self) -> list[Charge]:
        """All payments that were taken, oldest first."""
        billed = [bill.charge for bill in self.subscription.invoices] if self.subscription else []
        found = {one.id: one for one in [self.charge, *billed] if one is not None}
        return sorted(found.values(), key=lambda one: (one.created, one.id))

    def present_payments(self) -> list[Charge]:
        """What was paid for the present term, oldest first; another plan within it has a bill of its own."""
        if self.subscription is None:
            return self.charges()
        present: list[Charge] = []
        end = 0
        for bill in sorted(self.subscription.invoices, key=_age):
            if bill.charge is None:
                continue
            if bill.reason == RENEWAL or (bill.paid_to or 0) > end:  # months may follow a year that was left
                present, end = [], bill.paid_to or 0
            present.append(bill.charge)
        return present


def _age(bill: Invoice) -> tuple[int, bool, str]:
    """Oldest first; of one second, a change behind the term that it changes."""
    return bill.created, bill.reason == CHANGE, bill.id
