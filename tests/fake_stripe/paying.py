"""The buyer pays on the hosted page: once, for a subscription, with a code, or by a slow bank."""

from __future__ import annotations

from tests.fake_stripe import billing, billing_objects, bills, clock, objects, till
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import Shop


def pay(shop: Shop, session_id: str, *, email: str, name: str, later: bool = False, code: str = "") -> Thing:
    """The buyer pressed Pay; `later` is a bank transfer that is settled or refused another day."""
    with shop.store.together():
        account, session = shop.session(session_id, status="open")
        if code:
            till.rebate(shop, account, session, code)
        till.reckon(session)
        if session["mode"] == "subscription":
            _subscribe(shop, account, session, email, name)
        else:
            _pay_once(shop, account, session, email, name, later=later)
        session.update(status="complete", customer_details=_details(email, name), url=None)
        shop.store.save(account, session)
        shop.announce(account, "checkout.session.completed", session)
    return session


def _pay_once(shop: Shop, account: str, session: Thing, email: str, name: str, *, later: bool) -> None:
    session["customer"] = _customer(shop, account, session, email, name)
    if not session["amount_total"]:
        session["payment_status"] = "no_payment_required"
        return
    intent = objects.payment_intent(
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        metadata=session["_payment_intent_data"].get("metadata", {}),
        description=session["_payment_intent_data"].get("description"),
    )
    session.update(payment_status="unpaid" if later else "paid", payment_intent=intent["id"])
    if not later:
        shop.charge(account, intent, email, name)
    shop.store.save(account, intent)
    if session["_bills"] and not later:
        lines = [_bill_line(item) for item in session["_items"]]
        bill = billing_objects.invoice(
            customer=session["customer"], lines=lines, reason="manual", of=None
        ) | {"amount_due": session["amount_total"]}
        session["invoice"] = bill["id"]
        bills.pay_bill(shop, account, bill, intent=intent)


def _bill_line(item: Thing) -> Thing:
    return billing_objects.invoice_line(
        amount=item["amount_total"],
        price=item["price"],
        quantity=item["quantity"],
        start=clock.now(),
        end=clock.now(),
    )


def _subscribe(shop: Shop, account: str, session: Thing, email: str, name: str) -> None:
    told = session["_subscription_data"]
    days = till.trial_days(session)
    customer = _customer(shop, account, session | {"customer_creation": "always"}, email, name)
    assert customer is not None
    item = session["_items"][0]
    sold, bill = billing.begin(
        shop,
        account,
        customer=customer,
        price=item["price"],
        quantity=item["quantity"],
        trial_days=days,
        first_amount=session["amount_total"],
        automatic_tax={
            "disabled_reason": None,
            "liability": None,
            "enabled": session["automatic_tax"]["enabled"],
        },
        metadata=told.get("metadata", {}),
    )
    session.update(
        customer=customer,
        subscription=sold["id"],
        invoice=bill["id"],
        amount_total=bill["amount_paid"],
        payment_status="no_payment_required" if days else "paid",
    )
    if days:  # of nothing, nothing is tax
        session["total_details"] = dict.fromkeys(session["total_details"], 0)


def _customer(shop: Shop, account: str, session: Thing, email: str, name: str) -> str | None:
    wanted = session["customer_creation"] == "always" or session["_bills"]
    if session["customer"] is not None or not wanted:
        return session["customer"]  # type: ignore[no-any-return]  # a JSON value: str or None
    return str(shop.create(account, objects.customer(email=email, name=name))["id"])


def _details(email: str, name: str) -> Thing:
    return {
        "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
