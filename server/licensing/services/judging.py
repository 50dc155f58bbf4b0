"""Whether a license may be used: small checks in a fixed order, each with a constant code (protocols 3.8)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from server.catalog.models import Product
from server.customers.site_address import SiteUrlInvalid, site_key
from server.kernel.db import session
from server.licensing.keys import KeyMalformed
from server.licensing.models import REVOKED_BECAUSE, Activation, License
from server.licensing.services.issuing import find_license_by_key
from server.licensing.services.refusals import (
    LicenseExpired,
    LicenseNotFound,
    LicenseNotStarted,
    LicenseRevoked,
    LicenseSuspended,
    ModeMismatch,
    ProductMismatch,
)
from server.licensing.services.showing import license_view


@dataclass(frozen=True)
class Question:
    """All that the checks look at. `live` holds the license's live activations."""

    product: Product
    mode: str
    now: datetime
    license: License | None = None
    key_is_whole: bool = True
    features: Sequence[str] = ()
    asks_for_site: bool = False
    site_key: str = ""
    site_uid: str = ""
    live: Sequence[Activation] = ()

    def held(self) -> License:
        """The license, for checks that stand behind the one that found it."""
        if self.license is None:
            raise LookupError("a check was run before the license was found")
        return self.license

    def on_this_site(self) -> list[Activation]:
        return [activation for activation in self.live if activation.site_key == self.site_key]


@dataclass(frozen=True)
class Check:
    """`fails` decides, `code` is for programs and never renamed, `detail` is for people."""

    code: str
    fails: Callable[[Question], bool]
    detail: str


CHECKS = (
    Check("KEY_MALFORMED", lambda q: not q.key_is_whole, "This is not a complete license key."),
    Check("NOT_FOUND", lambda q: q.license is None, "We do not know this license key."),
    Check(
        "PRODUCT_MISMATCH",
        lambda q: q.held().product_id != q.product.id,
        "This license key belongs to another plugin.",
    ),
    Check("MODE_MISMATCH", lambda q: q.held().mode != q.mode, "Test and live licenses cannot be mixed."),
    Check("REVOKED", lambda q: bool(q.held().revoked_for), "This license was revoked."),
    Check("SUSPENDED", lambda q: bool(q.held().suspended_for), "This license is paused."),
    Check("NOT_STARTED", lambda q: q.now < q.held().starts_at, "This license has not started yet."),
    Check("EXPIRED", lambda q: q.held().has_expired(q.now), "This license has expired."),
    Check(
        "FEATURE_MISSING",
        lambda q: not set(q.features) <= set(q.held().plan.features),
        "The plan of this license does not include this feature.",
    ),
    Check("NOT_ACTIVATED", lambda q: q.asks_for_site and not q.live, "No site uses this license yet."),
    Check(
        "SITE_NOT_ACTIVATED",
        lambda q: q.asks_for_site and not q.on_this_site(),
        "This site does not use this license.",
    ),
    Check(
        "SITE_MISMATCH",
        lambda q: (
            bool(q.asks_for_site and q.site_uid)
            and all(activation.site_uid != q.site_uid for activation in q.on_this_site())
        ),
        "Another installation at this address uses the license.",
    ),
)
UNNAMED = frozenset(("KEY_MALFORMED", "NOT_FOUND", "PRODUCT_MISMATCH"))  # the license is not shown with these


def judge(question: Question) -> dict[str, Any]:
    """The verdict as the API shows it. Writes nothing."""
    checked: list[str] = []
    failed: Check | None = None
    for check in CHECKS:
        checked.append(check.code)
        if check.fails(question):
            failed = check
            break
    code = failed.code if failed else "VALID"
    shown = (
        None if question.license is None or code in UNNAMED else license_view(question.license, question.now)
    )
    return {
        "valid": failed is None,
        "code": code,
        "detail": failed.detail if failed else "This license is valid.",
        "license": shown,
        "checked": checked,
    }


def judge_key(
    text: str,
    *,
    product: Product,
    mode: str,
    now: datetime,
    site_url: str = "",
    site_uid: str = "",
    features: Sequence[str] = (),
) -> dict[str, Any]:
    """The verdict on a key that somebody sends with the public key of a product."""
    license, whole = _find(text)
    return judge(
        Question(
            product=product,
            mode=mode,
            now=now,
            license=license,
            key_is_whole=whole,
            features=features,
            asks_for_site=bool(site_url),
            site_key=_key_or_nothing(site_url),
            site_uid=site_uid,
            live=live_activations(license) if license else (),
        )
    )


def judge_activation(
    activation: Activation, *, now: datetime, site_url: str = "", features: Sequence[str] = ()
) -> dict[str, Any]:
    """The verdict on a site that shows its token. At another `site_url` than its own it does not sit."""
    license = activation.license
    return judge(
        Question(
            product=license.product,
            mode=license.mode,
            now=now,
            license=license,
            features=features,
            asks_for_site=True,
            site_key=_key_or_nothing(site_url) if site_url else activation.site_key,
            site_uid=activation.site_uid,
            live=live_activations(license),
        )
    )


def live_activations(license: License) -> list[Activation]:
    """The installations that use the license now, most recently seen first."""
    return list(
        session.scalars(
            select(Activation)
            .where(Activation.license_id == license.id, Activation.ended_at.is_(None))
            .order_by(Activation.last_seen_at.desc(), Activation.id.desc())
        )
    )


def refuse_unusable(license: License, *, product: Product, mode: str, now: datetime) -> None:
    """The refusals that hold for every site, whether it sits already or not."""
    if license.product_id != product.id:
        raise ProductMismatch(f"This license key belongs to another plugin, not to {product.name}.")
    if license.mode != mode:
        kind = "a test license" if license.mode == "test" else "a live license"
        raise ModeMismatch(f"This is {kind}; this copy of the plugin takes the other kind only.")
    if license.revoked_for:
        reason = license.revoked_for[0]
        because = REVOKED_BECAUSE.get(reason, "its vendor decided so")
        raise LicenseRevoked(f"This license was revoked because {because}.", reason=reason)
    if license.suspended_for:
        raise LicenseSuspended("This license is paused. Please ask the vendor why.")
    if now < license.starts_at:
        raise LicenseNotStarted(f"This license starts on {license.starts_at:%Y-%m-%d}.")


def refuse_if_expired(license: License, now: datetime) -> None:
    """A new site needs a license that still runs."""
    if license.has_expired(now):
        raise LicenseExpired(
            f"This license expired on {license.valid_until:%Y-%m-%d}. Renew it to use it on another site;"
            " sites that already use it keep working.",
            valid_until=license.valid_until and f"{license.valid_until:%Y-%m-%dT%H:%M:%SZ}",
        )


def refuse_ended(license: License, now: datetime) -> None:
    """What a buyer may only do while the license runs: get the file, send a site to its activation."""
    refuse_unusable(license, product=license.product, mode=license.mode, now=now)
    refuse_if_expired(license, now)


def _find(text: str) -> tuple[License | None, bool]:
    try:
        return find_license_by_key(text), True
    except KeyMalformed:
        return None, False
    except LicenseNotFound:
        return None, True


def _key_or_nothing(site_url: str) -> str:
    try:
        return site_key(site_url) if site_url else ""
    except SiteUrlInvalid:
        return ""
