"""What came of an import: counts by kind, and every row that was left out or needs a look."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO

from server.importing.records import Place
from server.kernel.text import guarded_cell

KINDS = ("product", "plan", "customer", "license", "activation")
OUTCOMES = ("created", "unchanged", "skipped")
COLUMNS = ("file", "line", "kind", "id", "outcome", "code", "detail")
SHOWN = 20
NAMED = 20
# Left out, and nothing to mend: shown where faults leave room, as what was taken.
HARMLESS = frozenset(("not_imported", "site_ended", "same_site"))


class Writes(Protocol):
    """A CSV writer."""

    def writerow(self, row: Sequence[Any], /) -> Any: ...


@dataclass(frozen=True)
class Said:
    """One line of the report.

    `outcome` is "skipped", "noted" for a row that was taken all the same, or "unused" for what a person gave
    and nothing came of: it is no row.
    """

    place: Place
    kind: str
    ref: str
    outcome: str
    code: str
    detail: str

    @property
    def is_fault(self) -> bool:
        """Whether something was lost that a person may want to mend."""
        return self.outcome != "noted" and self.code not in HARMLESS

    def cells(self) -> tuple[str, ...]:
        row = (*map(str, self.place), self.kind, self.ref, self.outcome, self.code, self.detail)
        return tuple(guarded_cell(cell) for cell in row)


@dataclass
class Report:
    """Counts are kept; lines go into `sink` as CSV while they come, the first ones are kept to be shown.

    `names` are those of the first products and plans that are new, plans with their product before them.
    """

    sink: TextIO | None = None
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    names: dict[str, list[str]] = field(default_factory=lambda: {"product": [], "plan": []})
    _first: dict[bool, list[Said]] = field(default_factory=lambda: {True: [], False: []})  # faults, others
    _lines: Writes | None = None
    _waiting: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.sink is not None:
            self._lines = csv.writer(self.sink)
            self._lines.writerow(COLUMNS)

    def count(self, kind: str, outcome: str, by: int = 1) -> None:
        """So many rows of a kind were created or are unchanged."""
        if by:
            self.counts[kind, outcome] += by

    def create(self, kind: str, name: str) -> None:
        """A product or plan is new: a slip in a name makes one that nobody wanted."""
        self.count(kind, "created")
        if len(self.names[kind]) < NAMED:
            self.names[kind].append(name)

    def skip(self, place: Place, kind: str, ref: str, code: str, detail: str) -> None:
        """A row was left out, and why."""
        self.counts[kind, "skipped"] += 1
        self._say(Said(place, kind, ref, "skipped", code, detail))

    def note(self, place: Place, kind: str, ref: str, code: str, detail: str) -> None:
        """A row was taken, and a person should know something about it."""
        self._say(Said(place, kind, ref, "noted", code, detail))

    def warn(self, place: Place, kind: str, ref: str, code: str, detail: str) -> None:
        """A person gave something that did nothing."""
        self._say(Said(place, kind, ref, "unused", code, detail))

    def end_slice(self, files: Iterable[str]) -> None:
        """Put down what was said of a slice, in the order of its lines: it was judged kind by kind."""
        order = {name: at for at, name in enumerate(files)}
        for line in sorted(self._waiting, key=lambda one: (order.get(one.place.file, -1), one.place.line)):
            if len(kept := self._first[line.is_fault]) < SHOWN:
                kept.append(line)
            if self._lines is not None:
                self._lines.writerow(line.cells())
        self._waiting.clear()

    @property
    def shown(self) -> list[Said]:
        """The first lines that a person should read: faults, and then what is only told."""
        return [*self._first[True], *self._first[False]][:SHOWN]

    def table(self) -> list[tuple[str, int, int, int]]:
        """For each kind: created, unchanged, skipped."""
        return [
            (
                kind,
                self.counts[kind, "created"],
                self.counts[kind, "unchanged"],
                self.counts[kind, "skipped"],
            )
            for kind in KINDS
        ]

    @property
    def skipped(self) -> int:
        """How many rows were left out."""
        return sum(count for (_kind, outcome), count in self.counts.items() if outcome == "skipped")

    def _say(self, line: Said) -> None:
        self.reasons[line.outcome, line.kind, line.code] += 1
        self._waiting.append(line)
