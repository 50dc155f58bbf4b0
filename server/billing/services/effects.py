"""What a purchase means for its licenses: issued once each, renewed, paused, taken back, given again."""

from datetime import datetime, timedelta
from typing import Any

from server.billing.models import Order, OrderLicense
from server.billing.services.orders import other_payer, paid_by_holder
from server.billing.state import Target
from server.catalog.models import Plan
from server.customers.services import customer_for
from server.kernel.db import session
from server.licensing.models import License
from server.licensing.services import (
    change_plan,
    extend_license,
    issue_license,
    renew_license,
    restore_license,
    revoke_license,
    send_purchase_mail,
    set_grace,
    set_renews,
    suspend_license,
    unrevoke_license,
)
from server.licensing.services.notices import tell_payment_failed, tell_refunded, tell_stopped

ACTOR = "stripe"
REFUNDED, DISPUTED = "refunded", "disputed"  # reasons of the money's; others are the vendor's own
DISPUTE = "dispute:"


def issue_unit(order: Order, target: Target, line: str, ordinal: int, *, now: datetime) -> OrderLicense:
    """The license of one unit; its mail is for all units together (`mail_purchase`)."""
    customer = customer_for(order.email, now=now, name=order.name, locale=order.locale)
    license, _key = issue_license(
        product=order.product,
        plan=order.plan,
        customer=customer,
        now=now,
        mode=order.mode,
        note=f"order {order.id}",
        actor=ACTOR,
        **_term(target, now),
    )
    row = OrderLicense(order_id=order.id, line=line, ordinal=ordinal, license_id=license.id)
    session.add(row)
    session.flush()
    return row


def mail_purchase(order: Order, licenses: list[License]) -> None:
    """One mail with all that an order brought at once; units that are added later have one of their own.

    Call it when the licenses follow the money: the mail says whether they renew.
    """
    if licenses:
        send_purchase_mail(
            *licenses,
            site_url=order.site_url,
            admin_url=order.admin_url,
            cause=f"order:{order.id}",
        )


def _term(target: Target, now: datetime) -> dict[str, Any]:
    """What a subscription pays for. One that is over when we hear of it began before its end, not now."""
    if not target.is_subscription:
        return {}
    term = {"valid_until": target.valid_until, "is_trial": target.is_trial}
    if target.valid_until is None or target.valid_until > now:
        return term
    began = min(target.paid_at or now, target.valid_until - timedelta(seconds=1))
    return {**term, "starts_at": began}


def carry_over(license: License, target: Target, *, plan: Plan | None, is_paid: bool, now: datetime) -> None:
    """Bring one license to what the money says. A unit that is no longer paid runs to its end.

    What a refund does is said by all payments together (`follow_refunds`).
    """
    if plan is not None:
        change_plan(license, plan, actor=ACTOR, now=now)
    if target.is_subscription:
        _carry_term(license, target, is_paid=is_paid, now=now)
    follow_disputes(license, target, now=now)
    if DISPUTED in target.revoked:
        revoke_license(license, DISPUTED, actor=ACTOR, now=now)
    elif any(kind == "dispute" for kind, _id in target.refs):  # else somebody's script revoked it
        unrevoke_license(license, DISPUTED, actor=ACTOR, now=now)


def follow_disputes(license: License, target: Target, *, now: datetime) -> None:
    """Paused while the bank looks at this payment. A dispute of another payment is not ours to lift."""
    ours = {f"{DISPUTE}{id}" for kind, id in target.refs if kind == "dispute"}
    for reason in sorted(set(target.suspended) - set(license.suspended_for)):
        suspend_license(license, reason, actor=ACTOR, now=now)
    for reason in sorted((ours & set(license.suspended_for)) - set(target.suspended)):
        restore_license(license, reason, actor=ACTOR, now=now)


def _carry_term(license: License, target: Target, *, is_paid: bool, now: datetime) -> None:
    set_renews(license, target.renews and is_paid, actor=ACTOR, now=now)
    if not is_paid or target.valid_until is None:
        return
    is_later = license.valid_until is not None and license.valid_until < target.valid_until
    if target.is_trial:
        if is_later:
            extend_license(license, target.valid_until, actor=ACTOR, now=now)
    elif is_later or license.is_trial or target.grace_until is None:
        renew_license(license, target.valid_until, actor=ACTOR, now=now)
    set_grace(license, target.grace_until, actor=ACTOR, now=now)


def tell_buyer(order: Order, licenses: list[License], target: Target, *, taken_back: bool) -> None:
    """The mails that a change of the money asks for; each goes out once for its cause and order."""
    payer = other_payer(order, licenses[0])
    for refund in target.ledger:
        if refund.kind == "refund" and refund.amount:
            tell_refunded(
                *licenses,
                payer=payer,
                amount=-refund.amount,
                currency=refund.currency,
                cause=refund.external_id,
                taken_back=taken_back,
            )
    if target.unpaid_bill:
        tell_payment_failed(licenses[0], pay_url=target.pay_url, cause=target.unpaid_bill, payer=payer)
    if {REFUNDED, DISPUTED} & set(target.revoked):
        tell_holders(order, licenses)


def tell_holders(order: Order, licenses: list[License]) -> None:
    """Who got a license from its buyer hears that it ended: the mail about the money goes to the buyer."""
    for license in licenses:
        if license.revoked_for and not paid_by_holder(order, license):
            tell_stopped(license, cause=order.id)
