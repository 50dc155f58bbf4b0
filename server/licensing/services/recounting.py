"""Whether the counted seats of licenses are what their sites say, and the repair of those that are not."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import delete, exists, func, select, update

from server.accounts.models import Vendor
from server.accounts.services import audit
from server.kernel.db import session
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License, Seat
from server.licensing.services.issuing import lock

SEQ_STEP = 1_000_000


class Drift(NamedTuple):
    """A license whose counter is wrong, or that keeps seats on which nobody sits."""

    license_id: str
    counter: int
    counted: int
    empty: int


def seat_drift() -> Iterator[Drift]:
    """The present vendor's licenses that do not add up. Only reads."""
    taken = select(Activation.id).where(Activation.seat_id == Seat.id, Activation.ended_at.is_(None))
    rows = session.execute(
        select(
            License.id,
            License.seats_used,
            func.count(Seat.id).filter(Seat.counted.is_(True), exists(taken)),
            func.count(Seat.id).filter(~exists(taken)),
        )
        .outerjoin(Seat, Seat.license_id == License.id)
        .group_by(License.id, License.seats_used)
        .order_by(License.id)
    )
    return (Drift(*row) for row in rows if row[1] != row[2] or row[3])


def mend_seats(drift: Drift, *, actor: str) -> None:
    """Drop the empty seats and set the counter, under the license's lock and from what is true by then."""
    license = resolve(License, drift.license_id)
    lock(license)
    taken = select(Activation.id).where(Activation.seat_id == Seat.id, Activation.ended_at.is_(None))
    of_license = Seat.license_id == license.id
    session.execute(
        delete(Seat).where(of_license, ~exists(taken)).execution_options(synchronize_session=False)
    )
    counted = session.scalar(select(func.count()).select_from(Seat).where(of_license, Seat.counted.is_(True)))
    license.seats_used = counted or 0
    session.flush()
    audit(actor, "license.recounted", license.id, before=drift.counter, after=license.seats_used)


def bump_lease_seq(seller: Vendor, *, actor: str) -> int:
    """After a restore from a backup: without this, sites would refuse our leases as older than theirs."""
    changed = session.execute(
        update(License)
        .values(lease_seq=License.lease_seq + SEQ_STEP)
        .returning(License.id)
        .execution_options(synchronize_session=False)
    ).all()
    audit(actor, "licenses.lease_seq_bumped", seller.id, licenses=len(changed), by=SEQ_STEP)
    return len(changed)
