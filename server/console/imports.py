"""Import and export: files of another system are tried, then brought in; everything goes out as a ZIP."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as Answer

from server.accounts.services import vendor
from server.console.forms import Field, Form, read
from server.console.guard import actor
from server.console.words import gettext as _
from server.importing import services as importing
from server.importing.files import ENCODINGS
from server.importing.formats import FORMATS
from server.importing.models import AT_WORK, ImportRun
from server.insights import services as insights
from server.insights.models import Export
from server.jobs.services import enqueue
from server.kernel import clock
from server.kernel.db import writing
from server.kernel.errors import NotFound
from server.kernel.tenancy import resolve

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
MOST_FILES = 10


@blueprint.get("/")
def index() -> str:
    return _page(Form(_fields(), {"zone": "UTC"}))


@blueprint.post("/")
def begin() -> str | Answer:
    """Keep the files and try them; nothing is brought in yet."""
    form = read(_fields(), request.form)
    files = [sent for sent in request.files.getlist("files") if sent.filename]
    mapping = _mapping(form)
    if not 0 < len(files) <= MOST_FILES:
        form.refuse("files", _("Please choose one to ten files."))
    if not _is_zone(form["zone"]):
        form.refuse("zone", _("There is no such time zone. Write it like Europe/Bucharest."))
    if not form:
        return _page(form)
    now = clock.now()
    with writing():
        run = importing.begin_run(
            form["system"],
            [(sent.filename or "", sent.save) for sent in files],
            mapping=mapping,
            zone=form["zone"],
            encoding=form["encoding"],
            actor=actor(),
            now=now,
        )
        run_id = run.id
        enqueue("importing.run", {"run_id": run_id})
        enqueue("importing.forget", {"run_id": run_id}, due_at=now + importing.KEPT)
    return redirect(url_for("console.imports.show", run_id=run_id))


@blueprint.get("/<run_id>")
def show(run_id: str) -> str:
    run = resolve(ImportRun, run_id)
    return render_template(
        "console/import_run.html",
        run=run,
        label=FORMATS[run.system].label,
        at_work=run.state in AT_WORK,
        percent=round(100 * run.done_bytes / max(1, run.total_bytes)),
        kinds=_kinds(),
        new_ones={"product": _("New products"), "plan": _("New plans")},
        one_of=_one_of(),
        words=_reasons(),
        left_out=sum(row["skipped"] for row in run.counts),
        more=sum(row["count"] for row in run.reasons) - len(run.shown),
        has_report=importing.report_of(run).exists(),
    )


@blueprint.post("/<run_id>/start")
def run(run_id: str) -> Answer:
    """The report was read: bring it in."""
    with writing():
        if importing.start_run(resolve(ImportRun, run_id), actor=actor()):
            enqueue("importing.run", {"run_id": run_id})
    return redirect(url_for("console.imports.show", run_id=run_id))


@blueprint.get("/<run_id>/report.csv")
def report(run_id: str) -> Response:
    """Every row that was left out, with its reason."""
    path = importing.report_of(resolve(ImportRun, run_id))
    if not path.exists():
        raise NotFound
    return send_file(path, mimetype="text/csv", as_attachment=True, download_name="left-out.csv")


@blueprint.post("/exports")
def ask_export() -> Answer:
    with writing():
        export = insights.begin_export(
            with_keys=request.form.get("with_keys") == "yes", actor=actor(), now=clock.now()
        )
        enqueue("insights.export", {"export_id": export.id})
    flash(_("The export is being made. It appears below."))
    return redirect(url_for("console.imports.index", _anchor="exports"))


@blueprint.get("/exports/<export_id>.zip")
def download(export_id: str) -> Response:
    """The file, as long as it is kept."""
    export = resolve(Export, export_id)
    path = insights.path_of(export)
    if export.state != "ready" or not path.exists():
        raise NotFound
    name = f"{vendor().slug}-{export.created_at:%Y-%m-%d}.zip"
    return send_file(path, mimetype="application/zip", as_attachment=True, download_name=name)


def _page(form: Form) -> str:
    exports = insights.latest_exports()
    return render_template(
        "console/imports.html",
        form=form,
        runs=importing.latest_runs(),
        labels={name: one.label for name, one in FORMATS.items()},
        exports=exports,
        is_exporting=any(one.state == "working" for one in exports),
    )


def _mapping(form: Form) -> dict[str, str]:
    """A line each: the old name, an equals sign, the short name here."""
    lines = [line.strip() for line in form["mapping"].splitlines() if line.strip()]
    pairs = [line.rpartition("=") for line in lines]
    if any(not (old.strip() and new.strip()) for old, _sign, new in pairs):
        form.refuse("mapping", _("Write a line for each, like: Old name = short-name"))
    return {old.strip(): new.strip() for old, _sign, new in pairs}


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _fields() -> list[Field]:
    return [
        Field(
            "system", _("Where from"), "choice", choices=[(one.name, one.label) for one in FORMATS.values()]
        ),
        Field(
            "files",
            _("Files"),
            "file",
            accept=".csv,.json,.jsonl,.txt",
            help=_("All files that belong together: licenses, and customers, orders or sites kept apart."),
        ),
        Field(
            "mapping",
            _("Products here"),
            "area",
            required=False,
            limit=5_000,
            help=_("A line for each product that has another name here: Old name = short-name"),
        ),
        Field("zone", _("Time zone of the files"), limit=60, help=_("Of times that name none.")),
        Field(
            "encoding",
            _("Encoding"),
            "choice",
            required=False,
            choices=[("", _("UTF-8, or guess")), *ENCODINGS.items()],
            help=_("Of files that are not UTF-8, such as CSV that Excel saved."),
        ),
    ]


def _one_of() -> dict[str, str]:
    return {
        "file": _("File"),
        "product": _("Product"),
        "plan": _("Plan"),
        "customer": _("Customer"),
        "license": _("License"),
        "activation": _("Site"),
    }


def _reasons() -> dict[str, str]:
    """What the codes of a report mean, in a few words; the lines say more."""
    return {
        "key_malformed": _("not a key"),
        "key_here": _("key is here already, from another source"),
        "key_of_another": _("key is another customer's here"),
        "other_product": _("key is on another product here"),
        "key_taken": _("key cannot be used on this server"),
        "duplicate_key": _("key stands there twice"),
        "duplicate_id": _("id stands there twice"),
        "customer_unknown": _("no customer known"),
        "email_invalid": _("no working e-mail address"),
        "end_before_start": _("ends before it starts"),
        "product_unknown": _("no product known"),
        "status_unknown": _("status not known"),
        "interval_unknown": _("term not known"),
        "cell_unreadable": _("a date or number cannot be read"),
        "row_unreadable": _("line cannot be read"),
        "too_many_cells": _("too many cells in a line"),
        "license_unknown": _("license was left out or is missing"),
        "bundle_unknown": _("its bundle was left out or is missing"),
        "site_url_invalid": _("not the address of a site"),
        "same_site": _("same site, written in another way"),
        "site_ended": _("no longer in use there"),
        "mapping_unused": _("a mapping met nothing in the files"),
        "differs": _("changed since, kept as it is here"),
        "more_sites_than_seats": _("more sites than it allows, kept"),
        "encoding_guessed": _("not UTF-8, look at the names"),
        "item_id_taken": _("EDD number is in use here"),
        "public_slug_differs": _("another name in the addresses of doors"),
        "settings_left_out": _("made without some of its settings"),
        "not_imported": _("tells what happened, not imported"),
    }


def _kinds() -> dict[str, str]:
    return {
        "file": _("Files"),
        "product": _("Products"),
        "plan": _("Plans"),
        "customer": _("Customers"),
        "license": _("Licenses"),
        "activation": _("Sites"),
    }
