"""A subscription on another price: what the days that are left cost, and a change that waits to be paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.fake_stripe import billing_objects, bills, clock, till
from tests.fake_stripe.errors import invalid
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import Shop

PENDING_S = 23 * 3600  # docs.stripe.com/billing/subscriptions/pending-updates-reference, "Expiration"


@dataclass(frozen=True)
class Wanted:
    """The new price and number; `at` is the moment from which they count.

    Whoever names a price and no number gets one (docs.stripe.com/api/subscriptions/update, `items.price`).
    """

    price: Thing
    quantity: int
    at: int
    proration: str = "create_prorations"
    payment: str = "allow_incomplete"


@dataclass(frozen=True)
class _Reckoned:
    """The lines of a change, and the term that holds after it."""

    lines: list[Thing]
    term: tuple[int, int]
    same_rhythm: bool


def switch(shop: Shop, account: str, sold: Thing, wanted: Wanted, metadata: Thing) -> None:
    """A trial only takes the price. The same rhythm may wait for the next bill, another is billed now."""
    reckoned = _reckon(sold, wanted)
    discard(shop, account, sold)
    if sold["status"] == "trialing" or wanted.proration == "none":
        bills.item_of(sold).update(price=wanted.price, quantity=wanted.quantity)
        return
    if reckoned.same_rhythm and wanted.proration == "create_prorations":
        sold["_pending"] = [*sold.get("_pending", []), *reckoned.lines]
        bills.item_of(sold).update(price=wanted.price, quantity=wanted.quantity)
        return
    waits = wanted.payment == "pending_if_incomplete"
    if waits and sold.get("_slow"):
        raise invalid("payment_behavior", "Pending updates are not supported for this payment method.")
    bill = bills.draw_bill(
        shop, account, sold, "subscription_update", [*sold.get("_pending", []), *reckoned.lines]
    )
    sold["latest_invoice"] = bill["id"]
    change = {"price": wanted.price, "quantity": wanted.quantity, "term": reckoned.term, "metadata": metadata}
    if bill["amount_due"] and sold.get("_declined") and waits:
        _wait(shop, account, sold, bill, change)
        return
    _apply(sold, change)
    bills.collect(shop, account, sold, bill)


def preview(shop: Shop, account: str, sold: Thing, wanted: Wanted) -> Thing:
    """The bill that a change would draw, without drawing it."""
    reckoned = _reckon(sold, wanted)
    free = sold["status"] == "trialing" or (reckoned.same_rhythm and wanted.proration == "create_prorations")
    lines = reckoned.lines if not free else [{**line, "amount": 0} for line in reckoned.lines]
    return bills.reckon_bill(
        shop, account, sold, "upcoming", [*([] if free else sold.get("_pending", [])), *lines]
    ) | {"status": "draft"}


def paid(shop: Shop, account: str, sold: Thing, bill: Thing) -> None:
    """The bill that a change waited for is paid: the change is made."""
    if sold["pending_update"] is None or sold["latest_invoice"] != bill["id"]:
        return
    _apply(sold, sold.pop("_waiting"))
    sold["pending_update"] = None
    shop.store.save(account, sold)
    shop.announce(account, "customer.subscription.updated", sold)
    shop.announce(account, "customer.subscription.pending_update_applied", sold)


def lapse(shop: Shop) -> None:
    """Changes that nobody paid for in time are dropped."""
    for one in shop.store.newest_first(None, "subscription"):
        if one["pending_update"] is not None and one["pending_update"]["expires_at"] <= clock.now():
            account, sold = shop.store.owned(one["id"]) or ("", one)
            discard(shop, account, sold)
            shop.store.save(account, sold)
            shop.announce(account, "customer.subscription.pending_update_expired", sold)


def discard(shop: Shop, account: str, sold: Thing) -> None:
    """The bill of a change that still waits is void; what was taken from the buyer's credit goes back."""
    if sold["pending_update"] is None:
        return
    bill = bills.must_load(shop, sold["latest_invoice"])
    bill.update(status="void", next_payment_attempt=None)
    bill["status_transitions"]["voided_at"] = clock.now()
    shop.store.save(account, bill)
    bills.credit(shop, account, sold, bill["starting_balance"] - (bill["ending_balance"] or 0))
    sold["pending_update"] = None
    sold.pop("_waiting", None)


def _reckon(sold: Thing, wanted: Wanted) -> _Reckoned:
    item = bills.item_of(sold)
    before, start, end = item["price"], item["current_period_start"], item["current_period_end"]
    at, after = wanted.at, wanted.price
    share = min(1.0, max(0, end - at) / max(1, end - start))
    same_rhythm = before["recurring"]["interval"] == after["recurring"]["interval"]
    until = end if same_rhythm else billing_objects.term_end(at, after["recurring"])

    def line(price: Thing, quantity: int, share: float, end: int) -> Thing:
        owed = till.with_tax(round(price["unit_amount"] * share * quantity), sold)
        return billing_objects.invoice_line(amount=owed, price=price, quantity=quantity, start=at, end=end)

    credit = line(before, item["quantity"], -share, end)
    owed = line(after, wanted.quantity, share if same_rhythm else 1, until)
    return _Reckoned([credit, owed], (start, end) if same_rhythm else (at, until), same_rhythm)


def _apply(sold: Thing, change: dict[str, Any]) -> None:
    start, end = change["term"]
    item, bought = bills.item_of(sold), {name: change[name] for name in ("price", "quantity")}
    item.update(bought, current_period_start=start, current_period_end=end)
    sold["metadata"] |= change["metadata"]
    sold.pop("_pending", None)


def _wait(shop: Shop, account: str, sold: Thing, bill: Thing, change: dict[str, Any]) -> None:
    item = bills.item_of(sold)
    sold["_waiting"] = change
    sold["pending_update"] = {
        "billing_cycle_anchor": None,
        "discounts": None,
        "expires_at": min(clock.now() + PENDING_S, item["current_period_end"]),
        "metadata": change["metadata"],
        "subscription_items": [
            {"id": item["id"], "price": change["price"]["id"], "quantity": change["quantity"]}
        ],
        "trial_end": None,
        "trial_from_plan": None,
    }
    bill.update(attempted=True, attempt_count=1)
    shop.store.save(account, bill)
    shop.announce(account, "invoice.payment_failed", bill)
