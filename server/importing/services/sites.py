"""Sites of an import: each keeps the seat it had, also where a license has more sites than it allows."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update

from server.accounts.models import AuditEntry
from server.customers.site_address import SiteUrlInvalid, Verdict, judge_environment, site_key
from server.importing.records import ActivationRecord, LicenseRecord
from server.importing.services.run import Run
from server.kernel.db import session
from server.kernel.ids import new_id
from server.kernel.text import one_line, shorten
from server.licensing.models import Activation, License, Seat

LONGEST_LABEL = 80


@dataclass(frozen=True)
class Sitting:
    """A site on a license that this import knows."""

    record: ActivationRecord
    license_id: str
    key: str
    verdict: Verdict


def remember_license(run: Run, record: LicenseRecord, license_id: str, seats: int | None, used: int) -> None:
    """Keep the license at hand for the sites that name it by its id or key."""
    names = [f"key:{record.key}", *([f"{record.mode}:{record.ref}"] if record.ref else [])]
    run.aside.put("license", dict.fromkeys(names, license_id))
    run.aside.put("seats", {license_id: f"{'' if seats is None else seats}/{used}"})


def take_sites(run: Run, records: Sequence[ActivationRecord]) -> None:
    """Write the sites that are new on their licenses."""
    if not records:
        return
    ids = run.aside.many("license", (name for record in records for name in _names(record)))
    sittings = [one for record in records if (one := _sitting(run, record, ids)) is not None]
    fresh = _new_ones(run, _without_repeats(run, sittings))
    run.report.count("activation", "created", len(fresh))
    _write(run, fresh)
    _note_full_licenses(run, fresh)


def _sitting(run: Run, record: ActivationRecord, ids: Mapping[str, str]) -> Sitting | None:
    license_id = next((ids[name] for name in _names(record) if name in ids), None)
    if license_id is None:
        detail = "Its license is in none of the files, or was left out."
        run.report.skip(record.place, "activation", record.url[:80], "license_unknown", detail)
        return None
    try:
        key = site_key(record.url)
    except SiteUrlInvalid as error:
        run.report.skip(record.place, "activation", record.url[:80], "site_url_invalid", error.detail)
        return None
    return Sitting(record, license_id, key, judge_environment(key, record.environment))


def _names(record: ActivationRecord) -> list[str]:
    """What its license may be remembered by. Where no mode is told, the live license of this id is meant."""
    if not record.license_ref:
        return [f"key:{record.license_key}"]
    return [f"{mode}:{record.license_ref}" for mode in ([record.mode] if record.mode else ["live", "test"])]


def _without_repeats(run: Run, sittings: list[Sitting]) -> list[Sitting]:
    known = run.aside.many("site", (f"{one.license_id} {one.key}" for one in sittings))
    kept = []
    for one in sittings:
        name = f"{one.license_id} {one.key}"
        if (first := known.get(name)) is not None:
            detail = f"The same site as {first}: both are {one.key}, and take one seat."
            run.report.skip(one.record.place, "activation", one.record.url[:80], "same_site", detail)
            continue
        known[name] = one.record.url[:200]
        kept.append(one)
    run.aside.put("site", {f"{one.license_id} {one.key}": one.record.url[:200] for one in kept})
    return kept


def _new_ones(run: Run, sittings: list[Sitting]) -> list[Sitting]:
    """Without those that were ever active here, also when they have ended or moved away since."""
    licenses = {one.license_id for one in sittings}
    sat = session.execute(
        select(Activation.license_id, Activation.site_key).where(Activation.license_id.in_(licenses))
    )
    here = set(sat) | _left_behind(licenses)
    fresh = [one for one in sittings if (one.license_id, one.key) not in here]
    run.report.count("activation", "unchanged", len(sittings) - len(fresh))
    return fresh


def _left_behind(licenses: set[str]) -> set[tuple[str, str]]:
    """The addresses that sites of these licenses had before they moved: only the history still names them."""
    moves = session.execute(
        select(AuditEntry.subject_id, AuditEntry.facts).where(
            AuditEntry.subject_id.in_(licenses), AuditEntry.action == "site.moved"
        )
    )
    return {(license_id, facts["old"]) for license_id, facts in moves}


def _write(run: Run, fresh: list[Sitting]) -> None:
    seats = [_seat(run, one) for one in fresh]
    run.insert(Seat, seats)
    run.insert(Activation, [_activation(run, one, seat) for one, seat in zip(fresh, seats, strict=True)])
    taken = Counter(one.license_id for one in fresh if one.verdict.takes_seat)
    if taken and not run.dry_run:
        licenses = License.__table__
        session.connection().execute(
            update(licenses)  # type: ignore[arg-type]
            .where(licenses.c.id == bindparam("license"))
            .values(seats_used=licenses.c.seats_used + bindparam("more")),
            [{"license": license_id, "more": more} for license_id, more in sorted(taken.items())],
        )


def _seat(run: Run, one: Sitting) -> dict[str, Any]:
    return {
        "id": new_id("sea"),
        "license_id": one.license_id,
        "site_key": one.key,
        "environment": one.verdict.environment,
        "counted": one.verdict.takes_seat,
        "created_at": one.record.created or run.now,
    }


def _activation(run: Run, one: Sitting, seat: dict[str, Any]) -> dict[str, Any]:
    began = one.record.created or run.now
    return {
        "id": new_id("act"),
        "license_id": one.license_id,
        "seat_id": seat["id"],
        "site_uid": f"import:{hashlib.sha256(one.key.encode()).hexdigest()[:32]}",
        "site_key": one.key,
        "site_url": one.record.url.strip(),
        "label": shorten(one_line(one.record.label), LONGEST_LABEL),
        "environment": one.verdict.environment,
        "counted": one.verdict.takes_seat,
        "created_at": began,
        "last_seen_at": began,
    }


def _note_full_licenses(run: Run, fresh: list[Sitting]) -> None:
    """More sites than seats: they stay, so that nobody's shop breaks, and new ones wait."""
    taken = Counter(one.license_id for one in fresh if one.verdict.takes_seat)
    states = run.aside.many("seats", taken)
    first = {one.license_id: one.record for one in reversed(fresh)}
    after: dict[str, str] = {}
    for license_id, more in taken.items():
        seats, _, used = states[license_id].partition("/")
        now_used = int(used) + more
        after[license_id] = f"{seats}/{now_used}"
        if seats and int(used) <= int(seats) < now_used:
            detail = f"{now_used} sites use a license of {seats}. They stay; no further one can be added."
            record = first[license_id]
            run.report.note(record.place, "license", record.license_ref, "more_sites_than_seats", detail)
    run.aside.put("seats", after)
