"""Seats: one site address on one license, counted under the license's lock (protocols 2.1 and 2.3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.customers.site_address import Environment, Verdict, judge_environment, site_hint
from server.kernel.clock import rfc3339
from server.kernel.db import engine, session
from server.kernel.ids import new_id
from server.licensing.models import Activation, License, Seat
from server.licensing.services.judging import customer_page, live_activations, refuse_if_expired
from server.licensing.services.refusals import NoSeatsLeft, TooManyTestSites
from server.licensing.services.showing import seats_view

SHOWN_SITES = 20
NAMED_SITES = 3
OWN_WORD = 6  # the rule by which an ordinary address is not counted because the site says it is a copy

OWN_SITE = exists().where(  # somebody sits there who is no temporary copy
    Activation.seat_id == Seat.id, Activation.ended_at.is_(None), Activation.lease_until.is_(None)
)


@dataclass(frozen=True)
class Sitting:
    """A site as its owner knows it: one address, however many installations share its seat."""

    site: Activation  # the one that was seen last
    installations: int


def by_seat(live: Iterable[Activation]) -> list[Sitting]:
    """These installations, most recently seen first, as the sites that they are."""
    seats: dict[str, list[Activation]] = {}
    for activation in live:
        seats.setdefault(activation.seat_id or activation.id, []).append(activation)
    return [Sitting(sharing[0], len(sharing)) for sharing in seats.values()]


def find_seat(license: License, site_key: str) -> Seat | None:
    """The seat on which this address sits."""
    return session.scalars(
        select(Seat).where(Seat.license_id == license.id, Seat.site_key == site_key)
    ).one_or_none()


def take_seat(
    license: License, site_key: str, sent: Environment, *, now: datetime, temporary: bool = False
) -> Seat:
    """The seat of this address, taken now if it has none. The caller holds the license's lock.

    A seat that was free of charge begins to count when its address turns out to be a real site; a
    temporary copy is free of charge wherever it stands, and is judged anew when it activates as a site.
    """
    verdict = judge_environment(site_key, sent)
    seat = find_seat(license, site_key)
    if seat is None:
        counted = not temporary and _counts(license, verdict)
        return _new_seat(license, site_key, verdict.environment, counted=counted, now=now)
    seat.environment = verdict.environment
    if not seat.counted and not temporary and _begins_to_count(license, seat, verdict):
        _count_one_more(license)
        seat.counted = True
        _tell_sitters(seat)
    return seat


def move_seat(license: License, seat: Seat, site_key: str, sent: Environment, *, now: datetime) -> Seat:
    """The seat under its new address; where that has a seat already, the two become one.

    No limit is asked while the count stays as it is: a license that was made smaller keeps its sites.
    """
    verdict, there = judge_environment(site_key, sent), find_seat(license, site_key)
    counted_before = seat.counted + (there.counted if there else False)
    counted = seat.counted if verdict.rule == OWN_WORD else _counts(license, verdict)
    counted = counted or (there is not None and there.counted)
    if counted > counted_before:
        refuse_if_expired(license, now)
        _count_one_more(license)
    elif counted < counted_before:
        _update_used(license, counted - counted_before)
    if there is None:
        seat.site_key, there = site_key, seat
    else:
        session.delete(seat)
    there.counted, there.environment = counted, verdict.environment
    session.flush()
    _tell_sitters(there)
    return there


def refuse_more_test_sites(license: License, now: datetime) -> None:
    """Test sites cost nothing and are many, but not without end."""
    limit = 200 if license.seats is None else max(10, 5 * license.seats)
    test_sites = [one for one in live_activations(license) if not one.counted and not one.has_run_out(now)]
    if len(test_sites) >= limit:
        raise TooManyTestSites(
            f"{len(test_sites)} test sites already use this license. Release one that you no longer need.",
            limit=limit,
            occupied=_occupied(test_sites),
            **customer_page(),
        )


def free_seat(license: License, seat: Seat) -> None:
    """Give the seat back; it counts down only if the row went away by this very statement."""
    counted = seat.counted
    gone = session.execute(
        delete(Seat).where(Seat.id == seat.id).returning(Seat.id).execution_options(synchronize_session=False)
    ).one_or_none()
    session.expunge(seat)
    if gone is not None and counted:
        _update_used(license, -1)


def _tell_sitters(seat: Seat) -> None:
    """All who share a seat count as it does; where it counts, none of them is a temporary copy."""
    live = update(Activation).where(Activation.seat_id == seat.id, Activation.ended_at.is_(None))
    session.execute(live.values(counted=seat.counted, environment=seat.environment))
    if seat.counted:
        session.execute(live.values(lease_until=None))


def _begins_to_count(license: License, seat: Seat, verdict: Verdict) -> bool:
    if session.scalar(select(Seat.id).where(Seat.id == seat.id, OWN_SITE)) is None:
        return _counts(license, verdict)  # only copies so far: as a new site
    return verdict.takes_seat


def _counts(license: License, verdict: Verdict) -> bool:
    return verdict.takes_seat or (verdict.rule == OWN_WORD and _own_words_are_used_up(license))


def _own_words_are_used_up(license: License) -> bool:
    limit = max(1, license.seats) if license.seats is not None else 200
    free = session.scalars(
        select(Seat.site_key).where(Seat.license_id == license.id, Seat.counted.is_(False), OWN_SITE)
    )
    return sum(judge_environment(key, "production").takes_seat for key in free) >= limit


def _new_seat(license: License, site_key: str, environment: str, *, counted: bool, now: datetime) -> Seat:
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Seat)
        .values(
            id=new_id("sea"),
            tenant_id=license.tenant_id,
            license_id=license.id,
            site_key=site_key,
            environment=environment,
            counted=counted,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["license_id", "site_key"])
    )
    seat = find_seat(license, site_key)
    if seat is None:
        raise LookupError("a seat that was just taken is gone, though its license is locked")
    if counted:
        _count_one_more(license)
    return seat


def _count_one_more(license: License) -> None:
    if not _update_used(license, +1):
        taken = [activation for activation in live_activations(license) if activation.counted]
        occupied = _occupied(taken)
        count = license.seats
        all_of_them = (
            "The one site of this license is" if count == 1 else f"All {count} sites of this license are"
        )
        raise NoSeatsLeft(
            f"{all_of_them} in use ({_named(occupied, license.seats or 0)})."
            " Release a site that you no longer need, or choose a larger plan.",
            seats=seats_view(license),
            occupied=occupied,
            **customer_page(),
        )


def _update_used(license: License, by: int) -> bool:
    """One conditional statement: no count is read, changed and written back."""
    conditions: list[ColumnElement[bool]] = [License.id == license.id]
    if by > 0:
        conditions.append(or_(License.seats.is_(None), License.seats_used + by <= License.seats))
    changed = session.execute(
        update(License)
        .where(*conditions)
        .values(seats_used=License.seats_used + by)
        .returning(License.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.expire(license, ["seats_used"])
    return changed is not None


def _named(occupied: Sequence[dict[str, Any]], total: int) -> str:
    """Each hint once, because most sites of an agency look alike behind it; the others are counted."""
    hints = list(dict.fromkeys(site["site_hint"] for site in occupied))[:NAMED_SITES]
    more = total - len(hints)
    return ", ".join(hints) + (f" and {more} more" if more > 0 else "")


def _occupied(activations: Sequence[Activation]) -> list[dict[str, Any]]:
    """Which sites sit there, in a form that names no agency's other clients."""
    by_site = {activation.site_key: activation for activation in reversed(activations)}
    return [
        {
            "site_hint": _hint_of(activation),
            "last_seen": rfc3339(activation.last_seen_at),
            "environment": activation.environment,
        }
        for activation in sorted(by_site.values(), key=lambda row: row.last_seen_at, reverse=True)[
            :SHOWN_SITES
        ]
    ]


def _hint_of(activation: Activation) -> str:
    """A name may say as much about another client as an address does: it is cut the same."""
    return f"{activation.label[:2]}…" if activation.has_no_address else site_hint(activation.site_key)
