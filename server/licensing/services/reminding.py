"""The daily look at terms that end: which license is due for which notice."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import aliased

from server.accounts.models import AuditEntry
from server.kernel.db import session
from server.kernel.tenancy import system_scope
from server.licensing.models import License
from server.licensing.services.notices import (
    tell_charge_near,
    tell_expired,
    tell_renewal_near,
    tell_trial_ends,
)
from server.mail.models import Mail

EARLY, LATE, TRIAL = timedelta(days=30), timedelta(days=7), timedelta(days=3)
CATCH_UP = timedelta(days=7)  # a server that rested for days still tells, but nothing older than this
LONGEST_GRACE = timedelta(days=60)
SLICE = 500

Notice = Callable[[License], Mail | None]


def ending_licenses(now: datetime) -> Iterator[tuple[str, str]]:
    """(vendor, license) of every term that ends soon or has just ended, read in slices along the index.

    A bundle speaks for what it brought, but not to somebody it was handed on to alone.
    """
    place, bundle = (now - LONGEST_GRACE - CATCH_UP, ""), aliased(License)
    while True:
        with system_scope("the daily look goes over every vendor's licenses"):
            found = session.execute(
                select(License.tenant_id, License.id, License.valid_until)
                .outerjoin(bundle, bundle.id == License.parent_id)
                .where(
                    License.valid_until <= now + EARLY,
                    tuple_(License.valid_until, License.id) > place,
                    or_(License.parent_id.is_(None), bundle.customer_id != License.customer_id),
                )
                .order_by(License.valid_until, License.id)
                .limit(SLICE)
            ).all()
        session.rollback()  # no transaction stays open between the slices
        for tenant_id, license_id, _until in found:
            yield tenant_id, license_id
        if len(found) < SLICE:
            return
        place = (found[-1].valid_until, found[-1].id)


def notice_due(license: License, now: datetime) -> Notice | None:
    """What its owner is to be told now, if anything. Telling it again changes nothing."""
    until, ends = license.valid_until, license.effective_until()
    if until is None or ends is None or license.revoked_for or license.suspended_for:
        return None
    if license.has_expired(now):
        is_news = now - CATCH_UP < ends and license.created_at < ends and not _came_ended(license)
        return tell_expired if is_news else None
    if until <= now or now < license.starts_at:
        return None
    if license.renews and license.parent_id is not None:
        return None  # the charge is the bundle's, and who pays for it is told there
    return _before_the_end(license, until, now)


def _came_ended(license: License) -> bool:
    """Whether an import brought it when it was over; its `created_at` is the day on which it was bought."""
    if license.source is None or license.valid_until is None:
        return False
    came = session.scalar(
        select(func.max(AuditEntry.at)).where(
            AuditEntry.subject_id == license.id, AuditEntry.action == "license.imported"
        )
    )
    return came is not None and max(license.valid_until, license.grace_until or license.valid_until) <= came


def _before_the_end(license: License, until: datetime, now: datetime) -> Notice | None:
    left, was_given = until - now, until - license.created_at
    if license.is_trial:
        return tell_trial_ends if left <= TRIAL < was_given else None
    monthly = license.plan.interval == "month"
    if license.renews:  # a monthly charge is expected: a mail before each would be noise
        return tell_charge_near if left <= LATE and not monthly else None
    if left <= LATE < was_given:
        return _late
    return _early if EARLY - CATCH_UP < left <= EARLY < was_given and not monthly else None


def _early(license: License) -> Mail | None:
    return tell_renewal_near(license, early=True)


def _late(license: License) -> Mail | None:
    return tell_renewal_near(license, early=False)
