"""How disputes, the portal and codes for a rebate look when they are new."""

from __future__ import annotations

from tests.fake_stripe import clock
from tests.fake_stripe.objects import Thing, fresh_id, new

DAY = 86_400


def dispute(*, charge: Thing, reason: str, status: str) -> Thing:
    empty = "mastercard_compliance visa_compelling_evidence_3 visa_compliance".split()
    return new(
        "dp",
        "dispute",
        amount=charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={"enhanced_evidence": dict.fromkeys(empty)},
        evidence_details={
            "due_by": clock.now() + 9 * DAY,
            "enhanced_eligibility": dict.fromkeys(empty),
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        is_charge_refundable=status.startswith("warning"),
        payment_intent=charge["payment_intent"],
        reason=reason,
        status=status,
    )


def moved_funds(*, dispute: Thing, amount: int, fee: int) -> Thing:
    made = new(
        "txn",
        "balance_transaction",
        amount=amount,
        available_on=clock.now(),
        balance_type="payments",
        currency=dispute["currency"],
        description=None,
        exchange_rate=None,
        fee=fee,
        fee_details=[{"amount": fee, "currency": dispute["currency"], "type": "stripe_fee"}] if fee else [],
        net=amount - fee,
        reporting_category="dispute" if amount < 0 else "dispute_reversal",
        source=dispute["id"],
        status="available",
        type="adjustment",
    )
    for name in ("livemode", "metadata"):
        del made[name]
    return made


def portal_session(*, customer: str, url_base: str, return_url: str | None) -> Thing:
    id = fresh_id("bps")
    made = new(
        "bps",
        "billing_portal.session",
        id=id,
        configuration="bpc_test",
        customer=customer,
        flow=None,
        locale=None,
        on_behalf_of=None,
        return_url=return_url,
        url=f"{url_base}/p/session/{id}",
    )
    del made["metadata"]
    return made


def promotion_code(*, code: str, coupon: str) -> Thing:
    return new(
        "promo",
        "promotion_code",
        active=True,
        code=code,
        customer=None,
        expires_at=None,
        max_redemptions=None,
        promotion={"type": "coupon", "coupon": coupon},
        restrictions={
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
        times_redeemed=0,
    )


def coupon(*, percent_off: float, name: str | None) -> Thing:
    return new(
        "co",
        "coupon",
        amount_off=None,
        currency=None,
        duration="once",
        duration_in_months=None,
        max_redemptions=None,
        name=name,
        percent_off=percent_off,
        redeem_by=None,
        times_redeemed=0,
        valid=True,
    )
