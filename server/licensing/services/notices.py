"""The mails about a license after its purchase: reminders, payments that failed, its end, refunds.

Each goes out once for its cause, and is looked at again when it leaves.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from server.accounts.services import vendor
from server.customers.unsubscribing import REMINDERS, unsubscribe_address, wants
from server.customers.visiting import account_address
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.licensing.models import License
from server.licensing.services.payers import Payer, charge_of, payer_of
from server.mail.models import Mail
from server.mail.services import queue_mail
from server.mail.wanted import checked_when_sent


def tell_refunded(
    license: License,
    *more: License,
    cause: str,
    payer: Payer | None = None,
    amount: int = 0,
    currency: str = "",
    taken_back: bool = False,
) -> Mail | None:
    """Money of one order went back: one mail for all that it had brought. Call it after they were revoked.

    `payer` gets it when the holder did not pay. `cause` is the refund's id, `amount` what Stripe sends back:
    0 where nothing had been paid, or not there. `taken_back`: the term that it had paid is taken back. None
    when this was told before, or the license is a bundle's child that its holder kept.
    """
    told = [license, *more]
    return _tell(
        license,
        "refunded",
        cause,
        payer=payer,
        key_hint=", ".join(one.key_hint for one in told),
        several=len(told) > 1,
        returned={"amount": amount, "currency": currency} if amount else None,
        ended=_have_ended(told),
        taken_back=taken_back,
        license_ids=[one.id for one in told],
    )


def tell_stopped(license: License, *, cause: str) -> Mail | None:
    """Somebody else's money for it went back, and the license ended: its holder hears of the end alone."""
    return _tell(license, "stopped", cause)


def tell_payment_failed(
    license: License, *, pay_url: str, cause: str, payer: Payer | None = None
) -> Mail | None:
    """A renewal could not be charged. `pay_url` is Stripe's page for it, `cause` the invoice's id."""
    return _tell(
        license,
        "payment_failed",
        cause,
        payer=payer,
        action_url=pay_url or account_address(),
        works_until=license.effective_until(),
    )


def tell_renewal_near(license: License, *, early: bool) -> Mail | None:
    """The license ends soon and does not renew by itself."""
    return _tell(license, "renewal_reminder", f"{30 if early else 7}:{_term(license)}", optional=True)


def tell_charge_near(license: License) -> Mail | None:
    """The next term will be charged. No reminder but a notice: nobody can unsubscribe from it."""
    return _tell_charge(license, "charge_notice")


def tell_trial_ends(license: License) -> Mail | None:
    """The trial is over in three days, and what happens then."""
    if license.renews:
        return _tell_charge(license, "trial_ending", renews=True)
    return _tell(license, "trial_ending", _term(license), optional=True, renews=False, charge=None)


def _tell_charge(license: License, template: str, **facts: Any) -> Mail | None:
    """One payment is one mail, whichever of the licenses that it pays comes first."""
    charge = charge_of(license)
    told = charge.licenses if charge else [license]
    return _tell(
        told[0],
        template,
        _term(license),
        payer=payer_of(told[0]),
        key_hint=", ".join(one.key_hint for one in told),
        count=len(told),
        charge=charge._asdict() if charge and charge.amount is not None else None,
        license_ids=[one.id for one in told],
        **facts,
    )


def tell_expired(license: License) -> Mail | None:
    """The license ended, once for each term."""
    return _tell(license, "expired", _term(license), optional=True, is_trial=license.is_trial)


def _tell(
    license: License,
    template: str,
    cause: str,
    *,
    payer: Payer | None = None,
    optional: bool = False,
    action_url: str = "",
    **facts: Any,
) -> Mail | None:
    """Queue the mail, to the holder unless somebody else paid. A bundle speaks for what its holder kept."""
    if _bundle_speaks_for(license) or (optional and not wants(license.customer, REMINDERS)):
        return None
    dedupe_key = f"mail:{template}:{license.id}:{cause}"
    if optional:
        dedupe_key += f":{license.customer_id}"  # who gets the license within its last days is told, too
    if session.scalar(select(Mail.id).where(Mail.dedupe_key == dedupe_key)):
        return None  # the daily look asks about the same license for weeks: no text is written for it
    seller, reader = vendor(), payer or license.customer
    unsubscribe_url = unsubscribe_address(license.customer, REMINDERS) if optional else ""
    return queue_mail(
        template=template,
        to=reader.email,
        context={
            "vendor_name": seller.name,
            "support_email": seller.support_email,
            **_shown(license),
            "action_url": action_url or account_address(),
            "unsubscribe_url": unsubscribe_url,
            **facts,
        },
        locale=reader.locale,
        dedupe_key=dedupe_key,
        reply_to=seller.support_email,
        from_name=seller.name,
        mode=license.mode,
        about=_about(license, facts, optional=optional),
        unsubscribe_url=unsubscribe_url,
    )


def _about(license: License, facts: dict[str, Any], *, optional: bool) -> dict[str, Any]:
    """What the checks need when the mail leaves; its other facts are of no use to them."""
    kept = {name: fact for name, fact in facts.items() if isinstance(fact, bool) or name == "license_ids"}
    told = {"license_ids": [license.id], "holder": license.customer_id, "term": _term(license)}
    return {**told, "optional": optional, **kept}


def _bundle_speaks_for(license: License) -> bool:
    """Not for a part that was handed on alone: the mails of the bundle go to somebody else."""
    if license.parent_id is None:
        return False
    return session.get_one(License, license.parent_id).customer_id == license.customer_id


def _shown(license: License) -> dict[str, Any]:
    return {
        "product_name": license.product.name,
        "plan_name": license.plan.name,
        "key_hint": license.key_hint,
        "valid_until": license.valid_until,
        "mode": license.mode,
        "limited": license.product.after_expiry == "limit",
        "moved_in": license.source is not None,  # its former shop may go on charging; no file says it
    }


@checked_when_sent("refunded")
def _still_refunded(about: dict[str, Any], _now: datetime) -> bool:
    """A refund that failed at the bank gave the licenses back."""
    licenses = _licenses(about)
    return bool(licenses) and _have_ended(licenses) == about["ended"]


@checked_when_sent("stopped")
def _still_stopped(about: dict[str, Any], _now: datetime) -> bool:
    return _have_ended(_held(about))


@checked_when_sent("payment_failed")
def _still_unpaid(about: dict[str, Any], _now: datetime) -> bool:
    license = _usable(about)
    return license is not None and _term(license) == about["term"]


@checked_when_sent("renewal_reminder")
def _still_ends(about: dict[str, Any], now: datetime) -> bool:
    license = _usable(about)
    return license is not None and not license.renews and _is_near(license, about, now)


@checked_when_sent("charge_notice")
def _still_charged(about: dict[str, Any], now: datetime) -> bool:
    license = _usable(about)
    return license is not None and license.renews and _is_near(license, about, now)


@checked_when_sent("trial_ending")
def _trial_still_ends(about: dict[str, Any], now: datetime) -> bool:
    license = _usable(about)
    return (
        license is not None
        and license.is_trial
        and license.renews == about["renews"]
        and _is_near(license, about, now)
    )


@checked_when_sent("expired")
def _still_expired(about: dict[str, Any], now: datetime) -> bool:
    license = _usable(about)
    return license is not None and _term(license) == about["term"] and license.has_expired(now)


def _usable(about: dict[str, Any]) -> License | None:
    """A license of the mail, unless all were stopped, or its reader holds none or wants no such mail.

    What is about the money goes to who paid it, holder or not.
    """
    for license in _held(about) if about["optional"] else _licenses(about):
        if license.revoked_for or license.suspended_for:
            continue
        if not about["optional"] or wants(license.customer, REMINDERS):
            return license
    return None


def _is_near(license: License, about: dict[str, Any], now: datetime) -> bool:
    """The term that the mail speaks of is still the present one, and not over."""
    return license.valid_until is not None and now < license.valid_until and _term(license) == about["term"]


def _licenses(about: dict[str, Any]) -> list[License]:
    return list(session.scalars(select(License).where(License.id.in_(about.get("license_ids", ())))))


def _held(about: dict[str, Any]) -> list[License]:
    """Those of them that the mail's reader still holds."""
    return [one for one in _licenses(about) if one.customer_id == about["holder"]]


def _have_ended(licenses: list[License]) -> bool:
    """Whether an order's licenses were all stopped; one that a hand stopped alone does not speak for them."""
    return bool(licenses) and all(one.revoked_for for one in licenses)


def _term(license: License) -> str:
    """The present term by its end: a renewal begins another, with mails of its own."""
    return rfc3339(license.valid_until) or ""
