"""The buyer pays on the hosted page: once, for a subscription, with a code, or by a slow bank."""

from __future__ import annotations

from tests.fake_stripe import billing, billing_objects, clock, objects
from tests.fake_stripe.errors import invalid
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import Shop


def pay(shop: Shop, session_id: str, *, email: str, name: str, later: bool = False, code: str = "") -> Thing:
    """The buyer pressed Pay; `later` is a bank transfer that is settled or refused another day."""
    with shop.store.together():
        account, session = shop.session(session_id, status="open")
        if code:
            _rebate(shop, account, session, code)
        if session["mode"] == "subscription":
            _subscribe(shop, account, session, email, name)
        else:
            _pay_once(shop, account, session, email, name, later=later)
        session.update(status="complete", customer_details=_details(email, name), url=None)
        shop.store.save(account, session)
        shop.announce(account, "checkout.session.completed", session)
    return session


def _rebate(shop: Shop, account: str, session: Thing, code: str) -> None:
    known = [one for one in shop.store.newest_first(account, "promotion_code") if one["code"] == code]
    if not session["allow_promotion_codes"] or not known:
        raise invalid("code", "This code is not valid.")
    coupon = shop.store.load(known[0]["promotion"]["coupon"])
    assert coupon is not None
    off = round(session["amount_subtotal"] * coupon["percent_off"] / 100)
    session["amount_total"] = session["amount_subtotal"] - off
    session["total_details"]["amount_discount"] = off
    session["discounts"] = [{"coupon": coupon["id"], "promotion_code": known[0]["id"]}]


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
        billing.pay_bill(shop, account, bill, intent=intent)


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
    days = int(told.get("trial_period_days", 0))
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
        metadata=told.get("metadata", {}),
    )
    session.update(
        customer=customer,
        subscription=sold["id"],
        invoice=bill["id"],
        amount_total=bill["amount_paid"],
        payment_status="no_payment_required" if days else "paid",
    )


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
