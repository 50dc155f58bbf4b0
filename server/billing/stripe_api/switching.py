"""Another plan for a running subscription: what it costs today, and the change, which is paid for at once."""

from dataclasses import dataclass
from typing import Any

from server.billing.stripe_api.client import DECLINED, Access, StripeRefused, call_key, client_of

# Ways of paying that tell after days whether the money came. A change cannot wait for them
# (docs.stripe.com/billing/subscriptions/pending-updates), so it is made, and the bill is owed.
DEBITS = frozenset(
    {"acss_debit", "au_becs_debit", "bacs_debit", "nz_bank_account", "sepa_debit", "us_bank_account"}
)


@dataclass(frozen=True)
class Switch:
    """Another price for a subscription, from the moment `at` on (seconds since 1970)."""

    subscription: str
    price_id: str
    product_name: str
    plan_name: str
    currency: str
    amount: int
    interval: str
    at: int


def preview_switch(access: Access, wish: Switch) -> int:
    """What is charged when the change is made; 0 when less is owed than was paid, and in a trial."""
    with client_of(access) as client:
        sold = client.v1.subscriptions.retrieve(wish.subscription)
        if sold.status == "trialing":
            return 0
        item = _item(sold)
        price = _price(wish) | {"product": item["price"]["product"]}
        wanted: Any = {
            "subscription": wish.subscription,
            "subscription_details": {
                "items": [{**_kept(item), "price_data": price}],
                "proration_behavior": "always_invoice",
                "proration_date": wish.at,
            },
        }
        return int(client.v1.invoices.create_preview(wanted).amount_due)


def switch_plan(access: Access, wish: Switch, *, cause: str) -> str:
    """Make the change. When the card is declined, it waits: the address where it can be paid; else ""."""
    price = _price(wish) | {
        "product_data": {"name": f"{wish.product_name} – {wish.plan_name}"},
        "metadata": {"keydesk_price": wish.price_id},
    }
    with client_of(access) as client:
        made = client.v1.prices.create(price, {"idempotency_key": call_key(access, "price", price, cause)})
        wanted: Any = {
            "expand": ["default_payment_method", "customer.invoice_settings.default_payment_method"]
        }
        sold = client.v1.subscriptions.retrieve(wish.subscription, wanted)
        change: dict[str, Any] = {
            "items": [{**_kept(_item(sold)), "price": made.id}],
            "proration_behavior": "always_invoice",
            "proration_date": wish.at,
            "payment_behavior": "allow_incomplete" if _is_debit(sold) else "pending_if_incomplete",
            "metadata": {"keydesk_price": wish.price_id},
            "expand": ["latest_invoice"],
        }
        changed = client.v1.subscriptions.update(
            wish.subscription, change, {"idempotency_key": call_key(access, "switch", change, cause)}
        )
    if not changed.pending_update:
        return ""
    if not changed.latest_invoice.hosted_invoice_url:
        raise StripeRefused(
            "Stripe could not take the payment, and has no page where it can be made", declined=DECLINED
        )
    return str(changed.latest_invoice.hosted_invoice_url)


def _price(wish: Switch) -> dict[str, Any]:
    recurring = {"interval": wish.interval}
    return {"currency": wish.currency, "unit_amount": wish.amount, "recurring": recurring}


def _item(sold: Any) -> dict[str, Any]:
    item: dict[str, Any] = sold.to_dict()["items"]["data"][0]
    return item


def _kept(item: dict[str, Any]) -> dict[str, Any]:
    """Who names another price and no number gets one (docs.stripe.com/api/subscriptions/update)."""
    return {"id": item["id"], "quantity": item.get("quantity") or 1}


def _is_debit(sold: Any) -> bool:
    """By its own way of paying, or else by its customer's."""
    found = sold.to_dict()
    usual = (found["customer"].get("invoice_settings") or {}).get("default_payment_method")
    method = found.get("default_payment_method") or usual
    return isinstance(method, dict) and method["type"] in DEBITS
