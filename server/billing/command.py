"""`keydesk-server stripe reconcile`: the nightly comparison by hand, for a span that may lie further back."""

from datetime import datetime

import click
from sqlalchemy import select

from server.accounts.models import Vendor
from server.billing.models import StripeConnection
from server.billing.reconciling import Repaired, reconcile
from server.billing.services.connections import all_complete
from server.kernel import clock, db
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.kernel.errors import KeydeskError
from server.kernel.settings import Settings
from server.kernel.tenancy import resolve, tenant

DONE, LEFT_OUT, REFUSED = 0, 1, 2


def run_reconcile(loaded: Settings, *, vendor: str | None, since: datetime | None) -> int:
    """Compare every connection, or one vendor's; the exit status says whether Stripe answered for all."""
    now = clock.now()
    if since and since > now:  # an empty answer would read as if nothing were missing
        click.echo(
            f"keydesk: --since {since:%Y-%m-%d %H:%M} UTC lies ahead: now it is {now:%Y-%m-%d %H:%M} UTC."
            " Name the day from which on something may be missing.",
            err=True,
        )
        return REFUSED
    db.connect(loaded.database_url)
    slugs = dict(session.execute(select(Vendor.id, Vendor.slug)).all())
    if vendor and vendor not in slugs.values():
        click.echo(f"No vendor has the short name {vendor}.", err=True)
        return REFUSED
    failed = 0
    for tenant_id, connection_id in all_complete():
        if not vendor or vendor == slugs[tenant_id]:
            with tenant(tenant_id):
                failed += not _compare(connection_id, slugs[tenant_id], since)
    db.disconnect()
    return LEFT_OUT if failed else DONE


def _compare(connection_id: str, vendor: str, since: datetime | None) -> bool:
    """In as many parts as it takes; whether Stripe answered for everything."""
    whole, account = True, f"{vendor}, {connection_id}"
    while True:
        try:
            done = reconcile(resolve(StripeConnection, connection_id), now=clock.now(), since=since)
        except KeydeskError as error:
            click.echo(f"{account}: {error.detail}", err=True)
            return False
        whole = _say(account, done) and whole
        if done.until is None:
            return whole
        since = done.until


def _say(account: str, done: Repaired) -> bool:
    click.echo(
        f"{account}: {done.events} events and {done.purchases} purchases were missing."
        + (" The running server works them off." if done.events else "")
    )
    for root_id, code in done.left_out.items():
        click.echo(f"{account}: the purchase {root_id} could not be read ({code}).", err=True)
    if done.left_out:
        click.echo(f"{account}: {len(done.left_out)} purchases could not be read.", err=True)
    if done.until:
        click.echo(
            f"{account}: Stripe holds more than is read at once; read up to {rfc3339(done.until)},"
            " going on from there."
        )
    return not done.left_out
