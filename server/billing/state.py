"""What a purchase amounts to: a pure function from Stripe's facts to the state of an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

# The payment was tried and the bank said no; while it is still thinking, the intent says otherwise.
REFUSED = frozenset({"requires_payment_method", "canceled"})


@dataclass(frozen=True)
class Line:
    """One line of a purchase; each unit of it brings a license."""

    id: str
    quantity: int


@dataclass(frozen=True)
class Snapshot:
    """One purchase as Stripe showed it at one moment."""

    session_id: str
    status: str  # "open", "complete", "expired"
    payment_status: str  # "paid", "unpaid", "no_payment_required"
    intent_id: str | None
    intent_status: str | None
    charge_id: str | None
    charged_at: int | None
    refunded: bool  # in full
    email: str
    name: str
    amount: int
    currency: str
    lines: tuple[Line, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """How our rows have to look. `units` are (line, ordinal): each stands for one license."""

    state: str  # "open", "pending", "completed", "failed", "refunded"
    units: tuple[tuple[str, int], ...]
    revoked: bool
    paid_at: datetime | None
    refs: tuple[tuple[str, str], ...]  # (kind, id at Stripe)


def derive(snapshot: Snapshot) -> Target:
    """Equal facts give an equal target, whichever event brought us here and in whatever order."""
    paid = snapshot.status == "complete" and snapshot.payment_status in {"paid", "no_payment_required"}
    revoked = paid and snapshot.refunded
    refs = (
        ("checkout_session", snapshot.session_id),
        ("payment_intent", snapshot.intent_id),
        ("charge", snapshot.charge_id),
    )
    return Target(
        state=_state(snapshot, paid=paid),
        units=tuple((line.id, n) for line in snapshot.lines for n in range(line.quantity)) if paid else (),
        revoked=revoked,
        paid_at=datetime.fromtimestamp(snapshot.charged_at, UTC) if paid and snapshot.charged_at else None,
        refs=tuple((kind, id) for kind, id in refs if id),
    )


def _state(snapshot: Snapshot, *, paid: bool) -> str:
    if paid:
        return "refunded" if snapshot.refunded else "completed"
    if snapshot.status == "expired":
        return "failed"
    if snapshot.status == "complete":
        return "failed" if snapshot.intent_status in REFUSED else "pending"
    return "open"
