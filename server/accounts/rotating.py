"""The change of a vendor's signing keys: the next becomes current, the old one verifies 90 days more."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from server.accounts.models import SigningKey
from server.accounts.services import add_signing_key, audit, vendor
from server.kernel.db import session
from server.kernel.errors import Conflict

OVERLAP = timedelta(days=90)  # more than the 28 days of a lease with its grace


class RotatedLately(Conflict):
    """A plugin carries two keys. Two changes in a row would leave it with none that is still in use."""

    code = "keys_rotated_lately"
    title = "The signing keys were changed a short while ago"


class Rotated(NamedTuple):
    """The ids of the keys after the change."""

    retired: str
    current: str
    next: str


def rotate_lease_keys(*, actor: str, now: datetime, force: bool = False) -> Rotated:
    """Change the present vendor's keys. Sites learn the new next key from the next answer they trust."""
    seller = vendor()
    keys = session.scalars(select(SigningKey).with_for_update()).all()
    old = next(key for key in keys if key.state == "current")
    new = next(key for key in keys if key.state == "next")
    lately = [key.kid for key in keys if key.not_after is not None and now < key.not_after]
    if lately and not force:
        raise RotatedLately(
            f"The key {lately[0]} is still in its 90 days of overlap. Copies of your plugins that were built"
            " before that change trust no key after another one: ship new builds first, then use --force."
        )
    old.state, old.not_after = "retired", now + OVERLAP
    session.flush()  # one current key at every moment
    new.state = "current"
    added = add_signing_key("next", now)
    session.flush()
    audit(actor, "signing_keys.rotated", seller.id, now=now, retired=old.kid, current=new.kid, next=added.kid)
    return Rotated(old.kid, new.kid, added.kid)
