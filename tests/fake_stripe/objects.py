"""How each object looks when it is new: Stripe's field names, all of them that a one-time sale shows."""

from __future__ import annotations

import secrets
from typing import Any

from tests.fake_stripe import clock

API_VERSION = "2026-10-28.endive"

Thing = dict[str, Any]


def fresh_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def new(prefix: str, object: str, **fields: Any) -> Thing:
    return {
        "id": fresh_id(prefix),
        "object": object,
        "created": clock.now(),
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
            "updated": clock.now(),
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
    empty = (
        "application application_fee_amount automatic_payment_methods canceled_at cancellation_reason "
        "customer description last_payment_error latest_charge next_action on_behalf_of "
        "payment_method_configuration_details processing receipt_email review setup_future_usage shipping "
        "source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
    )
    return new(
        "pi",
        "payment_intent",
        **{
            **dict.fromkeys(empty.split()),
            "id": id,
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "capture_method": "automatic_async",
            "client_secret": f"{id}_secret_{secrets.token_hex(12)}",
            "confirmation_method": "automatic",
            "currency": currency,
            "payment_method": fresh_id("pm"),
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "status": "processing",
            **more,
        },
    )


def charge(*, intent: Thing, email: str | None, name: str | None) -> Thing:
    empty = (
        "application application_fee application_fee_amount description failure_balance_transaction "
        "failure_code failure_message on_behalf_of payment_method_details receipt_email receipt_number "
        "receipt_url review shipping source_transfer statement_descriptor statement_descriptor_suffix "
        "transfer_data transfer_group"
    )
    return new(
        "ch",
        "charge",
        **dict.fromkeys(empty.split()),
        amount=intent["amount"],
        amount_captured=intent["amount"],
        amount_refunded=0,
        balance_transaction=fresh_id("txn"),
        billing_details={"address": None, "email": email, "name": name, "phone": None, "tax_id": None},
        calculated_statement_descriptor="TEST SHOP",
        captured=True,
        currency=intent["currency"],
        customer=intent["customer"],
        disputed=False,
        fraud_details={},
        outcome=_approved(),
        paid=True,
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        refunded=False,
        status="succeeded",
    )


def _approved() -> Thing:
    return {
        **dict.fromkeys(("advice_code", "network_advice_code", "network_decline_code", "reason")),
        "network_status": "approved_by_network",
        "risk_level": "normal",
        "risk_score": 8,
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


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
