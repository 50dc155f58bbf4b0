"""The signed list of leases that must not be used to their end (protocols 4.8)."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from server.accounts.models import Vendor
from server.accounts.services import signing_key_for_replies
from server.catalog.models import Product
from server.kernel.db import session
from server.kernel.tenancy import current_tenant
from server.licensing.leases import LONGEST_LIST, list_payload, sign_list
from server.licensing.models import Activation, License, Revocation

LEASES_RUN = timedelta(days=28)  # a lease signed before an entry was made is over by then, grace included


def enlist(subject: License | Activation, *, now: datetime) -> None:
    """End the leases of this license, or of this one activation. Doing it again adds nothing."""
    if _open_entry(subject.id) is not None:
        return
    license = subject if isinstance(subject, License) else subject.license
    session.add(
        Revocation(
            serial=_next_serial(),
            product_id=license.product_id,
            subject=subject.id,
            created_at=now,
            lifted_at=None,
        )
    )
    session.flush()


def lift(license: License, *, now: datetime) -> None:
    """The reason is gone: the next list leaves the license out. Leases signed from now on count again."""
    entry = _open_entry(license.id)
    if entry is not None:
        entry.serial, entry.lifted_at = _next_serial(), now
        session.flush()


def signed_list(product: Product, now: datetime, *, newer_than: int) -> str | None:
    """The list of the product; None when the site, which holds that of `newer_than` (0: none), needs none."""
    of_product = Revocation.product_id == product.id
    serial = session.scalar(select(func.max(Revocation.serial)).where(of_product)) or 0
    if serial <= newer_than:
        return None
    in_force = (of_product, Revocation.lifted_at.is_(None), Revocation.created_at > now - LEASES_RUN)
    subjects = session.scalars(
        select(Revocation.subject).where(*in_force).order_by(Revocation.serial.desc()).limit(LONGEST_LIST + 1)
    ).all()
    if not subjects and newer_than == 0:
        return None
    key = signing_key_for_replies()
    payload = list_payload(
        kid=key.kid,
        tenant_id=product.tenant_id,
        product_id=product.id,
        serial=serial,
        leases=subjects[:LONGEST_LIST],
        full=len(subjects) <= LONGEST_LIST,
        now=now,
    )
    return sign_list(payload, key.seed)


def _open_entry(subject: str) -> Revocation | None:
    return session.scalars(
        select(Revocation).where(Revocation.subject == subject, Revocation.lifted_at.is_(None))
    ).one_or_none()


def _next_serial() -> int:
    """One statement, so that two revocations at the same time get two numbers."""
    return session.scalars(
        update(Vendor)
        .where(Vendor.id == current_tenant())
        .values(revocation_serial=Vendor.revocation_serial + 1)
        .returning(Vendor.revocation_serial)
        .execution_options(synchronize_session=False)
    ).one()
