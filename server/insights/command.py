"""`keydesk-server export`: everything of one vendor into a ZIP."""

from pathlib import Path

import click
from sqlalchemy import select

from server.accounts.models import Vendor
from server.accounts.services import audit
from server.insights.services import write_zip
from server.kernel import clock, db
from server.kernel.db import session, writing
from server.kernel.errors import KeydeskError, NotFound
from server.kernel.settings import Settings
from server.kernel.tenancy import tenant

DONE, REFUSED = 0, 1


def run_export(loaded: Settings, *, vendor: str, out: Path, with_keys: bool, force: bool) -> int:
    """Write the file and say what it holds."""
    if wrong := _cannot_lie(out, force=force):
        click.echo(f"keydesk: {wrong}", err=True)
        return REFUSED
    db.connect(loaded.database_url)
    try:
        found = session.scalars(select(Vendor).where(Vendor.slug == vendor)).one_or_none()
        if found is None:
            raise NotFound(f"There is no vendor with the short name {vendor}.")
        with tenant(found.id):
            with writing():
                audit("cli", "export.made", found.id, with_keys=with_keys)
            written = write_zip(out, vendor=vendor, now=clock.now(), with_keys=with_keys)
    except KeydeskError as error:
        click.echo(f"keydesk: {error.detail}", err=True)
        return REFUSED
    except OSError as error:
        click.echo(f"keydesk: {out} cannot be written: {error.strerror}", err=True)
        return REFUSED
    finally:
        db.disconnect()
    for name, rows in written.rows.items():
        click.echo(f"{name:<20}{rows:>10,}")
    click.echo(f"{out} holds {written.total:,} rows{'' if with_keys else ', no license keys'}.")
    return DONE


def _cannot_lie(out: Path, *, force: bool) -> str:
    """Why the file cannot lie there: a mistyped place is neither made nor written over."""
    if not out.parent.is_dir():
        return f"There is no folder {out.parent}; make it first, or choose another place."
    if out.exists() and not force:
        return f"{out} is there already; choose another name, or add --force to write over it."
    return ""
