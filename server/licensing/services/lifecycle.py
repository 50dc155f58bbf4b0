"""What happens to a license after it was issued: renewed, changed, handed over, paused, taken back.

Each verb waits for the license's turn, does the same to what a bundle brought with it, makes older leases
old, and is remembered in the audit log with who and why.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update

from server.accounts.services import audit
from server.catalog.models import Plan
from server.customers.models import Customer
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.licensing.models import ActivationLink, License, PurchasePage, TransferCode
from server.licensing.services.issuing import (
    bundled_plans,
    children_of,
    end_of_term,
    give_key,
    issue_child,
    lock,
    refuse_end_before_start,
)
from server.licensing.services.refusals import (
    PlanOfAnotherProduct,
    SeatsOutOfRange,
    SeatsUnlimited,
    refuse_bundle_in_bundle,
    refuse_end_of_part,
    refuse_far_dates,
)
from server.licensing.services.revocations import enlist, lift
from server.licensing.services.signals import license_revoked

MOST_SEATS = 100_000
PLAN_CHANGED = "plan_changed"  # why a bundle's child is revoked when the new plan has no place for it
LEFT = "customer.license_left"  # in the audit log of a former holder: the licenses that went to somebody else


def take_turns(licenses: Iterable[License]) -> None:
    """Wait for all of them before the first is changed: licenses come by their ids, and all of them before
    the number of the revocation list, so that nobody waits in a circle.
    """
    for license in sorted(licenses, key=lambda one: one.id):
        _family(license)


def renew_license(
    license: License, until: datetime | None, *, actor: str, now: datetime, note: str = ""
) -> None:
    """A term was paid. The end only moves forward, whichever order the news comes in; None means for ever."""
    for one in _family(license):
        end = None if until is None or one.valid_until is None else max(one.valid_until, until)
        if (end, None, False) == (one.valid_until, one.grace_until, one.is_trial):
            continue
        if end != one.valid_until:
            _give_term(one, end)
        one.grace_until, one.is_trial = None, False
        _changed(one, actor, now, "license.renewed", until=rfc3339(end), note=note)


def extend_license(
    license: License, until: datetime | None, *, actor: str, now: datetime, note: str = ""
) -> None:
    """The end by hand. It may also move back, because a hand may have mistyped the year; None: for ever.

    What came with a bundle has no end of its own: raises `EndsWithBundle`.
    """
    refuse_end_of_part(license)
    refuse_far_dates(valid_until=until)
    for one in _family(license):
        refuse_end_before_start(one.starts_at, until)
        before, one.valid_until = one.valid_until, until
        if before is not None and (until is None or before < until):
            _give_term(one, until)
        told = {"was": rfc3339(before), "until": rfc3339(until), "note": note, **_bundle_of(one)}
        _changed(one, actor, now, "license.extended", **told)


def set_grace(license: License, until: datetime | None, *, actor: str, now: datetime, note: str = "") -> None:
    """A renewal could not be charged: it runs on until then. None: no longer so."""
    for one in _family(license):
        if one.grace_until != until:
            one.grace_until = until
            _changed(one, actor, now, "license.grace_set", until=rfc3339(until), note=note)


def set_renews(license: License, renews: bool, *, actor: str, now: datetime, note: str = "") -> None:
    """Whether a subscription pays the next term."""
    for one in _family(license):
        if one.renews != renews:
            one.renews = renews
            _changed(one, actor, now, "license.renews_set", renews=renews, note=note)


def change_plan(license: License, plan: Plan, *, actor: str, now: datetime, note: str = "") -> None:
    """An upgrade or a downgrade. Sites that sit stay, also when the new plan has fewer seats.

    The end stays as it was paid or given, for ever too; but a lifetime plan has none, and leaving one begins
    a term today. What came with a bundle keeps the bundle's end with any plan.
    """
    children = _family(license)[1:]
    if plan.product_id != license.product_id:
        raise PlanOfAnotherProduct(f"{plan.name} is a plan of another product.")
    if plan.id == license.plan_id:
        return
    refuse_bundle_in_bundle(license, plan)
    before, seats, end = license.plan, license.seats, license.valid_until
    leaves_lifetime = before.interval == "lifetime" and end is None
    license.plan, license.seats, license.max_version = plan, plan.seats, plan.max_version
    if license.parent_id is None and (plan.interval == "lifetime" or leaves_lifetime):
        _give_term(license, end_of_term(plan.interval, now))
    told = {"was": before.code, "plan": plan.code, "seats_were": seats, "seats": plan.seats, "note": note}
    if license.valid_until != end:
        told |= {"end_was": rfc3339(end), "end": rfc3339(license.valid_until)}
    _changed(license, actor, now, "license.plan_changed", **told)
    _change_bundle(license, children, actor=actor, now=now)


def add_seats(license: License, by: int, *, actor: str, now: datetime, note: str = "") -> None:
    """More sites than the plan has; in a bundle for each of its plugins that counts them."""
    family = _family(license)
    if license.seats is None:
        raise SeatsUnlimited("This license already takes as many sites as its customer likes.")
    for one in family:
        if one.seats is not None:
            _seat(one, one.seats + by, actor, now, note)


def set_seats(license: License, seats: int | None, *, actor: str, now: datetime, note: str = "") -> None:
    """The number of sites by hand; None: as many as they like. Sites that sit stay, only new ones wait."""
    lock(license)
    if seats != license.seats:
        _seat(license, seats, actor, now, note)


def transfer_license(
    license: License, customer: Customer, *, actor: str, now: datetime, note: str = ""
) -> None:
    """It belongs to another customer from now on. Sites keep sitting; what opened it for the former one ends.

    A bundle takes along what its holder still has; what was handed on alone before is somebody else's.
    The former customer may still know the key: `regenerate_key` ends that as well.
    """
    kept = [one for one in _family(license) if one.customer_id == license.customer_id]
    if license.customer_id == customer.id:
        return
    for one in kept:
        before, one.customer = one.customer_id, customer
        _end_links(one, now)
        _end_pages(one, now)
        _changed(one, actor, now, "license.transferred", was=before, customer=customer.id, note=note)
        audit(actor, LEFT, before, now=now, license=one.id)  # entries are found by their subject


def regenerate_key(license: License, *, actor: str, now: datetime, note: str = "") -> str:
    """A new key; the old one is unknown at once. Sites hold tokens and notice nothing."""
    lock(license)
    before, text = license.key_hint, give_key(license)
    _changed(license, actor, now, "license.key_regenerated", was=before, hint=license.key_hint, note=note)
    return text


def revoke_license(license: License, reason: str, *, actor: str, now: datetime, note: str = "") -> None:
    """Take it back for this reason. Each reason counts once; the license stays revoked while one is left."""
    for one in _family(license):
        if reason in one.revoked_for:
            continue
        if not one.revoked_for:
            one.stopped_at = now
        one.revoked_for = [*one.revoked_for, reason]
        _changed(one, actor, now, "license.revoked", reason=reason, note=note)
        enlist(one, now=now)
        license_revoked.send(one)


def unrevoke_license(license: License, reason: str, *, actor: str, now: datetime, note: str = "") -> None:
    """This reason is gone (a dispute was won)."""
    for one in _family(license):
        if reason in one.revoked_for:
            one.revoked_for = [other for other in one.revoked_for if other != reason]
            _changed(one, actor, now, "license.unrevoked", reason=reason, note=note)
            _go_on(one, now)


def suspend_license(license: License, reason: str, *, actor: str, now: datetime, note: str = "") -> None:
    """Pause it for this reason."""
    for one in _family(license):
        if reason in one.suspended_for:
            continue
        if not one.revoked_for and not one.suspended_for:
            one.stopped_at = now
        one.suspended_for = [*one.suspended_for, reason]
        _changed(one, actor, now, "license.suspended", reason=reason, note=note)
        enlist(one, now=now)


def restore_license(license: License, reason: str, *, actor: str, now: datetime, note: str = "") -> None:
    """This reason to pause is gone."""
    for one in _family(license):
        if reason in one.suspended_for:
            one.suspended_for = [other for other in one.suspended_for if other != reason]
            _changed(one, actor, now, "license.restored", reason=reason, note=note)
            _go_on(one, now)


def _family(license: License) -> list[License]:
    """The license and what a bundle brought with it, always locked in one order: nobody waits in a circle."""
    lock(license)
    children = children_of(license)
    for child in children:
        lock(child)
    return [license, *children]


def _bundle_of(license: License) -> dict[str, Any]:
    """For the audit log: its end came with the bundle's."""
    return {"bundle": license.parent_id} if license.parent_id else {}


def _give_term(license: License, end: datetime | None) -> None:
    """It runs until then, and so do updates and support, which imports bound apart: they are paid as well."""
    license.valid_until = end
    license.is_trial = license.is_trial and end is not None  # what has no end is tried no more
    for name in ("updates_until", "support_until"):
        bound = getattr(license, name)
        if bound is not None and (end is None or bound < end):
            setattr(license, name, end)


def _change_bundle(license: License, children: list[License], *, actor: str, now: datetime) -> None:
    """A child for each plan of the new bundle: changed, woken or issued; one without a place is revoked."""
    wanted = {plan.product_id: plan for plan in bundled_plans(license.plan)}
    for child in children:
        plan = wanted.pop(child.product_id, None)
        if plan is None:
            revoke_license(child, PLAN_CHANGED, actor=actor, now=now)
            continue
        unrevoke_license(child, PLAN_CHANGED, actor=actor, now=now)
        change_plan(child, plan, actor=actor, now=now)
        if child.valid_until != license.valid_until:
            _give_term(child, license.valid_until)
            told = {"until": rfc3339(child.valid_until), **_bundle_of(child)}
            _changed(child, actor, now, "license.extended", **told)
    for plan in wanted.values():
        child = issue_child(license, plan, now=now, actor=actor)
        child.grace_until, child.renews = license.grace_until, license.renews
        for reason in license.revoked_for:
            revoke_license(child, reason, actor=actor, now=now)
        for reason in license.suspended_for:
            suspend_license(child, reason, actor=actor, now=now)


def _seat(license: License, seats: int | None, actor: str, now: datetime, note: str) -> None:
    if seats is not None and not 1 <= seats <= MOST_SEATS:
        raise SeatsOutOfRange(f"A license takes from 1 to {MOST_SEATS:,} sites.")
    before, license.seats = license.seats, seats
    _changed(license, actor, now, "license.seats_set", was=before, seats=seats, note=note)


def _end_links(license: License, now: datetime) -> None:
    """The link that a site had mailed to the former customer. Before the codes: it may be giving one now."""
    links = update(ActivationLink).where(ActivationLink.license_id == license.id)
    session.execute(links.values(license_id=None, code_sealed=None, expires_at=now))


def _end_pages(license: License, now: datetime) -> None:
    """The link in the former customer's purchase mail shows the key: it leads nowhere any more."""
    pages = select(PurchasePage.id).where(PurchasePage.license_id == license.id)
    codes = update(TransferCode).where(
        or_(TransferCode.license_id == license.id, TransferCode.purchase_page_id.in_(pages))
    )  # a bundle's page also gives the codes of what it brought
    session.execute(codes.where(TransferCode.used_at.is_(None)).values(used_at=now))
    session.execute(codes.values(purchase_page_id=None))
    session.execute(delete(PurchasePage).where(PurchasePage.license_id == license.id))


def _go_on(license: License, now: datetime) -> None:
    if not license.revoked_for and not license.suspended_for:
        license.stopped_at = None
        lift(license, now=now)


def _changed(license: License, actor: str, now: datetime, action: str, **facts: Any) -> None:
    license.lease_seq += 1  # sites refuse an older lease from now on
    session.flush()
    told = {name: value for name, value in facts.items() if value != ""}
    audit(actor, action, license.id, now=now, **told)
