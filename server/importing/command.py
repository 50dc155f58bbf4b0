"""`keydesk-server import`: the progress, the closing table and the exit code of an import by hand."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from sqlalchemy import select

from server.accounts.models import Vendor
from server.importing.driving import import_files
from server.importing.services import Report
from server.kernel import clock, db
from server.kernel.db import session
from server.kernel.errors import KeydeskError, NotFound
from server.kernel.settings import Settings
from server.kernel.tenancy import tenant
from server.kernel.text import shorten

DONE, REFUSED = 0, 1
LONGEST_LINE = 160


def run_import(
    loaded: Settings,
    system: str,
    files: Sequence[Path],
    *,
    vendor: str,
    mapping: Sequence[str],
    zone: str,
    encoding: str | None,
    report_to: Path | None,
    dry_run: bool,
) -> int:
    """Import and say what came of it. 0 also where rows were left out: each of them is named."""
    db.connect(loaded.database_url)
    try:
        with tenant(vendor_id(vendor)):
            wanted = {"zone": zone_of(zone), "mapping": mapping_of(mapping), "dry_run": dry_run}
            report = _import(system, files, report_to, encoding=encoding or "", **wanted)
    except KeydeskError as error:
        click.echo(f"keydesk: {error.detail}", err=True)
        return REFUSED
    except OSError as error:
        click.echo(f"keydesk: {error.filename or 'A file'}: {error.strerror}", err=True)
        return REFUSED
    finally:
        db.disconnect()
    _say(report, dry_run=dry_run, report_to=report_to)
    return DONE


def _import(system: str, files: Sequence[Path], report_to: Path | None, **wanted: Any) -> Report:
    total = sum(path.stat().st_size for path in files)
    with (
        _report_file(report_to) as sink,
        click.progressbar(length=total, label="Reading", file=sys.stderr) as bar,
    ):
        report = import_files(
            system,
            [(path, path.name) for path in files],
            now=clock.now(),
            actor="cli",
            sink=sink,
            progress=bar.update,
            **wanted,
        )
        bar.update(total - bar.pos)  # a file that holds nothing useful at its end is read too
    return report


def vendor_id(slug: str) -> str:
    """The vendor that a person names on the command line."""
    found = session.scalar(select(Vendor.id).where(Vendor.slug == slug))
    if found is None:
        known = ", ".join(session.scalars(select(Vendor.slug).order_by(Vendor.slug))) or "none yet"
        raise NotFound(f"There is no vendor with the short name {slug}. Known: {known}.")
    return found


def mapping_of(texts: Sequence[str]) -> dict[str, str]:
    """`Old name=product` or `Old name=product/plan`."""
    pairs = [text.rpartition("=") for text in texts]
    wrong = next((text for text, (old, _, new) in zip(texts, pairs, strict=True) if not (old and new)), None)
    if wrong is not None:
        raise NotFound(f"“{wrong}” is no mapping. Write it like 'Old name=short-name'.")
    return {old: new for old, _, new in pairs}


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise NotFound(f"There is no time zone {name}. Write it like Europe/Bucharest.") from None


@contextmanager
def _report_file(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        yield file


def _say(report: Report, *, dry_run: bool, report_to: Path | None) -> None:
    click.echo("Nothing was written: this was a dry run." if dry_run else "The import is done.")
    click.echo(f"{'':<12}{'created':>10}{'unchanged':>11}{'skipped':>9}")
    for kind, created, unchanged, skipped in report.table():
        click.echo(f"{kind:<12}{created:>10,}{unchanged:>11,}{skipped:>9,}")
    _say_new(report)
    for (outcome, kind, code), count in sorted(Counter(report.reasons).items()):
        click.echo(f"{outcome} {kind}, {code}: {count:,}")
    for line in report.shown:
        where = f"{line.place.file}, line {line.place.line}, {line.kind} {line.ref}".rstrip()
        click.echo(shorten(f"  {where}: {line.detail}", LONGEST_LINE))
    left = report.reasons.total() - len(report.shown)
    if left > 0:
        way = "" if report_to else "; --report FILE.csv writes all of them down"
        click.echo(f"  and {left:,} more{way}.")
    if report_to is not None:
        click.echo(f"All of them: {report_to}")


def _say_new(report: Report) -> None:
    for kind, names in report.names.items():
        between = "; " if any("," in name for name in names) else ", "
        left = report.counts[kind, "created"] - len(names)
        if names:
            click.echo(f"New {kind}s: {between.join(names)}" + (f" and {left:,} more" if left else ""))
