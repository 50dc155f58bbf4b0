"""A site begins and ends its use of a license (protocols 3.6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from server.accounts.services import audit
from server.catalog.models import Product
from server.customers.site_address import Environment, SiteUrlInvalid, site_key
from server.kernel.db import session
from server.licensing.models import Activation, License, Seat, TransferCode
from server.licensing.services.finding import license_for_product
from server.licensing.services.issuing import lock
from server.licensing.services.judging import refuse_if_expired, refuse_new_site, refuse_unusable
from server.licensing.services.revocations import enlist
from server.licensing.services.seats import find_seat, free_seat, refuse_more_test_sites, take_seat
from server.licensing.services.showing import seats_view
from server.licensing.services.signals import site_activated, site_released
from server.licensing.services.tokens import end_site_tokens, issue_site_token

LIVE_ON_ONE_SEAT = 3
SEEN_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Site:
    """What a site says about itself."""

    site_uid: str
    site_url: str
    environment: Environment = "production"
    admin_url: str = ""
    label: str = ""
    locale: str = ""
    plugin_version: str = ""
    wp_version: str = ""
    php_version: str = ""
    network: bool = False
    blog_count: int | None = None
    copy_of: str = ""


@dataclass(frozen=True)
class Activated:
    """The outcome: `token` is shown this once; `created` is False when the site sat here already."""

    activation: Activation
    token: str
    created: bool


def activate_site(license: License, site: Site, *, product: Product, mode: str, now: datetime) -> Activated:
    """Give the site a seat. A site that already sits keeps the seat it has and gets a new token.

    The key of a bundle takes the seat on the license that came with it for this product.
    """
    license = license_for_product(license, product)
    lock(license)
    refuse_unusable(license, product=product, mode=mode, now=now)
    address = _address(license, site, now)
    if find_seat(license, address) is None:
        refuse_new_site(license, now, plugin_version=site.plugin_version)

    seat = take_seat(license, address, site.environment, now=now)
    done = sit_down(license, seat, site, now=now)
    _end_copy(done.activation, now)
    return done


def sit_down(license: License, seat: Seat, site: Site, *, now: datetime) -> Activated:
    """The site's installation on a seat that it has, with a new token."""
    activation = find_installation(license, site.site_uid, seat.site_key)
    created = activation is None
    if activation is None:
        activation = _take_over(seat, site) or _install(license, seat, site, now)
    note_place(activation, seat, site, now=now)
    token = issue_site_token(activation, now)
    if created:
        site_activated.send(activation)
    return Activated(activation, token, created)


def _end_copy(activation: Activation, now: datetime) -> None:
    """A temporary copy that activates is a site from now on; after its days it is one more test site."""
    if activation.has_run_out(now):
        refuse_more_test_sites(activation.license, now)
    activation.lease_until = None


def find_installation(license: License, site_uid: str, address: str = "") -> Activation | None:
    """The live activation of this installation on the license, at this address if one is given."""
    wanted = select(Activation).where(
        Activation.license_id == license.id, Activation.site_uid == site_uid, Activation.ended_at.is_(None)
    )
    if address:
        wanted = wanted.where(Activation.site_key == address)
    return session.scalars(wanted.order_by(Activation.id.desc()).limit(1)).one_or_none()


def deactivate_site(activation: Activation, *, now: datetime) -> dict[str, Any]:
    """End the activation, in every state of its license. Doing it again answers the same."""
    license = activation.license
    lock(license)
    session.refresh(activation)
    if activation.ended_at is None:
        _end(activation, now)
        site_released.send(activation)
    return {"released": True, "seats": seats_view(license)}


def release_site(activation: Activation, *, actor: str, now: datetime, note: str = "") -> dict[str, Any]:
    """Somebody else than the site ends its use: the customer, or the vendor. Lease and codes end with it."""
    lock(activation.license)  # before the list's number is taken: everybody waits in this order
    session.refresh(activation)
    if activation.ended_at is None:
        enlist(activation, now=now)
        _end_codes(activation, now)
        facts = {"site": activation.site_key} | ({"note": note} if note else {})
        audit(actor, "site.released", activation.license_id, now=now, **facts)
    return deactivate_site(activation, now=now)


def release_seat(activation: Activation, *, actor: str, now: datetime, note: str = "") -> None:
    """A person lets a site go: every installation at its address ends, or the seat would not be free."""
    lock(activation.license)
    session.refresh(activation)
    if activation.ended_at is None:
        for other in _beside(activation):
            end_installation(other, now=now)
        release_site(activation, actor=actor, now=now, note=note)


def _beside(activation: Activation) -> list[Activation]:
    """Other installations that sit on its seat."""
    if activation.seat_id is None:
        return []
    others = select(Activation).where(
        Activation.seat_id == activation.seat_id,
        Activation.id != activation.id,
        Activation.ended_at.is_(None),
    )
    return list(session.scalars(others.order_by(Activation.id)))


def note_seen(activation: Activation, site: Site, *, now: datetime) -> None:
    """Keep what the daily call told us about the site."""
    activation.last_seen_at = now
    for name in ("locale", "plugin_version", "wp_version", "php_version", "admin_url"):
        if told := getattr(site, name):
            setattr(activation, name, told)
    if site.blog_count is not None and activation.network:
        activation.blog_count = site.blog_count


def is_worth_noting(activation: Activation, now: datetime) -> bool:
    """Sites call often, and each write waits its turn: an hour is fine enough for "last seen"."""
    return activation.ended_at is None and now - activation.last_seen_at >= SEEN_EVERY


def note_place(activation: Activation, seat: Seat, site: Site, *, now: datetime) -> None:
    """Where the site sits now, and what it says about itself."""
    activation.seat, activation.site_key, activation.site_url = seat, seat.site_key, site.site_url
    activation.environment, activation.counted = seat.environment, seat.counted
    activation.network = site.network and activation.license.product.network_policy == "one_seat"
    activation.label = site.label or activation.label
    if seat.counted:
        activation.lease_until = None  # it was a temporary copy, and is a site now
    note_seen(activation, site, now=now)


def make_room(seat: Seat, *, now: datetime) -> None:
    """Re-installed sites leave installations behind: the one not seen for longest gives way to a new one."""
    sitting = session.scalars(
        select(Activation)
        .where(Activation.seat_id == seat.id, Activation.ended_at.is_(None))
        .order_by(Activation.last_seen_at, Activation.id)
    ).all()
    for oldest in sitting[: max(0, len(sitting) - LIVE_ON_ONE_SEAT + 1)]:
        oldest.ended_at = now
        end_site_tokens(oldest, now)


def end_installation(activation: Activation, *, now: datetime) -> None:
    """It is no longer here; what its seat does then is the caller's business."""
    activation.ended_at = now
    end_site_tokens(activation, now)
    enlist(activation, now=now)
    _end_codes(activation, now)
    site_released.send(activation)


def _end_codes(activation: Activation, now: datetime) -> None:
    """Who was sent away offers no place any more. Who leaves by itself may be on its way elsewhere."""
    codes = update(TransferCode).where(TransferCode.activation_id == activation.id)
    session.execute(codes.where(TransferCode.used_at.is_(None)).values(used_at=now))


def _address(license: License, site: Site, now: datetime) -> str:
    try:
        return site_key(site.site_url)
    except SiteUrlInvalid:
        refuse_if_expired(license, now)  # said before an address is judged
        raise


def _take_over(seat: Seat, site: Site) -> Activation | None:
    """What an import or another system's protocol (`import:…`, `edd:…`) knows of this very address.

    The site speaks for itself from now on; two rows would keep the seat when it leaves.
    """
    stand_ins = "import:%" if ":" in site.site_uid else "%:%"
    found = session.scalars(
        select(Activation)
        .where(Activation.seat_id == seat.id, Activation.ended_at.is_(None))
        .where(Activation.site_uid.like(stand_ins))
        .order_by(Activation.id.desc())
    ).first()
    if found is not None:
        found.site_uid = site.site_uid
    return found


def _install(license: License, seat: Seat, site: Site, now: datetime) -> Activation:
    if not seat.counted:
        refuse_more_test_sites(license, now)
    make_room(seat, now=now)
    activation = Activation(
        license=license,
        seat=seat,
        site_uid=site.site_uid,
        site_key=seat.site_key,
        site_url=site.site_url,
        environment=seat.environment,
        counted=seat.counted,
        copy_of=_known_origin(license, site.copy_of),
        created_at=now,
        last_seen_at=now,
        ended_at=None,
    )
    session.add(activation)
    session.flush()
    return activation


def _known_origin(license: License, activation_id: str) -> str | None:
    wanted = select(Activation.id).where(Activation.id == activation_id, Activation.license_id == license.id)
    return session.scalar(wanted) if activation_id else None


def _end(activation: Activation, now: datetime) -> None:
    seat = activation.seat
    activation.ended_at = now
    end_site_tokens(activation, now)
    session.flush()
    if seat is None:
        return
    still_sits = session.scalar(
        select(Activation.id).where(Activation.seat_id == seat.id, Activation.ended_at.is_(None)).limit(1)
    )
    if still_sits is None:
        free_seat(activation.license, seat)
        session.expire(activation, ["seat_id", "seat"])
