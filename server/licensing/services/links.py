"""A site without a key asks its owner by mail; the mailbox proves the customer (protocols 3.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Update, select, update

from server.accounts.services import clean_email, vendor
from server.catalog.models import Product
from server.customers.models import Customer
from server.customers.site_address import judge_environment, site_key
from server.jobs import enqueue
from server.kernel import settings
from server.kernel.db import session
from server.kernel.errors import Conflict, NotFound
from server.kernel.ids import new_id
from server.kernel.secrets import new_link_token, seal, token_hash, unseal
from server.kernel.tenancy import resolve, system_scope
from server.licensing.models import Activation, ActivationLink, License
from server.licensing.services.activating import release_seat
from server.licensing.services.issuing import lock
from server.licensing.services.judging import live_activations, refuse_ended
from server.licensing.services.refusals import NoSeatsLeft, PageExpired
from server.licensing.services.seats import Sitting, by_seat, find_seat
from server.licensing.services.showing import seats_view
from server.licensing.services.transfers import LIFE as CODE_LIFE
from server.licensing.services.transfers import mint_code
from server.mail.models import Mail
from server.mail.services import queue_mail
from server.mail.wanted import checked_when_sent

LINK_LIFE = timedelta(minutes=30)
POLL_AFTER_S = 5
Stage = Literal["open", "over", "confirmed", "fetched", "lapsed"]
CONFIRMED = "This was already confirmed. Go back to your site: it finishes by itself."


@dataclass(frozen=True)
class AskedLink:
    """The outcome for the site that asked: `poll_secret` is shown this once."""

    link: ActivationLink
    poll_secret: str


def ask_for_activation(
    product: Product, *, mode: str, email: str, site_url: str, site_uid: str, now: datetime
) -> AskedLink:
    """Write down that a site asks. Whether the address owns anything is found out later, by a job."""
    address, poll_secret, token = clean_email(email), new_link_token(), new_link_token()
    site_key(site_url)
    link = ActivationLink(
        id=new_id("alk"),
        product_id=product.id,
        mode=mode,
        email=address,
        site_uid=site_uid,
        site_url=site_url.strip(),
        poll_hash=token_hash(poll_secret),
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + LINK_LIFE,
    )
    link.token_sealed = seal(token, aad=_aad(link, "token_sealed"))
    session.add(link)
    session.flush()
    enqueue("licensing.send_activation_link", {"link_id": link.id})
    return AskedLink(link, poll_secret)


def send_activation_link(link: ActivationLink, now: datetime) -> Mail | None:
    """The mail, if its address owns a license of the product; nothing otherwise."""
    license = _best_license(link, now)
    if license is None or link.expires_at <= now:
        return None
    link.license, seller = license, vendor()
    token = unseal(link.token_sealed, aad=_aad(link, "token_sealed"))
    return queue_mail(
        template="activation_link",
        to=license.customer.email,
        context={
            "vendor_name": seller.name,
            "support_email": seller.support_email,
            "product_name": license.product.name,
            "site_url": link.site_url,
            "action_url": f"{settings.current().public_url}/activate/{token}",
            "minutes": int(LINK_LIFE.total_seconds()) // 60,
        },
        locale=license.customer.locale,
        dedupe_key=f"mail:activation_link:{link.id}",
        reply_to=seller.support_email,
        from_name=seller.name,
        mode=license.mode,
        about={"link_id": link.id},
    )


def open_activation_link(token: str) -> ActivationLink:
    """The link behind the address in the mail, whichever vendor it is of: the caller then sets the vendor."""
    with system_scope("the token of an activation link names its vendor"):
        link = session.scalars(
            select(ActivationLink).where(ActivationLink.token_hash == token_hash(token))
        ).one_or_none()
    if link is None or link.license_id is None:
        raise NotFound
    return link


def sites_of(link: ActivationLink) -> list[Sitting]:
    """Who uses the license now; the customer may see whole addresses."""
    return by_seat(live_activations(held(link)))


def held(link: ActivationLink) -> License:
    """The license that the link is about."""
    if link.license is None:
        raise NotFound
    return link.license


def stage_of(link: ActivationLink, now: datetime) -> Stage:
    """How far it came. After the yes its code waits for the site for a day."""
    if link.fetched_at is not None:
        return "fetched"
    if link.confirmed_at is not None:
        return "confirmed" if now < link.confirmed_at + CODE_LIFE else "lapsed"
    return "open" if now < link.expires_at else "over"


def needs_a_seat(link: ActivationLink) -> bool:
    """Whether another site must be released before this one can be activated."""
    return not _has_room(held(link), site_key(link.site_url))


def _has_room(license: License, address: str) -> bool:
    """Whether the site could sit there: on a free seat, on the one it has, or as a copy that takes none."""
    if license.seats is None or license.seats_used < license.seats:
        return True
    return not judge_environment(address, "production").takes_seat or bool(find_seat(license, address))


def choices(link: ActivationLink, now: datetime) -> list[License]:
    """The other licenses of the same customer that the site could use instead, newest first."""
    license, address = held(link), site_key(link.site_url)
    owned = _owned(link, License.customer_id == license.customer_id)
    return [
        one
        for one in owned
        if one.id != license.id and one.status(now) == "active" and _has_room(one, address)
    ]


def choose_license(link: ActivationLink, license_id: str, now: datetime) -> None:
    """The customer takes another of the own licenses for this site; after the yes it is too late."""
    refuse_over(link, now)
    if link.confirmed_at is not None:
        raise Conflict(CONFIRMED)
    wanted = next((one for one in choices(link, now) if one.id == license_id), None)
    if wanted is None:
        raise NotFound
    owner = wanted.customer_id
    lock(wanted)
    moved = session.scalars(
        _unconfirmed(link)
        .values(license_id=wanted.id)
        .returning(ActivationLink.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if moved is None or wanted.customer_id != owner:
        raise Conflict("This license has just changed. Open the page of the mail again.")
    session.refresh(link)


def _unconfirmed(link: ActivationLink) -> Update:
    """Of two presses at once one wins, and none when the license was handed over meanwhile."""
    return update(ActivationLink).where(
        ActivationLink.id == link.id,
        ActivationLink.confirmed_at.is_(None),
        ActivationLink.license_id == held(link).id,
    )


def release_for(link: ActivationLink, activation_id: str, now: datetime) -> None:
    """The customer lets another site of this license go."""
    refuse_over(link, now)
    activation = resolve(Activation, activation_id)
    if activation.license_id != link.license_id:
        raise NotFound
    release_seat(activation, actor=f"customer:{held(link).customer_id}", now=now, note="activation link")


def confirm_activation(link: ActivationLink, now: datetime) -> None:
    """The customer says yes: a code waits for the site that asked, and for no other."""
    refuse_over(link, now)
    license = held(link)
    refuse_ended(license, now)
    if needs_a_seat(link):
        raise NoSeatsLeft(
            "All sites of this license are in use. Release one first.", seats=seats_view(license)
        )
    won = session.scalars(
        _unconfirmed(link)
        .values(confirmed_at=now)
        .returning(ActivationLink.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if won is None:
        raise Conflict(CONFIRMED)
    session.refresh(link)
    link.code_sealed = seal(mint_code(license, now, site_uid=link.site_uid), aad=_aad(link, "code_sealed"))
    session.flush()


def refuse_over(link: ActivationLink, now: datetime) -> None:
    """A link is good for half an hour, whoever finds the mail later."""
    if link.expires_at <= now:
        raise PageExpired("This link has expired. Ask for a new one in the plugin on your site.")


def poll_activation_link(
    link_id: str, *, product: Product, poll_secret: str, now: datetime
) -> dict[str, Any] | None:
    """What the asking site may know: `pending`, `ready` with the code (given once), `expired`.

    Writes only when it gives the code; None where there is no such link for this secret.
    """
    link = session.scalars(
        select(ActivationLink).where(
            ActivationLink.id == link_id,
            ActivationLink.product_id == product.id,
            ActivationLink.poll_hash == token_hash(poll_secret),
        )
    ).one_or_none()
    if link is None:
        return None
    stage = stage_of(link, now)
    if link.code_sealed is not None and stage == "confirmed":
        return {"state": "ready", "transfer_code": None}
    return {"state": "pending" if stage == "open" else "expired", "transfer_code": None}


def fetch_code(link_id: str, now: datetime) -> str | None:
    """The code, for the site that proved to have asked; None when another call was faster."""
    link = resolve(ActivationLink, link_id)
    session.refresh(link, with_for_update=True)
    if link.code_sealed is None:
        return None
    code = unseal(link.code_sealed, aad=_aad(link, "code_sealed"))
    link.code_sealed, link.fetched_at = None, now
    session.flush()
    return code


@checked_when_sent("activation_link")
def _still_opens(about: dict[str, Any], now: datetime) -> bool:
    link = session.scalars(select(ActivationLink).where(ActivationLink.id == about["link_id"])).one_or_none()
    return link is not None and link.confirmed_at is None and now < link.expires_at


def _best_license(link: ActivationLink, now: datetime) -> License | None:
    """Of several licenses: one that runs; then the one that the site uses; then the newest with room."""
    address = site_key(link.site_url)

    def worth(license: License) -> tuple[bool, bool, bool]:
        sits = find_seat(license, address) is not None
        return license.status(now) == "active", sits, _has_room(license, address)

    return max(_owned(link, Customer.email == link.email), key=worth, default=None)


def _owned(link: ActivationLink, whose: ColumnElement[bool]) -> Sequence[License]:
    """Licenses of the plugin that asks, newest first."""
    mine = select(License).join(Customer, Customer.id == License.customer_id).where(whose)
    fits = mine.where(License.product_id == link.product_id, License.mode == link.mode)
    return session.scalars(fits.order_by(License.id.desc())).all()


def _aad(link: ActivationLink, column: str) -> str:
    return f"activation_links:{column}:{link.id}"
