"""Which rows can become licenses: key, buyer and product are judged, and repeats within the files named."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.importing.records import LicenseRecord, Place, Refusal
from server.importing.services.catalogue import Catalogue
from server.importing.services.customers import address_of
from server.importing.services.run import Run
from server.importing.values import key_end
from server.kernel import secrets
from server.kernel.text import shorten
from server.licensing import keys

NO_KEY = "This cannot be a key: 8 to 128 printable characters without blanks, or KD1 and no typing error."


@dataclass(frozen=True)
class Candidate:
    """A license whose key, buyer and product can be used."""

    record: LicenseRecord
    profile: str
    compact: str
    lookup: bytes
    source: str
    email: str

    @property
    def numbered(self) -> str:
        """Its id among those of its mode: a shop may count each mode alone."""
        return f"{self.record.mode} {self.source}"


def judge(
    run: Run, catalogue: Catalogue, records: Sequence[LicenseRecord], refused: Sequence[Refusal]
) -> list[Candidate]:
    """Those that can be used; of the others the report says why not.

    A row that is left out, or was `refused` by the reader, comes first with its key all the same: the next
    row with it may name somebody else.
    """
    left_out = _Firsts()
    for row in refused:
        left_out.add(row.key, row.place)
    candidates = []
    for record in records:
        if one := _candidate(run, catalogue, record):
            candidates.append(one)
        else:
            left_out.add(record.key, record.place)
    return _without_repeats(run, candidates, left_out)


class _Firsts:
    """The first row of each key among those that are left out, by the hash that finds it."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}

    def add(self, key: str, place: Place) -> None:
        try:
            _profile, compact = keys.normalise_any(key)
        except keys.KeyMalformed:
            return
        lookup = keys.lookup_hash(compact, secrets.keys().pepper).hex()
        known = self.places.setdefault(lookup, place)
        if known.file == place.file and place.line < known.line:
            self.places[lookup] = place

    def before(self, lookup: str, place: Place) -> str | None:
        """The line of such a row that stands before this place."""
        found = self.places.get(lookup)
        return str(found.line) if found and found.file == place.file and found.line < place.line else None


def _candidate(run: Run, catalogue: Catalogue, record: LicenseRecord) -> Candidate | None:
    ref = record.ref or key_end(record.key)
    try:
        profile, compact = keys.normalise_any(record.key)
    except keys.KeyMalformed:
        detail = NO_KEY if record.key.strip() else "The line holds no license key."
        run.report.skip(record.place, "license", ref, "key_malformed", detail)
        return None
    email = address_of(record.email)
    if email is None:
        code, detail = "customer_unknown", "No buyer is known for this license; add the file of customers."
        if written := record.email.strip():
            code, detail = "email_invalid", f"“{shorten(written, 60)}” is no e-mail address that works."
        run.report.skip(record.place, "license", ref, code, detail)
        return None
    if not catalogue.knows(record.product, record.plan):
        detail = f"The product “{record.product[:60]}” or its plan is in none of the files."
        run.report.skip(record.place, "license", ref, "product_unknown", detail)
        return None
    lookup = keys.lookup_hash(compact, secrets.keys().pepper)
    # The look-up hash, not one of the key alone: nobody can try keys against a copy of the database.
    source = run.source_of(record.ref or f"key-{lookup.hex()[:32]}")
    if record.starts and record.expires and record.expires <= record.starts:
        detail = "It ends before it starts. Correct one of the two moments."
        run.report.skip(record.place, "license", ref, "end_before_start", detail)
        return None
    return Candidate(record, profile, compact, lookup, source, email)


def _without_repeats(run: Run, candidates: list[Candidate], left_out: _Firsts) -> list[Candidate]:
    """The first row of each key, and of each id of a mode; later ones are named."""
    by_key = run.aside.many("key", [*(one.lookup.hex() for one in candidates), *left_out.places])
    by_source = run.aside.many("source", (one.numbered for one in candidates))
    told = {name: str(place.line) for name, place in left_out.places.items() if name not in by_key}
    kept = []
    for one in candidates:
        name, place = one.lookup.hex(), one.record.place
        of_key = by_key.get(name) or left_out.before(name, place)
        first = of_key or by_source.get(one.numbered)
        if first is not None:
            what = "key" if of_key else "id"
            skip(run, one, f"duplicate_{what}", f"The same {what} stands in line {first}.")
            continue
        by_key[name] = by_source[one.numbered] = told[name] = str(place.line)
        kept.append(one)
    run.aside.put("key", told)
    run.aside.put("source", {one.numbered: str(one.record.place.line) for one in kept})
    return kept


def skip(run: Run, one: Candidate, code: str, detail: str) -> None:
    """Leave it out, and say why."""
    run.report.skip(one.record.place, "license", one.record.ref or key_end(one.record.key), code, detail)
