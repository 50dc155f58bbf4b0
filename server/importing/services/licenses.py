"""Licenses of an import: judged against the files, against this vendor, and against the whole server."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from server.importing.records import LicenseRecord
from server.importing.services.catalogue import Catalogue
from server.importing.services.customers import Buyer, address_of, ensure
from server.importing.services.run import Run
from server.importing.services.sites import remember_license
from server.kernel import secrets
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant, system_scope
from server.licensing import keys
from server.licensing.models import RENEWAL_BUFFER, License

BY_VENDOR = "by_vendor"
NO_KEY = "This cannot be a key: 8 to 128 printable characters without blanks, or KD1 and no typing error."


@dataclass(frozen=True)
class Candidate:
    """A license whose key and buyer can be used, with the ids of what it belongs to."""

    record: LicenseRecord
    profile: str
    compact: str
    lookup: bytes
    source: str
    email: str
    product_id: str
    plan_id: str


def take_licenses(run: Run, catalogue: Catalogue, records: Sequence[LicenseRecord]) -> None:
    """Write the licenses that are new; those that are here already stay as they are."""
    if not records:
        return
    candidates = [one for record in records if (one := _candidate(run, catalogue, record))]
    candidates = _without_repeats(run, candidates)
    here = _here(candidates)
    fresh = []
    for one in candidates:
        if (row := here.get((one.record.mode, one.source))) is not None:
            run.report.count("license", "unchanged")
            _note_difference(run, one, row)
            remember_license(run, one.record, row["id"], row["seats"], row["seats_used"])
        else:
            fresh.append(one)
    _write(run, _unused_elsewhere(run, fresh))


def _candidate(run: Run, catalogue: Catalogue, record: LicenseRecord) -> Candidate | None:
    ref = record.ref or record.key[-4:]
    try:
        profile, compact = keys.normalise_any(record.key)
    except keys.KeyMalformed:
        detail = NO_KEY if record.key.strip() else "The line holds no license key."
        run.report.skip(record.place, "license", ref, "key_malformed", detail)
        return None
    email = address_of(record.email)
    if email is None:
        detail = (
            "No buyer with a working e-mail address is known for this license; add the file of customers."
        )
        run.report.skip(record.place, "license", ref, "customer_unknown", detail)
        return None
    found = catalogue.find(record.product, record.plan)
    if found is None:
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
    return Candidate(record, profile, compact, lookup, source, email, *found)


def _without_repeats(run: Run, candidates: list[Candidate]) -> list[Candidate]:
    """The first row of each key and of each id; later ones are named."""
    by_key = run.aside.many("key", (one.lookup.hex() for one in candidates))
    by_source = run.aside.many("source", (one.source for one in candidates))
    kept = []
    for one in candidates:
        name, line = one.lookup.hex(), str(one.record.place.line)
        first = by_key.get(name) or by_source.get(one.source)
        if first is not None:
            what = "key" if name in by_key else "id"
            _skip(run, one, f"duplicate_{what}", f"The same {what} stands in line {first}.")
            continue
        by_key[name] = by_source[one.source] = line
        kept.append(one)
    run.aside.put("key", {one.lookup.hex(): str(one.record.place.line) for one in kept})
    run.aside.put("source", {one.source: str(one.record.place.line) for one in kept})
    return kept


def _here(candidates: list[Candidate]) -> dict[tuple[str, str], dict[str, Any]]:
    """Those that were imported before, by mode and source: the old system may count each mode alone."""
    table = License
    asked = (table.id, table.key_lookup, table.seats, table.seats_used, table.valid_until)
    rows = session.execute(
        select(table.mode, table.source, *asked).where(table.source.in_([one.source for one in candidates]))
    ).mappings()
    return {(row["mode"], row["source"]): dict(row) for row in rows}


def _note_difference(run: Run, one: Candidate, row: dict[str, Any]) -> None:
    """What the files say otherwise by now: kept as it is here, and said."""
    said: list[tuple[str, Any, Any]] = [
        (name, there, row[column])
        for name, there, column in (
            ("sites", one.record.seats, "seats"),
            ("expires", one.record.expires, "valid_until"),
        )
        if there != row[column]
    ]
    if row["key_lookup"] != one.lookup:
        said.append(("key", "another key", "the key it has"))
    if one.record.state in {"expired", "revoked", "suspended"} and said and said[0][0] == "expires":
        return
    if said:
        words = "; ".join(
            f"{name}: {_shown(there)} in the file, {_shown(kept)} here" for name, there, kept in said
        )
        run.report.note(
            one.record.place, "license", one.record.ref, "differs", f"Kept as it is here. {words}."
        )


def _unused_elsewhere(run: Run, fresh: list[Candidate]) -> list[Candidate]:
    lookups = [one.lookup for one in fresh]
    with system_scope("a key is unique over the whole server"):
        rows = session.execute(
            select(License.key_lookup, License.tenant_id).where(License.key_lookup.in_(lookups))
        )
        owners = dict(rows.all())
    free = []
    for one in fresh:
        owner = owners.get(one.lookup)
        if owner is None:
            free.append(one)
        elif owner == current_tenant():
            _skip(run, one, "key_here", "You already have a license with this key.")
        else:
            _skip(run, one, "key_taken", "This key cannot be used on this server; give the buyer a new one.")
    return free


def _write(run: Run, fresh: list[Candidate]) -> None:
    buyers = {one.email: Buyer(one.record.name, one.record.created) for one in reversed(fresh)}
    customers = ensure(run, buyers)
    rows = [_row(run, one, customers[one.email]) for one in fresh]
    for one, row in zip(fresh, rows, strict=True):
        remember_license(run, one.record, row["id"], one.record.seats, 0)
    _join_bundles(run, fresh, rows)
    run.insert(License, sorted(rows, key=lambda row: row["parent_id"] is not None))
    run.audit("license.imported", {row["id"]: {"note": row["source"]} for row in rows})
    run.report.count("license", "created", len(rows))


def _row(run: Run, one: Candidate, customer_id: str) -> dict[str, Any]:
    record, license_id = one.record, new_id("lic")
    expires = record.expires
    if record.state == "expired" and (expires is None or expires > run.now - RENEWAL_BUFFER):
        expires = run.now - RENEWAL_BUFFER - timedelta(seconds=1)
    stopped = record.state in {"suspended", "revoked"}
    return {
        "id": license_id,
        "product_id": one.product_id,
        "plan_id": one.plan_id,
        "customer_id": customer_id,
        "parent_id": None,
        "key_lookup": one.lookup,
        "pepper_version": secrets.keys().pepper_version,
        "key_sealed": secrets.seal(one.compact, aad=f"licenses:key_sealed:{license_id}"),
        "key_hint": keys.hint(one.compact),
        "key_profile": one.profile,
        "mode": record.mode,
        "seats": record.seats,
        "seats_used": 0,
        "starts_at": _start(record, expires, run.now),
        "valid_until": expires,
        "grace_until": None if record.state == "expired" else record.grace,
        "updates_until": record.updates_until,
        "support_until": record.support_until,
        "max_version": record.max_version,
        "is_trial": record.is_trial,
        "suspended_for": [BY_VENDOR] if record.state == "suspended" else [],
        "revoked_for": [BY_VENDOR] if record.state == "revoked" else [],
        "stopped_at": run.now if stopped else None,
        "source": one.source,
        "lease_seq": 1,
        "created_at": record.created or run.now,
    }


def _join_bundles(run: Run, fresh: list[Candidate], rows: list[dict[str, Any]]) -> None:
    """Licenses that came with a bundle come with it here too: its key opens their plugins."""
    bundles = run.aside.many("license", (one.record.parent for one in fresh))
    parts = {row["id"] for one, row in zip(fresh, rows, strict=True) if one.record.parent}
    held = _held_by(bundles.values())
    for one, row in zip(fresh, rows, strict=True):
        bundle, product = bundles.get(one.record.parent), row["product_id"]
        # A bundle is never a part of another, and holds one license of a product.
        if bundle is not None and bundle not in parts and (bundle, product) not in held:
            row["parent_id"] = bundle
            held.add((bundle, product))
        elif one.record.parent:
            detail = (
                "Taken without its bundle, which is on no line before, was left out, or has such a license."
            )
            run.report.note(one.record.place, "license", one.record.ref, "bundle_unknown", detail)


def _held_by(bundles: Iterable[str]) -> set[tuple[str | None, str]]:
    """Which products these bundles have brought here before."""
    if not (wanted := set(bundles)):
        return set()
    rows = session.execute(select(License.parent_id, License.product_id).where(License.parent_id.in_(wanted)))
    return {(bundle, product) for bundle, product in rows}


def _start(record: LicenseRecord, expires: datetime | None, now: datetime) -> datetime:
    """Files seldom say when it began; it was before it ended."""
    start = record.starts or min(record.created or now, now)
    return start if expires is None or start < expires else expires - timedelta(seconds=1)


def _skip(run: Run, one: Candidate, code: str, detail: str) -> None:
    run.report.skip(one.record.place, "license", one.record.ref or one.record.key[-4:], code, detail)


def _shown(value: Any) -> str:
    if value is None:
        return "no limit"
    return rfc3339(value) or "" if isinstance(value, datetime) else str(value)
