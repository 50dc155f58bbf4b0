"""An import from its first file to its last slice. The caller opens `writing()` around each slice."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from server.importing.aside import Aside
from server.importing.files import ENCODINGS, FilesEmpty, SourceFile
from server.importing.formats import Format
from server.importing.reading import Options
from server.importing.records import (
    ActivationRecord,
    CustomerRecord,
    LicenseRecord,
    Place,
    PlanRecord,
    ProductRecord,
    Record,
    Records,
    Refusal,
)
from server.importing.services.catalogue import Catalogue
from server.importing.services.customers import take_customers
from server.importing.services.licenses import take_licenses
from server.importing.services.reporting import Report
from server.importing.services.run import Run
from server.importing.services.sites import take_sites

Kind = TypeVar("Kind")
SLICE = 1_000  # rows that one commit holds: a site that activates meanwhile waits a fraction of a second


class Import:
    """One run over some files. A dry run judges and counts the same way and writes nothing."""

    def __init__(
        self,
        system: Format,
        *,
        now: datetime,
        actor: str,
        mapping: Mapping[str, str] | None = None,
        dry_run: bool = False,
        report: Report | None = None,
    ) -> None:
        self.report = report or Report()
        self.run = Run(system.name, now=now, actor=actor, dry_run=dry_run, report=self.report, aside=Aside())
        self.catalogue = Catalogue(self.run, mapping or {})
        self.system = system

    def take(self, records: Sequence[Record]) -> None:
        """Judge these records and write what is new, in the caller's transaction."""
        sorted_out: dict[type[Any], list[Any]] = {}
        for record in records:
            sorted_out.setdefault(type(record), []).append(record)
        refused = _only(sorted_out, Refusal)
        for refusal in refused:
            self.report.skip(refusal.place, refusal.kind, refusal.ref, refusal.code, refusal.detail)
        for product in _only(sorted_out, ProductRecord):
            self.catalogue.take_product(product)
        for plan in _only(sorted_out, PlanRecord):
            self.catalogue.take_plan(plan)
        take_customers(self.run, _only(sorted_out, CustomerRecord))
        take_licenses(self.run, self.catalogue, _only(sorted_out, LicenseRecord), refused)
        take_sites(self.run, _only(sorted_out, ActivationRecord))
        self.report.end_slice(dict.fromkeys(record.place.file for record in records))

    def close(self) -> None:
        """Put down what was said last, and forget what was put aside."""
        self.report.end_slice(())
        self.run.aside.close()


def read_files(run: Import, files: list[SourceFile], options: Options) -> Records:
    """The records of the files, and a word about an encoding that had to be guessed. Raises FilesEmpty."""
    for file in files:
        if file.is_guessed:
            words = (
                f"Not UTF-8, read as {ENCODINGS[file.encoding]}, for example “{file.sample()}”. If that "
                "looks wrong, say what it is: --encoding, or “Encoding” in the console."
            )
            run.report.note(Place(file.name, 1), "file", "", "encoding_guessed", words)
    said = False
    for record in run.system.read(files, options, run.run.aside):
        said = True
        yield record
    if not (said or any(file.has_rows for file in files)):
        names = ", ".join(file.name for file in files)
        raise FilesEmpty(f"There is nothing to import, no row in {names}. Look at the export once more.")


def slices(records: Records) -> Iterator[list[Record]]:
    """The records in pieces that one commit takes."""
    while some := list(islice(records, SLICE)):
        yield some


def _only(sorted_out: Mapping[type[Any], list[Any]], kind: type[Kind]) -> list[Kind]:
    return sorted_out.get(kind, [])
