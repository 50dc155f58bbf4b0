"""A subscription's life: begun, billed again each term, changed, ended; a bill paid or refused."""

from __future__ import annotations

from typing import Any

from tests.fake_stripe import billing_objects, clock, switching, till
from tests.fake_stripe.bills import collect, draw_bill, item_of, line_of, must_load, pay_bill
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
    bill = draw_bill(shop, account, sold, "subscription_create", [line_of(sold, amount, start, end)])
    sold["latest_invoice"] = bill["id"]
    shop.store.save(account, sold)
    shop.announce(account, "customer.subscription.created", sold)
    pay_bill(shop, account, bill)
    return sold, bill


def advance(shop: Shop, seconds: int) -> int:
    """Time goes on; whatever became due meanwhile is billed, term by term."""
    goal = clock.now() + seconds
    with shop.store.together():
        while due := _next_due(shop, goal):
            account, sold = due
            clock.advance(max(0, item_of(sold)["current_period_end"] - clock.now()))
            switching.lapse(shop)
            _next_term(shop, account, must_load(shop, sold["id"]))
        clock.advance(goal - clock.now())
        switching.lapse(shop)
    return clock.now()


def _next_due(shop: Shop, goal: int) -> tuple[str, Thing] | None:
    alive = [one for one in shop.store.newest_first(None, "subscription") if one["status"] in ALIVE]
    due = [(item_of(one)["current_period_end"], one["id"]) for one in alive]
    due = [one for one in due if one[0] <= goal]
    return shop.store.owned(min(due)[1]) if due else None


def _next_term(shop: Shop, account: str, sold: Thing) -> None:
    if sold["cancel_at_period_end"]:
        end(shop, account, sold)
        return
    item, start = item_of(sold), item_of(sold)["current_period_end"]
    until = billing_objects.term_end(start, item["price"]["recurring"])
    item.update(current_period_start=start, current_period_end=until)
    lines = [
        *sold.pop("_pending", []),
        line_of(sold, till.with_tax(item["price"]["unit_amount"] * item["quantity"], sold), start, until),
    ]
    bill = draw_bill(shop, account, sold, "subscription_cycle", lines)
    sold["latest_invoice"] = bill["id"]
    collect(shop, account, sold, bill)
    shop.announce(account, "customer.subscription.updated", sold)


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
        if sold is None:
            return bill
        switching.paid(shop, account, sold, bill)
        if sold["status"] == "past_due":
            sold["status"], sold["_declined"] = "active", False
            shop.store.save(account, sold)
            shop.announce(account, "customer.subscription.updated", sold)
    return bill


def change(shop: Shop, account: str, sold: Thing, given: Thing) -> Thing:
    """Another price or number, proration lines for the days that are left, the end, the metadata."""
    with shop.store.together():
        metadata = given.get("metadata", {})
        if wanted := given.get("switch"):
            switching.switch(shop, account, sold, wanted, metadata)
        if item := given.get("item"):  # the old one is taken off, another is put in its place
            sold["items"]["data"] = [item_of(sold) | item]
        if "quantity" in given:
            item_of(sold)["quantity"] = given["quantity"]
        if "cancel_at_period_end" in given:
            ends = bool(given["cancel_at_period_end"])
            sold["cancel_at_period_end"] = ends
            sold["cancel_at"] = item_of(sold)["current_period_end"] if ends else None
        if sold["pending_update"] is None:
            sold["metadata"] |= metadata
        shop.store.save(account, sold)
        shop.announce(account, "customer.subscription.updated", sold)
    return sold


def end(shop: Shop, account: str, sold: Thing) -> Thing:
    with shop.store.together():
        sold.update(status="canceled", canceled_at=clock.now(), ended_at=clock.now())
        shop.store.save(account, sold)
        shop.announce(account, "customer.subscription.deleted", sold)
    return sold
