"""What a session costs: less a promotion code, plus tax, and nothing today while a trial runs."""

from __future__ import annotations

from tests.fake_stripe import other_objects
from tests.fake_stripe.errors import invalid
from tests.fake_stripe.objects import Thing
from tests.fake_stripe.shop import Shop

TAX_PERCENT = 20
# The test shop has no dashboard in which a vendor could make one.
CODE, CODE_PERCENT = "TEST20", 20


def reckon(session: Thing) -> None:
    """The total of what is bought, as the page shows it and as it is paid."""
    net = session["amount_subtotal"] - session["total_details"]["amount_discount"]
    session["amount_total"] = with_tax(net, session)
    session["total_details"]["amount_tax"] = session["amount_total"] - net


def with_tax(net: int, of: Thing) -> int:
    """A sum and the tax on it, when the session or subscription asks for tax."""
    return net + round(net * TAX_PERCENT / 100) if of["automatic_tax"]["enabled"] else net


def rebate(shop: Shop, account: str, session: Thing, code: str) -> None:
    """Take a code into account; raises `StripeFailure` for one that is not known or not wanted."""
    known = _promotion(shop, account, code)
    if not session["allow_promotion_codes"] or known is None:
        raise invalid("code", "This code is not valid.")
    coupon = shop.store.load(known["promotion"]["coupon"])
    assert coupon is not None
    off = round(session["amount_subtotal"] * coupon["percent_off"] / 100)
    session["total_details"]["amount_discount"] = off
    session["discounts"] = [{"coupon": coupon["id"], "promotion_code": known["id"]}]
    reckon(session)


def trial_days(session: Thing) -> int:
    """For how many days nothing is paid; 0 without a trial."""
    return int(session["_subscription_data"].get("trial_period_days", 0))


def _promotion(shop: Shop, account: str, code: str) -> Thing | None:
    known = [one for one in shop.store.newest_first(account, "promotion_code") if one["code"] == code]
    if known or code != CODE:
        return known[0] if known else None
    coupon = shop.create(account, other_objects.coupon(percent_off=float(CODE_PERCENT), name=None))
    return shop.create(account, other_objects.promotion_code(code=CODE, coupon=coupon["id"]))
