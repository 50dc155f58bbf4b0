"""Verdicts on licenses, and the refusals of what may not be done with one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from server.accounts.services import vendor
from server.catalog.models import Product
from server.catalog.services import is_for_sale
from server.customers.site_address import site_key
from server.customers.visiting import account_address
from server.kernel import settings
from server.kernel.clock import rfc3339
from server.kernel.db import session
from server.licensing.checks import (
    LicenseFacts,
    Question,
    SiteFacts,
    covers,
    judge,
    paused_since,
    revoked_because,
    stopped_view,
)
from server.licensing.keys import KeyMalformed
from server.licensing.models import Activation, License
from server.licensing.services.finding import license_for_product
from server.licensing.services.issuing import find_license_by_key
from server.licensing.services.refusals import (
    AddonWithoutParent,
    LicenseExpired,
    LicenseNotFound,
    LicenseNotStarted,
    LicenseRevoked,
    LicenseSuspended,
    ModeMismatch,
    ProductMismatch,
    VersionNotAllowed,
)


def judge_key(
    text: str,
    *,
    product: Product,
    mode: str,
    now: datetime,
    site_url: str = "",
    site_uid: str = "",
    plugin_version: str = "",
    features: Sequence[str] = (),
) -> dict[str, Any]:
    """The verdict on a key that somebody sends with the public key of a product. Raises `SiteUrlInvalid`."""
    address = site_key(site_url) if site_url else ""
    license, whole = _find(text)
    if license is not None:
        license = license_for_product(license, product)
    return judge(
        Question(
            product_id=product.id,
            mode=mode,
            now=now,
            license=_with_parent(license, now) if license else None,
            key_is_whole=whole,
            plugin_version=plugin_version,
            features=features,
            asks_for_site=bool(site_url),
            site_key=address,
            site_uid=site_uid,
            live=_sites(license, now) if license else (),
        )
    )


def judge_activation(
    activation: Activation,
    *,
    now: datetime,
    site_url: str = "",
    plugin_version: str = "",
    features: Sequence[str] = (),
) -> dict[str, Any]:
    """The verdict on a site that shows its token. At another `site_url` than its own it does not sit."""
    license = activation.license
    return judge(
        Question(
            product_id=license.product_id,
            mode=license.mode,
            now=now,
            license=_with_parent(license, now),
            plugin_version=plugin_version or activation.plugin_version,
            features=features,
            asks_for_site=True,
            site_key=site_key(site_url) if site_url else activation.site_key,
            site_uid=activation.site_uid,
            live=_sites(license, now),
        )
    )


def facts_of(license: License) -> LicenseFacts:
    """The facts of a license that was read as an object, all but what it is an add-on to."""
    columns = {name: getattr(license, name) for name in LicenseFacts._fields[:16]}
    plan = license.plan
    return LicenseFacts(
        **columns,
        plan_code=plan.code,
        plan_name=plan.name,
        features=plan.features,
        manage_url=account_address(),
    )


def lacks_parent(license: License, now: datetime) -> bool:
    """Whether this is an add-on whose customer has no running license of the plugin that it adds to."""
    return license.id in without_parent([license], now)


def without_parent(licenses: Sequence[License], now: datetime) -> set[str]:
    """The ids of the licenses of which that is so."""
    wants = {one.id: (one.customer_id, one.product.addon_of_id, one.mode) for one in licenses}
    addons = {id: wanted for id, wanted in wants.items() if wanted[1] is not None}
    if not addons:
        return set()
    held = select(License).where(
        License.customer_id.in_({customer_id for customer_id, _product, _mode in addons.values()}),
        License.product_id.in_({product_id for _customer, product_id, _mode in addons.values()}),
    )
    running = [one for one in session.scalars(held) if one.status(now) == "active"]
    found = {(one.customer_id, one.product_id, one.mode) for one in running}
    return {id for id, wanted in addons.items() if wanted not in found}


class MissingParent(NamedTuple):
    """The plugin that an add-on waits for, and the page that sells it; "" where nothing does."""

    name: str
    buy_url: str


def missing_parent(license: License, now: datetime) -> MissingParent | None:
    """What its customer has to get before this add-on does anything; None for all else."""
    return missing_parents([license], now).get(license.id)


def missing_parents(licenses: Sequence[License], now: datetime) -> dict[str, MissingParent]:
    """The same of many licenses at once, by the id of the license; without those that miss nothing."""
    without = without_parent(licenses, now)
    lacking = [(one, one.product.addon_of) for one in licenses if one.id in without]
    for_sale = {parent for parent in {parent for _one, parent in lacking} if parent and is_for_sale(parent)}
    return {
        one.id: MissingParent(parent.name, _shop_of(parent, one) if parent in for_sale else "")
        for one, parent in lacking
        if parent
    }


def _shop_of(parent: Product, license: License) -> str:
    address = f"{settings.current().public_url}/buy/{vendor().slug}/{parent.slug}"
    return address + ("?mode=test" if license.mode == "test" else "")


def live_activations(license: License) -> list[Activation]:
    """The installations that use the license now, most recently seen first."""
    return list(
        session.scalars(
            select(Activation)
            .where(Activation.license_id == license.id, Activation.ended_at.is_(None))
            .order_by(Activation.last_seen_at.desc(), Activation.id.desc())
        )
    )


def was_activated(license: License) -> bool:
    """Whether any site uses it or ever did."""
    known = select(Activation.id).where(Activation.license_id == license.id).limit(1)
    return session.scalar(known) is not None


def refuse_unusable(license: License, *, product: Product, mode: str, now: datetime) -> None:
    """The refusals that hold for every site, whether it sits already or not."""
    if license.product_id != product.id:
        raise ProductMismatch(f"This license key belongs to another plugin, not to {product.name}.")
    if license.mode != mode:
        kind = "a test license" if license.mode == "test" else "a live license"
        raise ModeMismatch(f"This is {kind}; this copy of the plugin takes the other kind only.")
    _refuse_stopped(license)
    if now < license.starts_at:
        raise LicenseNotStarted(
            f"This license starts on {license.starts_at:%Y-%m-%d}.", starts_at=rfc3339(license.starts_at)
        )


def _refuse_stopped(license: License) -> None:
    if not license.revoked_for and not license.suspended_for:
        return
    facts = facts_of(license)
    why = (stopped_view(facts) or {}) | customer_page()
    if license.revoked_for:
        raise LicenseRevoked(revoked_because(facts), **why)
    raise LicenseSuspended(paused_since(facts), **why)


def refuse_new_site(license: License, now: datetime, *, plugin_version: str = "") -> None:
    """A new site needs a license that still runs, covers its version, and has what it is an add-on to."""
    refuse_if_expired(license, now)
    if not covers(license.max_version, plugin_version):
        raise VersionNotAllowed(
            f"This license covers the plugin up to version {license.max_version}. Install that version, or"
            " renew the license.",
            max_version=license.max_version,
            **customer_page(),
        )
    if lacks_parent(license, now):
        parent = license.product.addon_of
        raise AddonWithoutParent(
            f"{license.product.name} is an add-on. Its customer needs a running license of"
            f" {parent.name if parent else 'the plugin that it adds to'} first."
        )


def refuse_if_expired(license: License, now: datetime) -> None:
    """What ended is not begun anew; sites that sit go on."""
    if license.has_expired(now):
        raise LicenseExpired(
            f"This license expired on {license.valid_until:%Y-%m-%d}. Renew it to use it on another site;"
            " sites that already use it keep working.",
            valid_until=rfc3339(license.valid_until),
            **customer_page(),
        )


def customer_page() -> dict[str, str]:
    """Where the customer renews, releases sites and sees what became of a license: part of refusals."""
    return {"manage_url": account_address()}


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


def _with_parent(license: License, now: datetime) -> LicenseFacts:
    return facts_of(license)._replace(lacks_parent=lacks_parent(license, now))


def _sites(license: License, now: datetime) -> list[SiteFacts]:
    live = [one for one in live_activations(license) if not one.has_run_out(now)]
    return [SiteFacts(one.site_key, one.site_uid) for one in live]
