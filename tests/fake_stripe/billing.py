"""A subscription's life: begun, billed again each term, changed, ended; a bill paid or refused."""

from __future__ import annotations

from typing import Any

from tests.fake_stripe import billing_objects, clock, objects, till
from tests.fake_stripe.errors import invalid, missing
from tests.fake_stripe.objects import Thing, fresh_id
from tests.fake_stripe.shop import Shop

ALIVE = ("trialing", "active", "past_due")


def begin(
    shop: Shop,
    account: str,
    *,
    customer: str,
    price: Thing,
    quantity: int,
    trial_days: int,
    first_amount: int | None = None,
    **more: Any,
) -> tuple[Thing, Thing]:
    """A subscription and its first bill, paid at once; a trial's first bill is of nothing.

    `first_amount` is that of a session; a code counts for this bill only.
    """
    id, start = fresh_id("sub"), clock.now()
    end = start + trial_days * billing_objects.DAY
    end = end if trial_days else billing_objects.term_end(start, price["recurring"])
    item = billing_objects.subscription_item(
        subscription=id, price=price, quantity=quantity, start=start, end=end
    )
    sold = billing_objects.subscription(
        id=id, customer=customer, item=item, trial_end=end if trial_days else None, **more
    )
    amount = price["unit_amount"] * quantity if first_amount is None else first_amount
    amount = 0 if trial_days else amount
    bill = _bill(sold, reason="subscription_create", lines=[_line(sold, amount, start, end)])
    sold["latest_invoice"] = bill["id"]
    shop.store.save(account, sold)
    shop.announce(account, "customer.subscription.created", sold)
    pay_bill(shop, account, bill)
    return sold, bill


def pay_bill(shop: Shop, account: str, bill: Thing, *, intent: Thing | None = None) -> None:
    """The bill is settled: with a payment when it is of anything."""
    if bill["amount_due"] and intent is None:
        intent = objects.payment_intent(
            amount=bill["amount_due"], currency=bill["currency"], customer=bill["customer"]
        )
        shop.charge(account, intent, None, None)
        shop.store.save(account, intent)
    if intent is not None:
        shop.store.save(account, billing_objects.invoice_payment(invoice=bill, intent=intent["id"]))
    bill.update(
        status="paid",
        attempted=True,
        attempt_count=bill["attempt_count"] + 1,
        amount_paid=bill["amount_due"],
        amount_remaining=0,
        auto_advance=False,
    )
    bill["status_transitions"]["paid_at"] = clock.now()
    shop.store.save(account, bill)
    shop.announce(account, "invoice.paid", bill)


def advance(shop: Shop, seconds: int) -> int:
    """Time goes on; whatever became due meanwhile is billed, term by term."""
    goal = clock.now() + seconds
    with shop.store.together():
        while due := _next_due(shop, goal):
            account, sold = due
            clock.advance(max(0, _item(sold)["current_period_end"] - clock.now()))
            _next_term(shop, account, sold)
        clock.advance(goal - clock.now())
    return clock.now()


def _next_due(shop: Shop, goal: int) -> tuple[str, Thing] | None:
    alive = [one for one in shop.store.newest_first(None, "subscription") if one["status"] in ALIVE]
    due = [(_item(one)["current_period_end"], one["id"]) for one in alive]
    due = [one for one in due if one[0] <= goal]
    return shop.store.owned(min(due)[1]) if due else None


def _next_term(shop: Shop, account: str, sold: Thing) -> None:
    if sold["cancel_at_period_end"]:
        end(shop, account, sold)
        return
    item, start = _item(sold), _item(sold)["current_period_end"]
    until = billing_objects.term_end(start, item["price"]["recurring"])
    item.update(current_period_start=start, current_period_end=until)
    lines = [
        *sold.pop("_pending", []),
        _line(sold, till.with_tax(item["price"]["unit_amount"] * item["quantity"], sold), start, until),
    ]
    bill = _bill(sold, reason="subscription_cycle", lines=lines)
    sold["latest_invoice"] = bill["id"]
    if sold.get("_declined"):
        _refuse(shop, account, sold, bill)
    else:
        sold["status"] = "active"
        shop.store.save(account, sold)
        pay_bill(shop, account, bill)
    shop.announce(account, "customer.subscription.updated", sold)


def _refuse(shop: Shop, account: str, sold: Thing, bill: Thing) -> None:
    sold["status"] = "past_due"
    bill.update(attempted=True, attempt_count=bill["attempt_count"] + 1)
    bill["next_payment_attempt"] = clock.now() + 3 * billing_objects.DAY
    shop.store.save(account, bill)
    shop.store.save(account, sold)
    shop.announce(account, "invoice.payment_failed", bill)


def settle_bill(shop: Shop, id: str) -> Thing:
    """The buyer paid an open bill after all."""
    with shop.store.together():
        owned = shop.store.owned(id)
        if owned is None or owned[1]["object"] != "invoice":
            raise missing("invoice", id)
        account, bill = owned
        if bill["status"] != "open":
            raise invalid("invoice", f"This invoice is {bill['status']}.")
        pay_bill(shop, account, bill)
        sold = shop.store.load(bill["_subscription"])
        if sold is not None and sold["status"] == "past_due":
            sold["status"], sold["_declined"] = "active", False
            shop.store.save(account, sold)
            shop.announce(account, "customer.subscription.updated", sold)
    return bill


def change(shop: Shop, account: str, sold: Thing, given: Thing) -> Thing:
    """Another price or number, proration lines for the days that are left, the end, the metadata."""
    with shop.store.together():
        if price := given.get("price"):
            _switch(shop, account, sold, price, str(given.get("proration", "create_prorations")))
        if item := given.get("item"):  # the old one is taken off, another is put in its place
            sold["items"]["data"] = [_item(sold) | item]
        if "quantity" in given:
            _item(sold)["quantity"] = given["quantity"]
        if "cancel_at_period_end" in given:
            ends = bool(given["cancel_at_period_end"])
            sold["cancel_at_period_end"] = ends
            sold["cancel_at"] = _item(sold)["current_period_end"] if ends else None
        sold["metadata"] |= given.get("metadata", {})
        shop.store.save(account, sold)
        shop.announce(account, "customer.subscription.updated", sold)
    return sold


def _switch(shop: Shop, account: str, sold: Thing, price: Thing, proration: str) -> None:
    """The same rhythm waits for the next bill with its proration; another rhythm is billed at once."""
    item, at = _item(sold), clock.now()
    before, end = item["price"], item["current_period_end"]
    share = max(0, end - at) / max(1, end - item["current_period_start"])
    same_rhythm = before["recurring"]["interval"] == price["recurring"]["interval"]
    credit = _line(sold, -round(before["unit_amount"] * item["quantity"] * share), at, end)
    item.update(price=price)
    if proration == "none":
        return
    if same_rhythm:
        owed = _line(sold, round(price["unit_amount"] * item["quantity"] * share), at, end)
        sold["_pending"] = [*sold.get("_pending", []), credit, owed]
        return
    until = billing_objects.term_end(at, price["recurring"])
    item.update(current_period_start=at, current_period_end=until)
    new_term = _line(sold, price["unit_amount"] * item["quantity"], at, until)
    bill = _bill(sold, reason="subscription_update", lines=[credit, new_term])
    sold["latest_invoice"] = bill["id"]
    pay_bill(shop, account, bill)


def end(shop: Shop, account: str, sold: Thing) -> Thing:
    with shop.store.together():
        sold.update(status="canceled", canceled_at=clock.now(), ended_at=clock.now())
        shop.store.save(account, sold)
        shop.announce(account, "customer.subscription.deleted", sold)
    return sold


def _item(sold: Thing) -> Thing:
    item: Thing = sold["items"]["data"][0]
    return item


def _line(sold: Thing, amount: int, start: int, end: int) -> Thing:
    item = _item(sold)
    return billing_objects.invoice_line(
        amount=amount, price=item["price"], quantity=item["quantity"], start=start, end=end
    )


def _bill(sold: Thing, *, reason: str, lines: list[Thing]) -> Thing:
    return billing_objects.invoice(customer=sold["customer"], lines=lines, reason=reason, of=sold)
