"""How a Checkout Session looks when it is new."""

from __future__ import annotations

import secrets
from typing import Any

from tests.fake_stripe import clock
from tests.fake_stripe.objects import Thing, new

ONE_DAY = 86_400


def checkout_session(*, items: list[Thing], url_base: str, **given: Any) -> Thing:
    """Keys that begin with an underscore are the double's own and are never served."""
    id = f"cs_test_{secrets.token_hex(24)}"
    total = sum(item["amount_total"] for item in items)
    return new(
        "cs",
        "checkout.session",
        **{
            "id": id,
            "_items": items,
            **_unused_features(),
            "amount_subtotal": total,
            "amount_total": total,
            "cancel_url": None,
            "client_reference_id": None,
            "currency": items[0]["currency"],
            "customer": None,
            "customer_creation": "if_required",
            "customer_details": None,
            "customer_email": None,
            "expires_at": clock.now() + ONE_DAY,
            "locale": None,
            "mode": "payment",
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": None,
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": "hosted_page",
            "url": f"{url_base}/c/pay/{id}",
            **given,
        },
    )


def _unused_features() -> Thing:
    """Fields that a real session carries although this shop uses nothing of them."""
    texts = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(texts),
        "discounts": [],
        "invoice": None,
        "invoice_creation": {"enabled": False, "invoice_data": _invoice_data()},
        "origin_context": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "submit_type": None,
        "subscription": None,
        "wallet_options": None,
    }


def _invoice_data() -> Thing:
    names = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
    return {**dict.fromkeys(names), "metadata": {}}
