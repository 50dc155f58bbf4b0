"""One-use codes (`kdx_…`) that stand for a license key on its way to a site."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from server.kernel.db import session
from server.kernel.secrets import new_token, token_hash
from server.licensing.models import License, PurchasePage, TransferCode
from server.licensing.services.activating import find_installation
from server.licensing.services.refusals import TransferCodeInvalid, TransferCodeUsed

LIFE = timedelta(hours=24)


def mint_code(license: License, now: datetime, *, page: PurchasePage | None = None) -> str:
    """A code for this license, good once, for a day."""
    text = new_token("kdx_")
    session.add(
        TransferCode(
            code_hash=token_hash(text),
            license_id=license.id,
            purchase_page_id=page.id if page else None,
            created_at=now,
            expires_at=now + LIFE,
            used_at=None,
        )
    )
    session.flush()
    return text


def redeem_transfer_code(text: str, *, site_uid: str, now: datetime) -> License:
    """The code's license; the code is spent when the caller commits, and not when the site is refused.

    The site that spent it may show it again (its answer got lost): to it the code is as good as a repeat.
    """
    code = session.scalars(
        select(TransferCode).where(TransferCode.code_hash == token_hash(text))
    ).one_or_none()
    if code is None or code.expires_at <= now:
        raise TransferCodeInvalid(
            "This activation code is unknown or older than a day."
            " Open the link in your purchase e-mail and press the button again."
        )
    if not _spend(code, now) and find_installation(code.license, site_uid) is None:
        raise TransferCodeUsed(
            "This activation code was already used. Open the link in your purchase e-mail for a new one."
        )
    return code.license


def _spend(code: TransferCode, now: datetime) -> bool:
    """Only one caller can win this statement. The other codes of the same page are spent with it."""
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
            .where(TransferCode.purchase_page_id == code.purchase_page_id, TransferCode.used_at.is_(None))
            .values(used_at=now)
            .execution_options(synchronize_session=False)
        )
    return won is not None
