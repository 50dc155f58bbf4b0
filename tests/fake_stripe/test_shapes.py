"""Every object that is served has the fields of the `stripe` package's typed classes, and no others."""

from __future__ import annotations

from typing import Any, ClassVar, get_args, get_origin

import pytest
import stripe

from tests.fake_stripe.conftest import monthly, open_session
from tests.fake_stripe.running import RunningShop


@pytest.fixture
def served(client: stripe.StripeClient, shop: RunningShop) -> list[stripe.StripeObject]:
    customer = client.v1.customers.create({"email": "anna@example.com", "name": "Anna"})
    open_one = open_session(client, customer=customer.id)
    sold = open_session(client, customer_creation="always")
    shop.pay(sold.id)
    refund = shop.refund(sold.id)
    lives = _lives(client, shop)
    parts = ["line_items", "payment_intent.latest_charge.refunds", "customer"]
    return [
        customer,
        open_one,
        client.v1.checkout.sessions.retrieve(sold.id, {"expand": parts}),
        client.v1.refunds.retrieve(refund["id"]),
        *client.v1.products.list().data,
        *client.v1.prices.list().data,
        *client.v1.events.list({"limit": 100}).data,
        *lives,
    ]


def _lives(client: stripe.StripeClient, shop: RunningShop) -> list[Any]:
    """A subscription that was renewed and changed, a dispute that was won, the portal, a code."""
    opened = open_session(client, mode="subscription", line_items=[monthly("Solo", 900)])
    shop.pay(opened.id)
    sold = client.v1.checkout.sessions.retrieve(opened.id, {"expand": ["subscription"]}).subscription
    assert isinstance(sold, stripe.Subscription)
    bigger = client.v1.prices.create(
        {"currency": "eur", "unit_amount": 1_900, "recurring": {"interval": "year"},
         "product_data": {"name": "Studio"}}
    )  # fmt: skip
    client.v1.subscriptions.update(sold.id, {"items": [{"id": sold["items"].data[0].id, "price": bigger.id}]})
    shop.advance(days=367)
    shop.life("subscriptions", sold.id, "card", slow=True)
    debited = client.v1.subscriptions.retrieve(sold.id, {"expand": ["default_payment_method"]})
    shop.life("subscriptions", sold.id, "card", declined=True)
    item = sold["items"].data[0].id
    smaller = {"currency": "eur", "unit_amount": 100, "recurring": {"interval": "year"}}
    drawn = {"id": item, "price_data": {**smaller, "product": str(bigger.product)}}
    asked: Any = {"subscription": sold.id, "subscription_details": {"items": [drawn]}}
    once = shop.pay(open_session(client).id)
    shop.life("disputes", shop.life("charges", once["id"], "dispute")["id"], "close", status="won")
    coupon = client.v1.coupons.create({"percent_off": 20, "duration": "once"})
    dearer = client.v1.prices.create(
        {"currency": "eur", "unit_amount": 9_900, "recurring": {"interval": "year"},
         "product_data": {"name": "Agency"}}
    )  # fmt: skip
    return [
        debited,
        client.v1.invoices.create_preview(asked),
        client.v1.subscriptions.update(
            sold.id,
            {
                "items": [{"id": item, "price": dearer.id}],
                "proration_behavior": "always_invoice",
                "payment_behavior": "pending_if_incomplete",
            },
        ),
        *client.v1.invoices.list({"subscription": sold.id, "expand": ["data.payments"]}).data,
        *client.v1.disputes.list().data,
        client.v1.billing_portal.sessions.create({"customer": str(sold.customer)}),
        coupon,
        client.v1.promotion_codes.create(
            {"code": "TWENTY", "promotion": {"type": "coupon", "coupon": coupon.id}}
        ),
    ]


def test_every_served_field_is_one_that_stripe_declares(served: list[stripe.StripeObject]) -> None:
    strange = [name for thing in served for name in _undeclared(thing, type(thing).__name__)]
    assert strange == []


def test_no_field_that_stripe_always_sends_is_missing(served: list[stripe.StripeObject]) -> None:
    absent = [name for thing in served for name in _missing(thing, type(thing).__name__)]
    assert absent == []


def test_the_shape_check_sees_a_planted_field() -> None:
    planted = stripe.Customer.construct_from(
        {"id": "cus_1", "object": "customer", "shoe_size": 44}, "sk_test_x"
    )
    assert _undeclared(planted, "Customer") == ["Customer.shoe_size"]
    assert "Customer.created" in _missing(planted, "Customer")


def test_each_object_is_parsed_into_its_own_class(served: list[stripe.StripeObject]) -> None:
    kinds = {type(thing).__name__ for thing in served}
    assert kinds == {
        "Customer", "Session", "Refund", "Product", "Price", "Event", "Subscription", "Invoice", "Dispute",
        "Coupon", "PromotionCode",
    }  # fmt: skip


def test_the_double_speaks_the_version_of_the_package_or_newer(served: list[stripe.StripeObject]) -> None:
    event = next(thing for thing in served if isinstance(thing, stripe.Event))
    assert event.api_version is not None
    assert event.api_version[:10] >= stripe.api_version[:10]


def _undeclared(thing: stripe.StripeObject, where: str) -> list[str]:
    declared = _declared(type(thing))
    found = [
        f"{where}.{name}" for name in thing.to_dict() if declared and name not in declared | {"object": str}
    ]
    for name, inner in _inner(thing):
        found += _undeclared(inner, f"{where}.{name}")
    return found


def _missing(thing: stripe.StripeObject, where: str) -> list[str]:
    needed = {name for name, hint in _declared(type(thing)).items() if type(None) not in get_args(hint)}
    found = [f"{where}.{name}" for name in sorted(needed) if name not in thing.to_dict()]
    for name, inner in _inner(thing):
        found += _missing(inner, f"{where}.{name}")
    return found


def _declared(kind: type[stripe.StripeObject]) -> dict[str, Any]:
    """Fields of the class; an untyped mapping such as metadata declares none and takes any."""
    if kind is stripe.StripeObject:
        return {}
    fields: dict[str, Any] = {}
    for base in kind.__mro__:
        fields.update(vars(base).get("__annotations__", {}))
    return {
        name: hint
        for name, hint in fields.items()
        if not name.startswith("_") and get_origin(hint) is not ClassVar
    }


def _inner(thing: stripe.StripeObject) -> list[tuple[str, stripe.StripeObject]]:
    values = [(name, getattr(thing, name, None)) for name in thing.to_dict()]
    flat = [(name, one) for name, value in values for one in (value if isinstance(value, list) else [value])]
    return [(name, one) for name, one in flat if isinstance(one, stripe.StripeObject)]
