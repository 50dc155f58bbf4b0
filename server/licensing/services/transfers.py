"""One-use codes (`kdx_…`) that stand for a license key on its way to a site."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from server.catalog.models import Product
from server.kernel.db import session
from server.kernel.secrets import new_token, token_hash
from server.licensing.models import Activation, License, PurchasePage, TransferCode
from server.licensing.services.activating import Activated, Site, activate_site, find_installation
from server.licensing.services.finding import license_for_product
from server.licensing.services.issuing import lock
from server.licensing.services.judging import refuse_unusable
from server.licensing.services.refusals import LicenseMovedOn, TransferCodeInvalid, TransferCodeUsed
from server.licensing.services.resolving import take_over

LIFE = timedelta(hours=24)


def mint_code(
    license: License, now: datetime, *, page: PurchasePage | None = None, site_uid: str = ""
) -> str:
    """A code for this license, good once, for a day; with `site_uid` for that installation only."""
    return _mint(license, now, purchase_page_id=page.id if page else None, site_uid=site_uid)


def offer_transfer(activation: Activation, now: datetime) -> str:
    """A code by which another installation takes the place of this one."""
    license = activation.license
    refuse_unusable(license, product=license.product, mode=license.mode, now=now)
    return _mint(license, now, activation_id=activation.id)


def activate_by_code(text: str, site: Site, *, product: Product, mode: str, now: datetime) -> Activated:
    """Give the site the seat that its code stands for.

    The code is spent when the caller commits, and not when the site is refused. The site that spent it may
    show it again (its answer got lost): to it the code is as good as a repeat.
    """
    code = _find(text, site.site_uid, now)
    license = license_for_product(code.license, product)
    lock(license)
    if not _spend(code, now):
        if find_installation(license, site.site_uid) is None:
            raise _used(code)
    elif code.activation is not None and code.activation.ended_at is None:
        refuse_unusable(license, product=product, mode=mode, now=now)
        return take_over(code.activation, site, now=now)
    return activate_site(license, site, product=product, mode=mode, now=now)


def _mint(license: License, now: datetime, **bound: Any) -> str:
    text = new_token("kdx_")
    session.add(
        TransferCode(
            code_hash=token_hash(text),
            license_id=license.id,
            created_at=now,
            expires_at=now + LIFE,
            used_at=None,
            **bound,
        )
    )
    session.flush()
    return text


def _find(text: str, site_uid: str, now: datetime) -> TransferCode:
    code = session.scalars(
        select(TransferCode).where(TransferCode.code_hash == token_hash(text))
    ).one_or_none()
    if code is None or code.expires_at <= now or code.site_uid not in {"", site_uid}:
        raise TransferCodeInvalid(
            "This activation code is unknown, older than a day, or made for another site."
            " Go back to where you got it for a new one."
        )
    return code


def _used(code: TransferCode) -> TransferCodeUsed:
    if code.activation is not None and code.activation.ended_at is not None:
        return LicenseMovedOn(
            f"The license has already left {code.activation.site_key}: it moved on, or the site was released."
            " Enter the license key to use it here."
        )
    return TransferCodeUsed(
        "This activation code was already used. Go back to where you got it for a new one."
    )


def _spend(code: TransferCode, now: datetime) -> bool:
    """Only one caller can win this statement. The other codes of the same page for this license go with it:
    a bundle's page gives codes for each of its plugins.
    """
    won = session.execute(
        update(TransferCode)
        .where(TransferCode.id == code.id, TransferCode.used_at.is_(None))
        .values(used_at=now)
        .returning(TransferCode.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if won is not None and code.purchase_page_id is not None:
        session.execute(
            update(TransferCode)
            .where(
                TransferCode.purchase_page_id == code.purchase_page_id,
                TransferCode.license_id == code.license_id,
                TransferCode.used_at.is_(None),
            )
            .values(used_at=now)
            .execution_options(synchronize_session=False)
        )
    return won is not None
