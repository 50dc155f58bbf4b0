"""Checks what was given for a subscription, the portal and codes for a rebate, and makes or changes them."""

from __future__ import annotations

from typing import Any

from tests.fake_stripe import billing, clock, creating, other_objects, switching
from tests.fake_stripe.creating import _mapping, _own, _text, _yes
from tests.fake_stripe.errors import StripeFailure, invalid, required
from tests.fake_stripe.form import refuse_unknown, whole_number
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import Shop


def subscription(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(given, {"customer", "items", "metadata", "trial_period_days"})
    customer = _own(shop, account, "customer", _text(given, "customer"))
    items = given.get("items")
    if not isinstance(items, list) or len(items) != 1:
        raise required("items")
    price = _recurring(shop, account, items[0])
    sold, _bill = billing.begin(
        shop,
        account,
        customer=customer["id"],
        price=price,
        quantity=whole_number(items[0].get("quantity", "1"), "items[0][quantity]", least=1),
        trial_days=whole_number(given.get("trial_period_days", "0"), "trial_period_days"),
        metadata=given.get("metadata", {}),
    )
    return sold


def update(shop: Shop, account: str, id: str, given: Thing) -> Thing:
    known = {"items", "metadata", "proration_behavior", "proration_date", "payment_behavior"}
    waits = given.get("payment_behavior") == "pending_if_incomplete"
    refuse_unknown(given, known if waits else known | {"cancel_at_period_end"})
    sold = _running(shop, account, id)
    change: dict[str, Any] = {"metadata": given.get("metadata", {})}
    for item in given.get("items", []):
        if item.get("id") != sold["items"]["data"][0]["id"]:
            raise invalid("items", "This subscription has no such item.")
        if "price" in item:
            change["switch"] = _wanted(sold, given, _recurring(shop, account, item), item)
        elif "quantity" in item:
            change["quantity"] = whole_number(item["quantity"], "quantity", least=1)
    if "cancel_at_period_end" in given:
        change["cancel_at_period_end"] = _yes(given["cancel_at_period_end"])
    return billing.change(shop, account, sold, change)


def preview(shop: Shop, account: str, given: Thing) -> Thing:
    """What a change would cost now; nothing is kept."""
    refuse_unknown(given, {"subscription", "subscription_details"})
    sold = _running(shop, account, _text(given, "subscription"))
    told = _mapping(given, "subscription_details")
    refuse_unknown(told, {"items", "proration_behavior", "proration_date"})
    (item,) = told["items"]
    if item.get("id") != sold["items"]["data"][0]["id"]:
        raise invalid("subscription_details[items]", "This subscription has no such item.")
    drawn = _mapping(item, "price_data")
    _own(shop, account, "product", drawn.get("product"))
    price = creating.drawn_price(drawn)
    return switching.preview(shop, account, sold, _wanted(sold, told, price, item))


def _wanted(sold: Thing, given: Thing, price: Thing, item: Thing) -> switching.Wanted:
    """Stripe's choices where nothing is said; the moment may lie in the present term only."""
    at = whole_number(given.get("proration_date", str(clock.now())), "proration_date")
    start = sold["items"]["data"][0]["current_period_start"]
    if not start <= at <= clock.now() + 60:
        raise invalid("proration_date", "The proration date must be in the present term.")
    return switching.Wanted(
        price=price,
        quantity=whole_number(item.get("quantity", "1"), "quantity", least=1),
        at=at,
        proration=str(given.get("proration_behavior", "create_prorations")),
        payment=str(given.get("payment_behavior", "allow_incomplete")),
    )


def cancel(shop: Shop, account: str, id: str) -> Thing:
    return billing.end(shop, account, _running(shop, account, id))


def portal(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(given, {"customer", "return_url"})
    customer = _own(shop, account, "customer", _text(given, "customer"))["id"]
    made = other_objects.portal_session(
        customer=customer, url_base=shop.url_base, return_url=given.get("return_url")
    )
    return shop.create(account, made)


def coupon(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(given, {"percent_off", "duration", "name"})
    percent = whole_number(given.get("percent_off"), "percent_off", least=1)
    return shop.create(account, other_objects.coupon(percent_off=float(percent), name=given.get("name")))


def promotion_code(shop: Shop, account: str, given: Thing) -> Thing:
    refuse_unknown(given, {"code", "promotion"})
    of = _own(shop, account, "coupon", _mapping(given, "promotion").get("coupon"))
    made = other_objects.promotion_code(code=_text(given, "code"), coupon=of["id"])
    return shop.create(account, made)


def _recurring(shop: Shop, account: str, item: Thing) -> Thing:
    price = _own(shop, account, "price", item.get("price"))
    if price["recurring"] is None:
        raise invalid("price", "The price is not recurring.")
    return price


def _running(shop: Shop, account: str, id: str) -> Thing:
    sold = _own(shop, account, "subscription", id)
    if sold["status"] == "canceled":
        raise StripeFailure(404, f"No such subscription: '{id}'", code="resource_missing", param="id")
    return sold
