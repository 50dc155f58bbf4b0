"""What becomes of a site at another address: moved, a temporary copy, or one of its own (protocols 2.5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from server.accounts.services import audit
from server.customers.site_address import judge_environment, site_key
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.kernel.errors import Conflict
from server.licensing.models import Activation, License, Seat, SiteResolution
from server.licensing.services.activating import (
    Activated,
    Site,
    activate_site,
    end_installation,
    make_room,
    note_place,
    sit_down,
)
from server.licensing.services.issuing import lock
from server.licensing.services.judging import refuse_if_expired, refuse_unusable
from server.licensing.services.refusals import CopyNotAvailable, NewIdentityNeeded, SiteStillActive
from server.licensing.services.seats import find_seat, move_seat, take_seat
from server.licensing.services.tokens import issue_site_token

Resolution = Literal["moved", "copy", "separate"]
STILL_ACTIVE = timedelta(hours=48)
COPY_LIFE = timedelta(days=14)
COPY_AGAIN = timedelta(days=90)
BY_ITS_ADDRESS = 5  # the rules up to this one make a site a test site, whatever it says about itself


def resolve_site(
    activation: Activation, site: Site, *, resolution: Resolution, confirm: bool, now: datetime
) -> Activated:
    """Do what the site's owner chose. `site` has the new address, and for all but `moved` a new uid."""
    license, old_address = activation.license, activation.site_key
    lock(license)
    session.refresh(activation)
    if activation.ended_at is not None:
        raise Conflict("This site was released from its license in the meantime.")
    refuse_unusable(license, product=license.product, mode=license.mode, now=now)
    if resolution != "moved" and site.site_uid == activation.site_uid:
        raise NewIdentityNeeded(
            errors=[{"pointer": "/site_uid_new", "code": "invalid", "message": "Send a new site_uid."}]
        )
    site = replace(site, copy_of="" if resolution == "separate" else activation.id)
    if resolution == "moved":
        done = _move(activation, site, confirm=confirm, now=now)
    elif resolution == "copy":
        done = _copy(license, site, now)
    else:
        done = activate_site(license, site, product=license.product, mode=license.mode, now=now)
    _remember(done.activation, activation, resolution, old_address, now)
    return done


def take_over(leaving: Activation, site: Site, *, now: datetime) -> Activated:
    """Another installation takes the place of this one: its seat goes along, and its lease ends."""
    license = leaving.license
    refuse_unusable(license, product=license.product, mode=license.mode, now=now)
    if site.site_uid == leaving.site_uid:
        return _move(leaving, site, confirm=True, now=now)
    old_address = leaving.site_key
    seat = _seat_at(leaving, site, now)
    end_installation(leaving, now=now)
    done = sit_down(license, seat, site, now=now)
    _changed(leaving, old_address, seat.site_key, now)
    return done


def _move(activation: Activation, site: Site, *, confirm: bool, now: datetime) -> Activated:
    address, old_address = site_key(site.site_url), activation.site_key
    if address != old_address:
        if not confirm:
            _refuse_still_active(activation, now)
        seat = _seat_at(activation, site, now)
        note_place(activation, seat, replace(site, network=activation.network), now=now)
        _changed(activation, old_address, address, now)
    return Activated(activation, issue_site_token(activation, now), created=False)


def _seat_at(activation: Activation, site: Site, now: datetime) -> Seat:
    """The activation's seat under the site's address. Others at the old address end: it has no seat now."""
    license, seat, address = activation.license, activation.seat, site_key(site.site_url)
    if seat is None:
        raise Conflict("This site has no seat any more.")
    if seat.site_key == address:
        return seat
    for other in _live_on(seat):
        if other.id != activation.id:
            end_installation(other, now=now)
    there = find_seat(license, address)
    if there is not None:
        make_room(there, now=now)
    moved = move_seat(license, seat, address, site.environment, now=now)
    session.expire(activation, ["seat_id", "seat"])
    return moved


def _refuse_still_active(activation: Activation, now: datetime) -> None:
    seen = max(one.last_seen_at for one in [activation, *(_live_on(activation.seat))])
    if now - seen < STILL_ACTIVE:
        raise SiteStillActive(
            f"{activation.site_key} was in touch on {seen:%Y-%m-%d at %H:%M} UTC. Moving the license switches"
            " that address off. Confirm when it is no longer needed.",
            last_seen=rfc3339(seen),
        )


def _live_on(seat: Seat | None) -> list[Activation]:
    if seat is None:
        return []
    return list(
        session.scalars(
            select(Activation).where(Activation.seat_id == seat.id, Activation.ended_at.is_(None))
        )
    )


def _copy(license: License, site: Site, now: datetime) -> Activated:
    """A copy counts for nothing, for two weeks. Where its address has a seat, it simply sits there."""
    refuse_if_expired(license, now)
    address = site_key(site.site_url)
    known = find_seat(license, address)
    by_address = judge_environment(address, site.environment).rule <= BY_ITS_ADDRESS
    if by_address or (known is not None and known.counted):
        return activate_site(license, site, product=license.product, mode=license.mode, now=now)
    _refuse_second_copy(license, address, now)
    seat = take_seat(license, address, site.environment, now=now, temporary=True)
    done = sit_down(license, seat, site, now=now)
    done.activation.lease_until = now + COPY_LIFE
    return done


def _refuse_second_copy(license: License, address: str, now: datetime) -> None:
    earlier = session.scalar(
        select(SiteResolution.created_at)
        .where(
            SiteResolution.license_id == license.id,
            SiteResolution.new_site_key == address,
            SiteResolution.resolution == "copy",
            SiteResolution.created_at > now - COPY_AGAIN,
        )
        .limit(1)
    )
    if earlier is not None:
        again = earlier + COPY_AGAIN
        raise CopyNotAvailable(
            f"{address} was a temporary copy since {earlier:%Y-%m-%d}. It can be one again from"
            f" {again:%Y-%m-%d} on; until then use it as a site of its own.",
            available_at=rfc3339(again),
        )


def _remember(
    new: Activation, old: Activation, resolution: Resolution, old_address: str, now: datetime
) -> None:
    session.add(
        SiteResolution(
            license_id=old.license_id,
            activation_id=new.id,
            resolution=resolution,
            old_site_key=old_address,
            new_site_key=new.site_key,
            created_at=now,
        )
    )
    session.flush()


def _changed(activation: Activation, old_address: str, address: str, now: datetime) -> None:
    """`activation` sat at the old address. Its row tells today's address only: the history keeps it."""
    license = activation.license
    license.lease_seq += 1  # sites refuse a lease of the old address from now on
    session.flush()
    told = {"old": old_address, "new": address, "activation": activation.id}
    audit("site", "site.moved", license.id, now=now, **told)
