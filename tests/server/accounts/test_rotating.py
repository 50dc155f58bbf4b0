"""Signing keys change without a gap: the old one is trusted long enough, the next one is known before."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from server.accounts.models import AuditEntry, SigningKey
from server.accounts.rotating import RotatedLately, rotate_lease_keys
from server.accounts.services import published_signing_keys, signing_key_for_replies
from server.kernel import clock
from server.kernel.db import session, writing
from server.kernel.tenancy import tenant
from tests.conftest import Cast


def kids() -> list[str]:
    return [key["kid"] for key in published_signing_keys()]


def test_the_next_key_signs_and_the_old_one_is_trusted_on(harbour: Cast, stranger: Cast) -> None:
    current, following = kids()
    now = clock.now()
    with tenant(stranger.vendor.id):
        theirs = kids()

    with writing():
        rotated = rotate_lease_keys(actor="cli", now=now)

    assert (rotated.retired, rotated.current) == (current, following)
    assert kids() == [following, rotated.next, current]
    assert signing_key_for_replies().kid == following
    old = session.scalars(select(SigningKey).where(SigningKey.kid == current)).one()
    assert old.not_after == now + timedelta(days=90)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "signing_keys.rotated")).one()
    assert entry.facts == {"retired": current, "current": following, "next": rotated.next}
    with tenant(stranger.vendor.id):
        assert kids() == theirs


def test_a_second_change_within_the_overlap_needs_a_word(harbour: Cast) -> None:
    now = clock.now()
    with writing():
        rotate_lease_keys(actor="cli", now=now)

    with pytest.raises(RotatedLately, match="ship new builds first"), writing():
        rotate_lease_keys(actor="cli", now=now + timedelta(days=89))
    with writing():
        rotate_lease_keys(actor="cli", now=now + timedelta(days=89), force=True)


def test_a_site_is_never_told_more_keys_than_it_tries(harbour: Cast) -> None:
    now, retired = clock.now(), []
    for number in range(4):
        with writing():
            rotated = rotate_lease_keys(actor="cli", now=now + timedelta(minutes=number), force=True)
        retired.append(rotated.retired)

    assert kids() == [rotated.current, rotated.next, retired[3], retired[2]]
