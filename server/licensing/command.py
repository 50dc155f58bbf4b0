"""`keydesk-server keys` and `keydesk-server licenses`: what they do, and what they say about it."""

from collections.abc import Iterator

import click
from sqlalchemy import select

from server.accounts.models import Vendor
from server.accounts.rotating import rotate_lease_keys
from server.kernel import clock, db
from server.kernel.db import session, writing
from server.kernel.errors import KeydeskError
from server.kernel.settings import Settings
from server.kernel.tenancy import tenant
from server.licensing.services.recounting import bump_lease_seq, mend_seats, seat_drift

ACTOR = "cli"
DONE, REFUSED = 0, 1


def run_rotate(loaded: Settings, *, vendor: str, force: bool) -> int:
    """Change a vendor's signing keys."""
    for seller in _vendors(loaded, vendor):
        try:
            with writing():
                rotated = rotate_lease_keys(actor=ACTOR, now=clock.now(), force=force)
        except KeydeskError as refusal:
            click.echo(f"keydesk: {refusal.detail}", err=True)
            return REFUSED
        click.echo(f"{seller.slug}: {rotated.current} signs from now on, {rotated.next} comes next.")
        click.echo(f"{rotated.retired} is trusted for 90 days more. Sites learn the new keys by themselves.")
        click.echo("Build your plugins anew before you rotate again: a build carries two keys.")
        return DONE
    return _unknown(vendor)


def run_bump_seq(loaded: Settings, *, vendor: str | None) -> int:
    """Raise the number of every lease, after a restore from a backup."""
    met = False
    for seller in _vendors(loaded, vendor):
        with writing():
            changed = bump_lease_seq(seller, actor=ACTOR)
        click.echo(f"{seller.slug}: the leases of {changed} licenses go on with higher numbers.")
        met = True
    return DONE if met or vendor is None else _unknown(vendor)


def run_recount(loaded: Settings, *, vendor: str | None, fix: bool) -> int:
    """Compare the counted seats with the sites. 1 when something is wrong and was not repaired."""
    wrong, met = 0, False
    for seller in _vendors(loaded, vendor):
        met = True
        for drift in list(seat_drift()):
            wrong += 1
            click.echo(
                f"{seller.slug} {drift.license_id}: the counter says {drift.counter}, {drift.counted} sites"
                f" are counted, {drift.empty} seats are empty{' (repaired)' if fix else ''}"
            )
            if fix:
                with writing():
                    mend_seats(drift, actor=ACTOR)
    if not met and vendor is not None:
        return _unknown(vendor)
    click.echo(f"{wrong} licenses {'were repaired' if fix else 'do not add up'}." if wrong else "All add up.")
    return REFUSED if wrong and not fix else DONE


def _vendors(loaded: Settings, slug: str | None) -> Iterator[Vendor]:
    """The vendors asked for, each in its own scope while it is worked on."""
    db.connect(loaded.database_url)
    wanted = select(Vendor).order_by(Vendor.id)
    rows = session.scalars(wanted.where(Vendor.slug == slug) if slug else wanted).all()
    for row in rows:
        with tenant(row.id):
            yield row


def _unknown(slug: str) -> int:
    click.echo(f"keydesk: there is no vendor with the short name {slug}", err=True)
    return REFUSED
