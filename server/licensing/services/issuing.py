"""How a license comes into being, how its key is found and shown, and how one waits for its turn."""

import calendar
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select

from server.accounts.services import audit
from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.kernel import secrets
from server.kernel.clock import FAR_AWAY, rfc3339
from server.kernel.db import session
from server.kernel.ids import new_id
from server.licensing import keys
from server.licensing.models import License
from server.licensing.services.refusals import EndBeforeStart, LicenseNotFound, refuse_far_dates
from server.licensing.services.signals import license_issued

AS_THE_PLAN_SAYS: Final = "as the plan says"


def issue_license(
    *,
    product: Product,
    plan: Plan,
    customer: Customer,
    now: datetime,
    mode: str = "live",
    note: str = "",
    actor: str = "system",
    starts_at: datetime | None = None,
    valid_until: datetime | Literal["as the plan says"] | None = AS_THE_PLAN_SAYS,
    is_trial: bool = False,
    parent: License | None = None,
) -> tuple[License, str]:
    """A new license and the key in the form people read; a bundle brings the licenses of its plans with it.

    `starts_at` may lie ahead; the term is counted from there. `valid_until` None means for ever.
    `note` and `actor` go into the audit log. Raises `EndBeforeStart`.
    """
    start = starts_at or now
    end = _end(plan, start, is_trial=is_trial) if valid_until == AS_THE_PLAN_SAYS else valid_until
    _refuse_wrong_term(start, end, parent)
    license = License(
        id=new_id("lic"),
        product=product,
        plan=plan,
        customer=customer,
        parent_id=parent.id if parent else None,
        mode=mode,
        seats=plan.seats,
        starts_at=start,
        valid_until=end,
        max_version=plan.max_version,
        is_trial=is_trial,
        created_at=now,
    )
    text = give_key(license)
    _write_down(license, note=note, actor=actor, now=now)
    return license, text


def _end(plan: Plan, start: datetime, *, is_trial: bool) -> datetime | None:
    return start + timedelta(days=plan.trial_days) if is_trial else end_of_term(plan.interval, start)


def _refuse_wrong_term(start: datetime, end: datetime | None, parent: License | None) -> None:
    if parent is None:  # else a bundle's row from before this rule could not change its plan
        refuse_far_dates(starts_at=start, valid_until=end)
    refuse_end_before_start(start, end)


def refuse_end_before_start(start: datetime, end: datetime | None) -> None:
    """A license that is over before it begins could never be used: somebody mistyped."""
    if end is not None and end <= start:
        message = f"This license starts on {start:%Y-%m-%d}; it can only end later."
        one = {"pointer": "/valid_until", "code": EndBeforeStart.code, "message": message}
        raise EndBeforeStart(message, errors=[one])


def _write_down(license: License, *, note: str, actor: str, now: datetime) -> None:
    session.add(license)
    session.flush()
    bundle = {"bundle": license.parent_id} if license.parent_id else {}
    audit(actor, "license.issued", license.id, now=now, plan=license.plan.code, note=note, **bundle)
    if license.is_trial:  # the first payment ends it; that there was one is asked for later
        audit(actor, "license.trial_started", license.id, now=now, until=rfc3339(license.valid_until))
    license_issued.send(license)
    for bundled in bundled_plans(license.plan):
        issue_child(license, bundled, now=now, actor=actor)


def issue_child(license: License, plan: Plan, *, now: datetime, actor: str) -> License:
    """What a bundle's license brings with it: a license of its own, with its own key and its own seats."""
    child, _key = issue_license(
        product=plan.product,
        plan=plan,
        customer=license.customer,
        now=now,
        mode=license.mode,
        actor=actor,
        starts_at=license.starts_at,
        valid_until=license.valid_until,
        is_trial=license.is_trial,
        parent=license,
    )
    return child


def bundled_plans(plan: Plan) -> list[Plan]:
    """The plans that a bundle brings with it; none for an ordinary plan."""
    if not plan.bundled_plan_ids:
        return []
    return list(session.scalars(select(Plan).where(Plan.id.in_(plan.bundled_plan_ids)).order_by(Plan.id)))


def children_of(license: License) -> list[License]:
    """The licenses that a bundle's license brought with it, always in the same order."""
    return list(session.scalars(select(License).where(License.parent_id == license.id).order_by(License.id)))


def kept_children_of(license: License) -> list[License]:
    """Of what a bundle brought, what its holder still has: the rest was handed on alone.

    What is paid or stopped for a bundle goes to all that it brought; its key and its holder to these only.
    """
    return [child for child in children_of(license) if child.customer_id == license.customer_id]


def give_key(license: License) -> str:
    """A new key in the place of any other; its text is shown to who asked for it."""
    compact = keys.normalise(keys.generate_key())
    license.key_lookup = lookup_hash(compact)
    license.pepper_version = secrets.keys().pepper_version
    license.key_sealed = secrets.seal(compact, aad=license.key_aad)
    license.key_hint = keys.hint(compact)
    license.key_profile = "kd1"
    return keys.display(compact)


def lookup_hash(compact: str) -> bytes:
    """The hash under which this key is stored."""
    return keys.lookup_hash(compact, secrets.keys().pepper)


def end_of_term(interval: str, start: datetime) -> datetime | None:
    """When a term that starts now is over; None for a lifetime. The 31st becomes the month's last day.

    None also behind a row's 9999-12-31, which is no end (models.effective_until).
    """
    if interval == "lifetime" or start.year >= FAR_AWAY:
        return None
    months = {"month": 1, "year": 12}[interval]
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    last_day = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last_day))


def find_license_by_key(text: str) -> License:
    """The present vendor's license with this key. Unknown and foreign keys cost and answer the same."""
    _profile, compact = keys.normalise_any(text)
    license = session.scalars(select(License).where(License.key_lookup == lookup_hash(compact))).one_or_none()
    if license is None:
        raise LicenseNotFound(
            "We do not know this license key. Please copy it again from your purchase e-mail."
        )
    return license


def reveal_key(license: License) -> str:
    """The key again, for its owner: the license page, the purchase mail and its page."""
    return keys.display(secrets.unseal(license.key_sealed, aad=license.key_aad))


def lock(license: License) -> None:
    """Wait for this license's turn and read it again: seats are counted and states changed by one at a time.

    SQLite already gave the one turn with `BEGIN IMMEDIATE`. On PostgreSQL the row is locked weakly enough
    for others to go on inserting rows that point at it.
    """
    session.flush()  # refresh would forget what was changed and not yet written
    session.refresh(license, with_for_update={"key_share": True})
