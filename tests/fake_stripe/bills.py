"""Bills of a subscription: reckoned, drawn, paid, refused, or left to a bank that takes days."""

from __future__ import annotations

from tests.fake_stripe import billing_objects, clock, objects
from tests.fake_stripe.errors import missing
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import Shop


def draw_bill(shop: Shop, account: str, sold: Thing, reason: str, lines: list[Thing]) -> Thing:
    """A new bill, kept; the buyer's credit is taken off, and a bill below zero adds to it."""
    bill = reckon_bill(shop, account, sold, reason, lines)
    credit(shop, account, sold, (bill["ending_balance"] or 0) - bill["starting_balance"])
    shop.store.save(account, bill)
    return bill


def reckon_bill(shop: Shop, account: str, sold: Thing, reason: str, lines: list[Thing]) -> Thing:
    """How a bill of these lines would look; a balance below zero is the buyer's credit."""
    before = must_load(shop, sold["customer"])["balance"]
    total = sum(line["amount"] for line in lines)
    due = max(0, total + before)
    sums = {"total": total, "subtotal": total, "amount_due": due, "amount_remaining": due}
    bill = billing_objects.invoice(
        customer=sold["customer"],
        lines=lines,
        reason=reason,
        of=sold,
        starting_balance=before,
        ending_balance=min(0, total + before),
        **sums,
    )
    return bill | {"hosted_invoice_url": f"{shop.url_base}/i/{bill['id']}"}


def credit(shop: Shop, account: str, sold: Thing, amount: int) -> None:
    """Move the buyer's balance; less is more to his credit."""
    if amount:
        customer = must_load(shop, sold["customer"])
        customer["balance"] += amount
        shop.store.save(account, customer)


def collect(shop: Shop, account: str, sold: Thing, bill: Thing) -> None:
    """Take the money: the card may be declined, and a bank debit is on its way for days."""
    if bill["amount_due"] and sold.get("_declined"):
        refuse(shop, account, sold, bill)
    elif bill["amount_due"] and sold.get("_slow"):
        bill.update(attempted=True, attempt_count=1)
        shop.store.save(account, bill)
        shop.store.save(account, sold)
    else:
        sold["status"] = "active"
        shop.store.save(account, sold)
        pay_bill(shop, account, bill)


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


def refuse(shop: Shop, account: str, sold: Thing, bill: Thing) -> None:
    """The bank said no: the subscription owes it from now on."""
    sold["status"] = "past_due"
    bill.update(attempted=True, attempt_count=bill["attempt_count"] + 1)
    bill["next_payment_attempt"] = clock.now() + 3 * billing_objects.DAY
    shop.store.save(account, bill)
    shop.store.save(account, sold)
    shop.announce(account, "invoice.payment_failed", bill)


def item_of(sold: Thing) -> Thing:
    item: Thing = sold["items"]["data"][0]
    return item


def line_of(sold: Thing, amount: int, start: int, end: int) -> Thing:
    item = item_of(sold)
    return billing_objects.invoice_line(
        amount=amount, price=item["price"], quantity=item["quantity"], start=start, end=end
    )


def must_load(shop: Shop, id: str) -> Thing:
    found = shop.store.load(id)
    if found is None:
        raise missing("object", id)
    return found
