"""What all readers share: which file is which, rows that cannot be read, and the products and plans seen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from difflib import get_close_matches

from server.importing.files import Cells, FileNotRead, SourceFile, Unreadable
from server.importing.records import (
    Place,
    PlanRecord,
    ProductRecord,
    Record,
    Refusal,
    State,
)
from server.importing.values import CannotRead, key_end, plan_words
from server.kernel.text import shorten

NAMED, LONGEST_NAME = 20, 40  # of the columns of a file, when they are told
KEY_COLUMNS = ("license_key", "key", "secret_key")  # of a license, in one format or the other
UNLIKE = 0.5
NEARLY = 0.8

Convert = Callable[[Place, Cells], list[Record]]


@dataclass(frozen=True)
class Options:
    """What a person says about the files as a whole: the zone of moments that name none."""

    zone: tzinfo = UTC


class RowWrong(ValueError):
    """A row that cannot become a record; the code is constant, the words tell what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def by_kind(files: Sequence[SourceFile], kinds: Mapping[str, frozenset[str]]) -> dict[str, list[SourceFile]]:
    """The files by what they hold, told from their columns. Raises FileNotRead.

    A table without rows is a JSON-lines file without a byte: nothing is lost with it.
    """
    sorted_out: dict[str, list[SourceFile]] = {kind: [] for kind in kinds}
    for file in (file for file in files if file.size):
        kind = next((name for name, needed in kinds.items() if needed <= file.columns), None)
        if kind is None:
            raise FileNotRead(_what_is_missing(file, kinds))
        sorted_out[kind].append(file)
    return sorted_out


def _what_is_missing(file: SourceFile, kinds: Mapping[str, frozenset[str]]) -> str:
    """The columns that it lacks of the kind that it most likely is, or of every one."""
    likeness = {kind: _likeness(file.columns, needed) for kind, needed in kinds.items()}
    likely = max(likeness, key=lambda kind: likeness[kind])
    if likeness[likely] > UNLIKE:
        return lacking(file, likely, kinds[likely])
    # Nothing is known of it: what stands in its first line may be keys.
    found = f" {_columns_of(file)}" if likeness[likely] else ""
    needed = (f"A file of {kind} has: {', '.join(sorted(needed))}." for kind, needed in kinds.items())
    return f"{file.name} lacks the columns of this format.{found} {' '.join(needed)}"


def lacking(file: SourceFile, kind: str, needed: frozenset[str]) -> str:
    """Which columns of this kind a file lacks, and which it has: one may only be written otherwise."""
    missing = sorted(needed - file.columns)
    columns = f"column{'' if len(missing) == 1 else 's'} {', '.join(missing)}"
    return f"{file.name} lacks the {columns}, which a file of {kind} has. {_columns_of(file)}"


def _likeness(columns: frozenset[str], needed: frozenset[str]) -> float:
    """Much of a few columns counts as more of many; one that is nearly there counts a little less."""
    same = len(needed & columns)
    near = sum(bool(get_close_matches(name, columns, 1, NEARLY)) for name in needed - columns)
    return (same + 0.9 * near) ** 2 / len(needed)


def _columns_of(file: SourceFile) -> str:
    names = sorted(shorten(name, LONGEST_NAME) for name in file.columns if name)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"Its columns: {', '.join(names[:NAMED])}{more}."


def guarded_rows(source: SourceFile, kind: str) -> Iterator[tuple[Place, Cells | Refusal]]:
    """The rows of a file; a line that cannot be taken apart is a refusal."""
    for place, row in source.rows():
        if isinstance(row, Unreadable):
            yield place, Refusal(place, kind, "", row.code, row.detail)
        else:
            yield place, row


def converted(place: Place, row: Cells | Refusal, kind: str, convert: Convert) -> list[Record]:
    """The records of a row, or why there are none."""
    if isinstance(row, Refusal):
        return [row]
    try:
        return convert(place, row)
    except RowWrong as wrong:
        code, words = wrong.code, wrong.detail
    except KeyError as missing:
        code, words = "row_unreadable", f"The row has no “{missing.args[0]}”, which rows before it have."
    except CannotRead as wrong:
        code, words = "cell_unreadable", str(wrong)
    return [Refusal(place, kind, _id_of(row), code, words, _key_of(row) if kind == "license" else "")]


def state_of(word: str, states: Mapping[str, State]) -> State:
    """The state that a system's word means. Raises RowWrong."""
    found = states.get(word.strip().lower())
    if found is None:
        raise RowWrong("status_unknown", f"“{word[:40]}” is not a status that this format has.")
    return found


class Seen:
    """Products and plans are told once, before the first license that needs them.

    Asked last of all: what is told with a row that turns out wrong is told to nobody, and never again.
    """

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def product(self, place: Place, ref: str, name: str, item_id: int | None = None) -> list[Record]:
        """The product, if it is new here; `item_id` is the number by which plugins of that system know it."""
        if not self._is_new(ref, ""):
            return []
        return [ProductRecord(place, ref, name, edd_item_id=item_id)]

    def plan(self, plan: PlanRecord) -> list[Record]:
        """The plan, if it is new here."""
        return [plan] if self._is_new(plan.product, plan.ref) else []

    def _is_new(self, product: str, plan: str) -> bool:
        new = (product, plan) not in self._told
        self._told.add((product, plan))
        return new


def plan_by_grant(place: Place, product: str, seats: int | None, interval: str) -> PlanRecord:
    """A plan known only by what it grants."""
    code, name = plan_words(seats, interval)
    return PlanRecord(place, product, code, name, code, seats, interval)


def _id_of(row: Cells) -> str:
    """Its id; without one the end of its key, as in the rest of a report."""
    ref = row.get("id") or row.get("license_id")
    return ref or key_end(_key_of(row))


def _key_of(row: Cells) -> str:
    return next((row[name] for name in KEY_COLUMNS if row.get(name)), "")
