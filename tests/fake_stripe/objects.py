"""How each object looks when it is new: Stripe's field names, all of them that a one-time sale shows."""

from __future__ import annotations

import secrets
import time
from typing import Any

API_VERSION = "2026-10-28.endive"

Thing = dict[str, Any]


def fresh_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def new(prefix: str, object: str, **fields: Any) -> Thing:
    return {
        "id": fresh_id(prefix),
        "object": object,
        "created": int(time.time()),
        "livemode": False,
        "metadata": {},
        **fields,
    }


def customer(*, email: str | None, name: str | None, **more: Any) -> Thing:
    return new(
        "cus",
        "customer",
        address=None,
        balance=0,
        currency=None,
        default_source=None,
        delinquent=False,
        description=None,
        discount=None,
        email=email,
        invoice_prefix=secrets.token_hex(4).upper(),
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        name=name,
        phone=None,
        preferred_locales=[],
        shipping=None,
        tax_exempt="none",
        test_clock=None,
        **more,
    )


def product(*, name: str, **more: Any) -> Thing:
    return new(
        "prod",
        "product",
        **{
            "active": True,
            "default_price": None,
            "description": None,
            "images": [],
            "marketing_features": [],
            "name": name,
            "package_dimensions": None,
            "shippable": None,
            "statement_descriptor": None,
            "tax_code": None,
            "type": "service",
            "unit_label": None,
            "updated": int(time.time()),
            "url": None,
            **more,
        },
    )


def price(*, product: str, currency: str, unit_amount: int, **more: Any) -> Thing:
    return new(
        "price",
        "price",
        **{
            "active": True,
            "billing_scheme": "per_unit",
            "currency": currency,
            "custom_unit_amount": None,
            "lookup_key": None,
            "nickname": None,
            "product": product,
            "recurring": None,
            "tax_behavior": "unspecified",
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": unit_amount,
            "unit_amount_decimal": str(unit_amount),
            **more,
        },
    )


def line_item(*, price: Thing, quantity: int, description: str) -> Thing:
    amount = price["unit_amount"] * quantity
    return {
        "id": fresh_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": description,
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def payment_intent(*, amount: int, currency: str, **more: Any) -> Thing:
    id = fresh_id("pi")
    return new(
        "pi",
        "payment_intent",
        **{
            "id": id,
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic_async",
            "client_secret": f"{id}_secret_{secrets.token_hex(12)}",
            "confirmation_method": "automatic",
            "currency": currency,
            "customer": None,
            "description": None,
            "last_payment_error": None,
            "latest_charge": None,
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": fresh_id("pm"),
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "source": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "processing",
            "transfer_data": None,
            "transfer_group": None,
            **more,
        },
    )


def charge(*, intent: Thing, email: str | None, name: str | None) -> Thing:
    return new(
        "ch",
        "charge",
        amount=intent["amount"],
        amount_captured=intent["amount"],
        amount_refunded=0,
        application=None,
        application_fee=None,
        application_fee_amount=None,
        balance_transaction=fresh_id("txn"),
        billing_details={"address": None, "email": email, "name": name, "phone": None, "tax_id": None},
        calculated_statement_descriptor="TEST SHOP",
        captured=True,
        currency=intent["currency"],
        customer=intent["customer"],
        description=None,
        disputed=False,
        failure_balance_transaction=None,
        failure_code=None,
        failure_message=None,
        fraud_details={},
        on_behalf_of=None,
        outcome={
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 8,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        paid=True,
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        payment_method_details=None,
        receipt_email=None,
        receipt_number=None,
        receipt_url=None,
        refunded=False,
        review=None,
        shipping=None,
        source_transfer=None,
        statement_descriptor=None,
        statement_descriptor_suffix=None,
        status="succeeded",
        transfer_data=None,
        transfer_group=None,
    )


def refund(*, charge: Thing, amount: int, reason: str | None, metadata: dict[str, str]) -> Thing:
    made = new(
        "re",
        "refund",
        amount=amount,
        balance_transaction=fresh_id("txn"),
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        payment_intent=charge["payment_intent"],
        reason=reason,
        receipt_number=None,
        source_transfer_reversal=None,
        status="succeeded",
        transfer_reversal=None,
    )
    made["metadata"] = metadata
    del made["livemode"]  # refunds have none
    return made


def event(*, type: str, about: Thing, previous: Thing | None) -> Thing:
    made = new(
        "evt",
        "event",
        api_version=API_VERSION,
        data={"object": about, **({"previous_attributes": previous} if previous else {})},
        pending_webhooks=1,
        request={"id": None, "idempotency_key": None},
        type=type,
    )
    del made["metadata"]  # events have none
    return made
