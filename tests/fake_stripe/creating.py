"""Checks what a creating call was given, and makes the object."""

from __future__ import annotations

from typing import Any

from tests.fake_stripe import clock, objects
from tests.fake_stripe.errors import StripeFailure, invalid, missing, required
from tests.fake_stripe.form import refuse_unknown, whole_number
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.session import checkout_session
from tests.fake_stripe.shop import Shop

_SESSION = {
    "mode", "line_items", "success_url", "cancel_url", "client_reference_id", "customer", "customer_creation",
    "customer_email", "expires_at", "locale", "metadata", "payment_intent_data", "payment_method_types",
    "submit_type", "subscription_data", "allow_promotion_codes", "automatic_tax", "invoice_creation",
}  # fmt: skip
# Of Stripe's list: Ukrainian is not on it, so a shop that sends `uk` is refused there too.
LOCALES = frozenset(
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt "
    "pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW".split()
)


def customer(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(given, {"email", "name", "metadata"})
    made = objects.customer(email=given.get("email"), name=given.get("name"))
    return shop.create(account, made | {"metadata": given.get("metadata", {})})


def product(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(given, {"name", "description", "metadata"})
    return shop.create(account, objects.product(**{**given, "name": _text(given, "name")}))


def price(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(
        given, {"currency", "unit_amount", "product", "product_data", "metadata", "nickname", "recurring"}
    )
    currency = _text(given, "currency").lower()
    if len(currency) != 3 or not currency.isalpha():
        raise invalid("currency", f"Invalid currency: {currency}")
    if "product" in given:
        of_product = _own(shop, account, "product", given["product"])
    else:
        of_product = product(shop, account, _mapping(given, "product_data"))
    return shop.create(account, drawn_price({**given, "product": of_product["id"], "currency": currency}))


def drawn_price(given: Thing) -> Thing:
    """A price as it is told, kept nowhere."""
    return objects.price(
        product=given["product"],
        currency=given["currency"],
        unit_amount=whole_number(given.get("unit_amount"), "unit_amount"),
        metadata=given.get("metadata", {}),
        nickname=given.get("nickname"),
        **_rhythm(given),
    )


def _rhythm(given: Thing) -> Thing:
    if "recurring" not in given:
        return {}
    told = _mapping(given, "recurring")
    if told.get("interval") not in {"month", "year"}:
        raise invalid("recurring[interval]", "The test shop bills by the month or the year.")
    count = whole_number(told.get("interval_count", "1"), "recurring[interval_count]", least=1)
    rhythm = {"interval": told["interval"], "interval_count": count, "usage_type": "licensed"}
    return {"type": "recurring", "recurring": {**rhythm, "meter": None, "trial_period_days": None}}


def session(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(given, _SESSION)
    if given.get("mode") not in {"payment", "subscription"}:
        raise invalid("mode", "The test shop knows the modes payment and subscription.")
    if given.get("locale", "auto") not in LOCALES:
        raise invalid("locale", f"Invalid locale: {given['locale']}")
    lines = given.get("line_items")
    if not isinstance(lines, list) or not lines:
        raise required("line_items")
    items = [_line(shop, account, line, f"line_items[{n}]") for n, line in enumerate(lines)]
    if len({item["currency"] for item in items}) > 1:
        raise invalid("line_items", "All line items must have the same currency.")
    if (given["mode"] == "subscription") != any(item["price"]["recurring"] for item in items):
        raise invalid("mode", "A subscription needs a recurring price, and a payment must have none.")
    _text(given, "success_url")
    for name in ("success_url", "cancel_url"):
        if name in given and not given[name].startswith(("https://", "http://")):
            raise StripeFailure(400, "Not a valid URL", code="url_invalid", param=name)
    return shop.create(account, _with_lines(shop, account, items, given))


def _with_lines(shop: Shop, account: str, items: list[Thing], given: Thing) -> Thing:
    kept: dict[str, Any] = {name: given[name] for name in given.keys() - {"expand", "line_items"}}
    for private in ("payment_intent_data", "subscription_data"):
        kept[f"_{private}"] = kept.pop(private, {})
    kept["_bills"] = _yes(kept.pop("invoice_creation", {}).get("enabled"))
    if "allow_promotion_codes" in kept:
        kept["allow_promotion_codes"] = _yes(kept["allow_promotion_codes"])
    if "automatic_tax" in kept:
        on = _yes(kept["automatic_tax"].get("enabled"))
        kept["automatic_tax"] = {"enabled": on, "liability": None, "provider": None, "status": None}
    if "customer" in kept:
        kept["customer_email"] = _own(shop, account, "customer", kept["customer"])["email"]
    if "expires_at" in kept:
        kept["expires_at"] = whole_number(kept["expires_at"], "expires_at")
        if not clock.now() + 1_800 - 60 <= kept["expires_at"] <= clock.now() + 86_400 + 60:
            raise invalid("expires_at", "`expires_at` must be between 30 minutes and 24 hours from now.")
    return checkout_session(items=items, url_base=shop.url_base, **kept)


def _line(shop: Shop, account: str, line: Any, where: str) -> Thing:
    if not isinstance(line, dict):
        raise invalid(where, f"Invalid object: {where}")
    refuse_unknown(line, {"price", "price_data", "quantity"})
    if "price" in line:
        of_price = _own(shop, account, "price", line["price"])
    else:
        of_price = price(shop, account, _mapping(line, "price_data"))
    named = _own(shop, account, "product", of_price["product"])["name"]
    quantity = whole_number(line.get("quantity"), f"{where}[quantity]", least=1)
    return objects.line_item(price=of_price, quantity=quantity, description=named)


def refund(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(given, {"charge", "payment_intent", "amount", "reason", "metadata"})
    id = given.get("charge") or given.get("payment_intent")
    if not isinstance(id, str):
        raise required("charge")
    owner, charge_id = shop.charge_of(id)
    if owner != account:
        raise missing("charge", id)
    amount = whole_number(given["amount"], "amount", least=1) if "amount" in given else None
    return shop.refund(
        account, charge_id, amount=amount, reason=given.get("reason"), metadata=given.get("metadata", {})
    )


def _own(shop: Shop, account: str, kind: str, id: Any) -> Thing:
    found = shop.store.load(str(id), account=account, kind=kind)
    if found is None:
        raise missing(kind, str(id))
    return found


def _text(given: Thing, name: str) -> str:
    if not isinstance(given.get(name), str) or not given[name]:
        raise required(name)
    return str(given[name])


def _mapping(given: Thing, name: str) -> Thing:
    if not isinstance(given.get(name), dict):
        raise required(name)
    return dict(given[name])


def _yes(value: Any) -> bool:
    return value in {"true", True}
