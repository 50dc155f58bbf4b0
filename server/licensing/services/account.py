"""What a customer sees and may do on the own page: licenses with their sites, and letting a site go."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from server.customers.models import Customer
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.kernel.tenancy import resolve
from server.licensing.models import Activation, License
from server.licensing.services.activating import release_seat
from server.licensing.services.seats import Sitting, by_seat


@dataclass(frozen=True)
class Owned:
    """A license with the sites that use it now; a bundle with what it brought."""

    license: License
    sites: list[Sitting]
    children: list["Owned"]


def licenses_of_customer(customer: Customer) -> list[Owned]:
    """All of them, newest first, in every state: whoever bought may look."""
    rows = session.scalars(
        select(License)
        .where(License.customer_id == customer.id)
        .options(joinedload(License.product), joinedload(License.plan))
        .order_by(License.id.desc())
    ).all()
    sites = _sites_of(rows)
    brought = defaultdict(list)
    for license in reversed(rows):
        brought[license.parent_id].append(license)
    own = {license.id for license in rows}
    return [
        Owned(
            license,
            by_seat(sites[license.id]),
            [Owned(child, by_seat(sites[child.id]), []) for child in brought[license.id]],
        )
        for license in rows
        if license.parent_id not in own
    ]


def license_of_customer(customer: Customer, license_id: str) -> License:
    """One of the customer's own; somebody else's does not exist for them."""
    license = resolve(License, license_id)
    if license.customer_id != customer.id:
        raise NotFound
    return license


def release_own_site(customer: Customer, activation_id: str, *, now: datetime) -> Activation:
    """Let a site go with its seat, in every state of its license. Doing it again changes nothing."""
    activation = resolve(Activation, activation_id)
    license_of_customer(customer, activation.license_id)
    release_seat(activation, actor=f"customer:{customer.id}", now=now)
    return activation


def _sites_of(licenses: Iterable[License]) -> dict[str, list[Activation]]:
    found: dict[str, list[Activation]] = defaultdict(list)
    ids = [license.id for license in licenses]
    for start in range(0, len(ids), 500):
        live = select(Activation).where(
            Activation.license_id.in_(ids[start : start + 500]), Activation.ended_at.is_(None)
        )
        for activation in session.scalars(live.order_by(Activation.last_seen_at.desc(), Activation.id)):
            found[activation.license_id].append(activation)
    return found
