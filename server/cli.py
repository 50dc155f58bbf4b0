"""The `keydesk-server` command."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from server.kernel.settings import remember_start
from server.starting import LOCKED, beside, environment, hold_the_folder, open_server, start, upgrade

PORT = click.IntRange(1, 65535)
IMPORT_FORMATS = ("edd", "freemius", "lmfwc", "lemonsqueezy", "plain")  # of server.importing.formats
IMPORT_ENCODINGS = ("windows-1252", "windows-1250", "windows-1251", "windows-1254")  # of importing.files
EXISTING_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
DATA_DIR = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Folder of database, keys and files."
)
EXAMPLE = "2026-01-31 or 2026-01-31T09:30"
MAP_HELP = "What a product (or 'PRODUCT/PLAN') there is called here, by short names. May be repeated."


class Moment(click.DateTime):
    """A day or a moment of it; who writes something else is shown one."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"'{value}' is no moment. Write it like {EXAMPLE}, in UTC.", param, ctx)


@click.group()
def cli() -> None:
    """Keydesk: licenses, purchases and support for WordPress plugins."""


@cli.command()
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port on 127.0.0.1.")
@DATA_DIR
@click.option("--demo", is_flag=True, help="Seed demo data on the first start.")
def serve(port: int, data_dir: Path | None, *, demo: bool) -> None:
    """Migrate, then serve the web and run the jobs."""
    from server.supervisor import supervise

    environ = environment(port, data_dir, demo=demo)
    with hold_the_folder(environ):
        loaded = start(environ)
        remember_start(environ, loaded)
        upgrade(loaded)
        if demo:
            from server.demo import seed_once

            seed_once(loaded)
        supervise(port)


@cli.command()
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port on 127.0.0.1.")
def web(port: int) -> None:
    """Serve the web only (a child of `serve`)."""
    from server.web import serve_web

    start(dict(os.environ))
    serve_web(port)


@cli.command()
def worker() -> None:
    """Run the jobs only (a child of `serve`)."""
    from server.app import connect_listeners
    from server.kernel import db
    from server.kernel.processes import die_with_parent
    from server.worker import WorkerRuns, work

    die_with_parent()
    loaded = start(dict(os.environ))
    db.connect(loaded.database_url)
    connect_listeners()
    try:
        work(loaded)
    except WorkerRuns as error:
        print(f"keydesk: {error}", file=sys.stderr)
        raise SystemExit(LOCKED) from error


@cli.command()
@DATA_DIR
def migrate(data_dir: Path | None) -> None:
    """Bring the database to the present schema."""
    upgrade(start(beside(data_dir)))
    print("The database is up to date.")


@cli.command("first-owner", short_help="Print an address that makes the first account.")
@DATA_DIR
def first_owner(data_dir: Path | None) -> None:
    """Print a one-time address (1 hour) at which the first owner account is made."""
    from server.accounts.command import run_first_owner

    raise SystemExit(run_first_owner(open_server(data_dir)))


@cli.command("set-password", short_help="Give a member a new password.")
@click.argument("email")
@DATA_DIR
def set_password(email: str, data_dir: Path | None) -> None:
    """Give the member with this address a new password, and sign them out everywhere."""
    from server.accounts.command import run_set_password

    raise SystemExit(run_set_password(open_server(data_dir), email=email))


@cli.command("import", short_help="Bring licenses and more from another system.")
@click.argument("system", metavar="FORMAT", type=click.Choice(IMPORT_FORMATS))
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=EXISTING_FILE)
@click.option("--vendor", required=True, help="Short name of the vendor, as in its shop's address.")
@click.option("--dry-run", is_flag=True, help="Judge and count everything, write nothing.")
@click.option("--map", "mapping", multiple=True, metavar="'OLD NAME=PRODUCT[/PLAN]'", help=MAP_HELP)
@click.option("--timezone", "zone", default="UTC", show_default=True, help="Of moments that name no zone.")
@click.option("--encoding", type=click.Choice(IMPORT_ENCODINGS), help="Of files that are not UTF-8.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV of all rows left out, written anew.",
)
@DATA_DIR
def import_(
    system: str, files: tuple[Path, ...], data_dir: Path | None, report: Path | None, **wanted: Any
) -> None:
    """Bring products, customers, licenses with their keys, and sites from another system.

    \b
    FORMAT is one of
      edd           Easy Digital Downloads, Software Licensing
      freemius      Freemius
      lmfwc         License Manager for WooCommerce
      lemonsqueezy  Lemon Squeezy
      plain         CSV of your own, or an export of Keydesk

    Several files belong together: licenses and, where the system keeps them apart, customers, orders, sites.
    It may run while the server runs, and as often as you like: what is here already stays as it is.
    """
    from server.importing.command import run_import

    loaded = open_server(data_dir)
    raise SystemExit(run_import(loaded, system, files, report_to=report, **wanted))


@cli.command("export", short_help="Write all that a vendor owns into a ZIP.")
@click.option("--vendor", required=True, help="Short name of the vendor, as in its shop's address.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="ZIP to write.")
@click.option("--with-keys", is_flag=True, help="Also the license keys, as their owners see them.")
@click.option("--force", is_flag=True, help="Also over a file that is there already.")
@DATA_DIR
def export(vendor: str, out: Path, data_dir: Path | None, *, with_keys: bool, force: bool) -> None:
    """Write everything that a vendor owns into a ZIP, as CSV and as JSON lines. The server may run."""
    from server.insights.command import run_export

    loaded = open_server(data_dir)
    raise SystemExit(run_export(loaded, vendor=vendor, out=out, with_keys=with_keys, force=force))


@cli.group()
def keys() -> None:
    """The keys under which leases and answers are signed."""


@keys.group()
def rotate() -> None:
    """Change keys without a gap."""


@rotate.command("lease", short_help="Make the next key of leases the current one.")
@click.option("--vendor", required=True, help="Short name of the vendor, as in its shop's address.")
@click.option("--force", is_flag=True, help="Also while the last change is younger than 90 days.")
@DATA_DIR
def rotate_lease(vendor: str, data_dir: Path | None, *, force: bool) -> None:
    """Make the next key the current one; the old one is trusted for 90 days more."""
    from server.licensing.command import run_rotate

    loaded = open_server(data_dir)
    raise SystemExit(run_rotate(loaded, vendor=vendor, force=force))


@cli.group()
def licenses() -> None:
    """Repairs of licenses."""


@licenses.command("bump-seq", short_help="After a restore: make all sites take new leases.")
@click.option("--vendor", help="Short name of one vendor; without it, all.")
@DATA_DIR
def bump_seq(vendor: str | None, data_dir: Path | None) -> None:
    """After a restore from a backup: raise the number of every lease, so that sites take new ones."""
    from server.licensing.command import run_bump_seq

    loaded = open_server(data_dir)
    raise SystemExit(run_bump_seq(loaded, vendor=vendor))


@licenses.command("recount")
@click.option("--vendor", help="Short name of one vendor; without it, all.")
@click.option("--fix", is_flag=True, help="Repair what does not add up.")
@DATA_DIR
def recount(vendor: str | None, data_dir: Path | None, *, fix: bool) -> None:
    """Compare the counted seats of every license with its sites."""
    from server.licensing.command import run_recount

    loaded = open_server(data_dir)
    raise SystemExit(run_recount(loaded, vendor=vendor, fix=fix))


@cli.group()
def stripe() -> None:
    """What Stripe knows, compared with what is here."""


@stripe.command("reconcile")
@click.option(
    "--since", type=Moment(), metavar="MOMENT", help=f"{EXAMPLE}, UTC; left out: the last good comparison."
)
@click.option("--vendor", help="Short name of one vendor; left out: every one.")
@DATA_DIR
def stripe_reconcile(since: datetime | None, vendor: str | None, data_dir: Path | None) -> None:
    """Take in the events of Stripe that never arrived. The server may run."""
    from server.billing.command import run_reconcile

    loaded = open_server(data_dir)
    moment = since.replace(tzinfo=UTC) if since else None
    raise SystemExit(run_reconcile(loaded, vendor=vendor, since=moment))


def main() -> None:
    """Entry point of the `keydesk-server` command."""
    cli()


if __name__ == "__main__":
    main()
