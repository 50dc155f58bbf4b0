"""How subscriptions and their bills look when they are new."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from typing import Any

from tests.fake_stripe import clock
from tests.fake_stripe.objects import Thing, fresh_id, new

DAY = 86_400


def term_end(start: int, recurring: Thing) -> int:
    """A month or year later; the 31st becomes the month's last day."""
    begin = datetime.fromtimestamp(start, UTC)
    months = (12 if recurring["interval"] == "year" else 1) * int(recurring["interval_count"])
    years, month = divmod(begin.month - 1 + months, 12)
    last = calendar.monthrange(begin.year + years, month + 1)[1]
    ended = begin.replace(year=begin.year + years, month=month + 1, day=min(begin.day, last))
    return int(ended.timestamp())


def subscription_item(*, subscription: str, price: Thing, quantity: int, start: int, end: int) -> Thing:
    made = new(
        "si",
        "subscription_item",
        billing_thresholds=None,
        current_period_end=end,
        current_period_start=start,
        discounts=[],
        plan=_plan(price),
        price=price,
        quantity=quantity,
        subscription=subscription,
        tax_rates=[],
    )
    del made["livemode"]  # items have none
    return made


def _plan(price: Thing) -> Thing:
    """The old form of a price, which items still carry."""
    return {
        "active": True,
        "amount": price["unit_amount"],
        "billing_scheme": "per_unit",
        "created": price["created"],
        "currency": price["currency"],
        "id": price["id"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": False,
        "metadata": {},
        "object": "plan",
        "product": price["product"],
        "usage_type": "licensed",
    }


def subscription(*, id: str, customer: str, item: Thing, trial_end: int | None, **more: Any) -> Thing:
    empty = (
        "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at "
        "canceled_at cancellation_details days_until_due default_payment_method default_source "
        "default_tax_rates description ended_at latest_invoice next_pending_invoice_item_invoice "
        "on_behalf_of pause_collection payment_settings pending_invoice_item_interval pending_setup_intent "
        "pending_update schedule test_clock transfer_data"
    )
    return new(
        "sub",
        "subscription",
        **{
            **dict.fromkeys(empty.split()),
            "id": id,
            "automatic_tax": {"enabled": False, "disabled_reason": None, "liability": None},
            "billing_cycle_anchor": item["current_period_start"],
            "billing_mode": {"type": "flexible"},
            "billing_schedules": [],
            "cancel_at_period_end": False,
            "collection_method": "charge_automatically",
            "currency": item["price"]["currency"],
            "customer": customer,
            "discounts": [],
            "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
            "items": {
                "object": "list",
                "data": [item],
                "has_more": False,
                "url": f"/v1/subscription_items?subscription={id}",
            },
            "start_date": clock.now(),
            "status": "trialing" if trial_end else "active",
            "trial_end": trial_end,
            "trial_start": clock.now() if trial_end else None,
            "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
            **more,
        },
    )


def invoice(*, customer: str | None, lines: list[Thing], reason: str, of: Thing | None, **more: Any) -> Thing:
    """A bill that waits for its payment; `of` is its subscription."""
    empty = (
        "account_country account_name account_tax_ids application automatically_finalizes_at "
        "confirmation_secret custom_fields customer_address customer_email customer_name customer_phone "
        "customer_shipping customer_tax_exempt customer_tax_ids default_payment_method default_source "
        "description due_date ending_balance footer from_invoice last_finalization_error latest_revision "
        "next_payment_attempt on_behalf_of receipt_number rendering shipping_cost shipping_details "
        "statement_descriptor subtotal_excluding_tax test_clock threshold_reason total_discount_amounts "
        "total_excluding_tax total_pretax_credit_amounts total_taxes webhooks_delivered_at"
    )
    total = max(0, sum(line["amount"] for line in lines))
    id = fresh_id("in")
    return new(
        "in",
        "invoice",
        **{
            **dict.fromkeys(empty.split()),
            "id": id,
            "_subscription": of["id"] if of else None,
            "amount_due": total,
            "amount_overpaid": 0,
            "amount_paid": 0,
            "amount_remaining": total,
            "amount_shipping": 0,
            "attempt_count": 0,
            "attempted": False,
            "auto_advance": True,
            "automatic_tax": {"enabled": False, "disabled_reason": None, "liability": None, "status": None},
            "billing_reason": reason,
            "collection_method": "charge_automatically",
            "currency": lines[0]["currency"],
            "customer": customer,
            "default_tax_rates": [],
            "discounts": [],
            "effective_at": clock.now(),
            "hosted_invoice_url": f"https://invoice.example.com/i/{id}",
            "invoice_pdf": f"https://invoice.example.com/i/{id}/pdf",
            "issuer": {"type": "self"},
            "lines": _list([{**line, "invoice": id} for line in lines], f"/v1/invoices/{id}/lines"),
            "number": f"TEST-{id[-6:].upper()}",
            "parent": _parent(of),
            "payment_settings": {"default_mandate": None, "payment_method_options": None},
            "period_end": clock.now(),
            "period_start": clock.now(),
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "starting_balance": 0,
            "status": "open",
            "status_transitions": {
                **dict.fromkeys(("marked_uncollectible_at", "paid_at", "voided_at")),
                "finalized_at": clock.now(),
            },
            "subtotal": total,
            "total": total,
            **more,
        },
    )


def _parent(of: Thing | None) -> Thing | None:
    if of is None:
        return None
    details = {"subscription": of["id"], "metadata": of["metadata"]}
    return {"type": "subscription_details", "quote_details": None, "subscription_details": details}


def invoice_line(*, amount: int, price: Thing, quantity: int, start: int, end: int, **more: Any) -> Thing:
    named = {"price": price["id"], "product": price["product"]}
    made = new(
        "il",
        "line_item",
        **{
            "amount": amount,
            "currency": price["currency"],
            "description": None,
            "discount_amounts": [],
            "discountable": True,
            "discounts": [],
            "invoice": None,
            "parent": None,
            "period": {"start": start, "end": end},
            "pretax_credit_amounts": [],
            "pricing": {"type": "price_details", "price_details": named},
            "quantity": quantity,
            "subscription": None,
            "subtotal": amount,
            "taxes": [],
            **more,
        },
    )
    del made["created"]  # lines have none
    return made


def invoice_payment(*, invoice: Thing, intent: str) -> Thing:
    made = new(
        "inpay",
        "invoice_payment",
        amount_paid=invoice["amount_due"],
        amount_requested=invoice["amount_due"],
        currency=invoice["currency"],
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent},
        status="paid",
        status_transitions={"canceled_at": None, "paid_at": clock.now()},
    )
    del made["metadata"]  # payments of bills have none
    return made


def bank_debit() -> Thing:
    """A way of paying that tells only after days whether the money came."""
    return new(
        "pm",
        "payment_method",
        allow_redisplay="limited",
        billing_details={"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        customer=None,
        sepa_debit={
            "bank_code": "37040044",
            "branch_code": "",
            "country": "DE",
            "fingerprint": None,
            "generated_from": None,
            "last4": "3000",
        },
        type="sepa_debit",
    )


def _list(data: list[Thing], url: str) -> Thing:
    return {"object": "list", "data": data, "has_more": False, "url": url}
