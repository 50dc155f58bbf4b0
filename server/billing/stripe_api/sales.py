"""What is asked of Stripe: a page to pay on, money back, the end of a subscription, the customer's page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.billing.stripe_api.client import Access, StripeRefused, call_key, client_of
from server.billing.stripe_api.events import About

TRY_S = 5.0


@dataclass(frozen=True)
class Wish:
    """A sale to be opened. `metadata` comes back with the session and says what was sold."""

    product_name: str
    plan_name: str
    currency: str
    amount: int
    success_url: str
    cancel_url: str
    locale: str
    quantity: int = 1
    interval: str = ""  # "month" or "year" for a subscription
    trial_days: int = 0
    promotion_codes: bool = False
    automatic_tax: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


def try_key(api_key: str) -> None:
    """A read that needs the key, before it is stored; raises `StripeRefused` or `StripeAway` within 5 s."""
    with client_of(Access("", api_key, TRY_S)) as client:
        client.v1.checkout.sessions.list({"limit": 1})


def open_session(access: Access, wish: Wish, *, cause: str) -> str:
    """Open a Checkout Session and answer its address. The same cause and wish give the same session."""
    params = _params(wish)
    with client_of(access) as client:
        made = client.v1.checkout.sessions.create(
            params, {"idempotency_key": call_key(access, "checkout", params, cause)}
        )
    if not made.url:
        raise StripeRefused("Stripe opened no page for this purchase")
    return str(made.url)


def _params(wish: Wish) -> dict[str, Any]:
    price: dict[str, Any] = {
        "currency": wish.currency,
        "unit_amount": wish.amount,
        "product_data": {"name": f"{wish.product_name} – {wish.plan_name}"},
    }
    params: dict[str, Any] = {
        "mode": "subscription" if wish.interval else "payment",
        "line_items": [{"price_data": price, "quantity": wish.quantity}],
        "success_url": wish.success_url,
        "cancel_url": wish.cancel_url,
        "locale": wish.locale,
        "metadata": dict(wish.metadata),
        "allow_promotion_codes": wish.promotion_codes,
    }
    if wish.automatic_tax:
        params["automatic_tax"] = {"enabled": True}
    if not wish.interval:
        return params | {
            "payment_intent_data": {"metadata": dict(wish.metadata)},
            "invoice_creation": {"enabled": True},
        }
    price["recurring"] = {"interval": wish.interval}
    params["subscription_data"] = {"metadata": dict(wish.metadata)}
    if wish.trial_days:
        params["subscription_data"]["trial_period_days"] = wish.trial_days
    return params


def refund_charge(access: Access, charge: str, *, amount: int, cause: str) -> str:
    """Give money of a charge back: the refund's id. The same cause does it once, and the refund names it."""
    params: dict[str, Any] = {
        "charge": charge,
        "amount": amount,
        "reason": "requested_by_customer",
        "metadata": {"keydesk_cause": cause},
    }
    with client_of(access) as client:
        made = client.v1.refunds.create(
            params, {"idempotency_key": call_key(access, "refund", params, cause)}
        )
    return str(made.id)


def end_subscription(access: Access, subscription: str, *, cause: str) -> None:
    """No payment is taken any more, from now on. What was paid is not given back by this."""
    with client_of(access) as client:
        client.v1.subscriptions.cancel(
            subscription, {}, {"idempotency_key": call_key(access, "end", {"id": subscription}, cause)}
        )


def open_portal(access: Access, customer: str, *, return_url: str) -> str:
    """The address of Stripe's own page for a customer: invoices, card, the end of a subscription."""
    params: Any = {"customer": customer, "return_url": return_url}
    with client_of(access) as client:
        return str(client.v1.billing_portal.sessions.create(params).url)


def find_root(access: Access, named: About) -> tuple[str, str] | None:
    """The purchase behind an object that we have not met: asked upwards, one step at a time."""
    with client_of(access) as client:
        subscription = named.id_of("subscription")
        if subscription is None:
            intent = named.id_of("payment_intent")
            charge = named.id_of("charge")
            if intent is None and charge is not None:
                intent = client.v1.charges.retrieve(charge).payment_intent
            if intent is None:
                return None
            if session := _first(client.v1.checkout.sessions.list({"payment_intent": intent, "limit": 1})):
                return "checkout_session", str(session.id)
            subscription = _subscription_of(client, intent)
        if subscription is None:
            return None
        session = _first(client.v1.checkout.sessions.list({"subscription": subscription, "limit": 1}))
        return ("checkout_session", str(session.id)) if session else ("subscription", subscription)


def _subscription_of(client: Any, intent: str) -> str | None:
    """Which subscription this payment was for, by way of its bill."""
    wanted = {"payment": {"type": "payment_intent", "payment_intent": intent}, "limit": 1}
    paid = _first(client.v1.invoice_payments.list(wanted))
    if paid is None:
        return None
    parent = client.v1.invoices.retrieve(paid.invoice).to_dict().get("parent") or {}
    subscription = (parent.get("subscription_details") or {}).get("subscription")
    return str(subscription) if subscription else None


def _first(found: Any) -> Any:
    return found.data[0] if found.data else None
