"""How a license comes into being, how its key is found and shown, and how it is taken back."""

import calendar
from datetime import datetime

from sqlalchemy import select

from server.accounts.services import audit
from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.kernel import secrets
from server.kernel.db import session
from server.kernel.ids import new_id
from server.licensing import keys
from server.licensing.models import License
from server.licensing.services.refusals import LicenseNotFound
from server.licensing.services.signals import license_issued, license_revoked


def issue_license(
    *,
    product: Product,
    plan: Plan,
    customer: Customer,
    now: datetime,
    mode: str = "live",
    note: str = "",
    actor: str = "system",
) -> tuple[License, str]:
    """A new license and the key in the form people read. `note` and `actor` go into the audit log."""
    compact = keys.normalise(keys.generate_key())
    license = License(
        id=new_id("lic"),
        product=product,
        plan=plan,
        customer=customer,
        key_lookup=lookup_hash(compact),
        pepper_version=secrets.keys().pepper_version,
        key_hint=keys.hint(compact),
        mode=mode,
        seats=plan.seats,
        seats_used=0,
        starts_at=now,
        valid_until=end_of_term(plan.interval, now),
        grace_until=None,
        suspended_for=[],
        revoked_for=[],
        lease_seq=1,
        created_at=now,
    )
    license.key_sealed = secrets.seal(compact, aad=license.key_aad)
    session.add(license)
    session.flush()
    audit(actor, "license.issued", license.id, plan=plan.code, note=note)
    license_issued.send(license)
    return license, keys.display(compact)


def lookup_hash(compact: str) -> bytes:
    """The hash under which this key is stored."""
    return keys.lookup_hash(compact, secrets.keys().pepper)


def end_of_term(interval: str, start: datetime) -> datetime | None:
    """When a term that starts now is over; None for a lifetime. The 31st becomes the month's last day."""
    if interval == "lifetime":
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


def revoke_license(license: License, reason: str, *, actor: str = "system") -> None:
    """Take it back for this reason. Each reason counts once; the license stays revoked while one is left."""
    lock(license)
    if reason in license.revoked_for:
        return
    license.revoked_for = [*license.revoked_for, reason]
    _changed(license, actor, "license.revoked", reason)
    license_revoked.send(license)


def unrevoke_license(license: License, reason: str, *, actor: str = "system") -> None:
    """This reason is gone (a dispute was won)."""
    lock(license)
    if reason not in license.revoked_for:
        return
    license.revoked_for = [other for other in license.revoked_for if other != reason]
    _changed(license, actor, "license.unrevoked", reason)


def suspend_license(license: License, reason: str, *, actor: str = "system") -> None:
    """Pause it for this reason."""
    lock(license)
    if reason in license.suspended_for:
        return
    license.suspended_for = [*license.suspended_for, reason]
    _changed(license, actor, "license.suspended", reason)


def restore_license(license: License, reason: str, *, actor: str = "system") -> None:
    """This reason to pause is gone."""
    lock(license)
    if reason not in license.suspended_for:
        return
    license.suspended_for = [other for other in license.suspended_for if other != reason]
    _changed(license, actor, "license.restored", reason)


def _changed(license: License, actor: str, action: str, reason: str) -> None:
    license.lease_seq += 1  # sites refuse an older lease from now on
    session.flush()
    audit(actor, action, license.id, reason=reason)
