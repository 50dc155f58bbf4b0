"""Package addresses of the compatibility doors: stateless, a day long, judged again when they are used.

Old updaters keep the address in WordPress' own store for up to 12 hours, so a short link would be dead.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from server.kernel import files
from server.kernel.db import session
from server.kernel.errors import Unauthorized
from server.kernel.secrets import package_mac
from server.kernel.tenancy import system_scope, tenant
from server.licensing.checks import covers
from server.licensing.models import Activation, License
from server.licensing.services.judging import lacks_parent
from server.releases.models import Release

LIFE = timedelta(hours=24)
NOBODY = "free"  # holder of a free edition's package
TOKEN = re.compile(r"([0-9a-f]{1,10})\.((?:act|lic)_[0-9a-z]{26}|free)\.(rel_[0-9a-z]{26})\.([0-9a-f]{32})")


class PackageRefused(Unauthorized):
    """The address of a package has ended, or what it stood for has."""

    code = "package_refused"
    title = "This download is not available"


@dataclass(frozen=True)
class Package:
    """What an address leads to."""

    release: Release
    path: Path


def package_token(release: Release, holder: Activation | License | None, *, now: datetime) -> str:
    """The token of a package's address. It names the installation or license it is for, and no key."""
    expires = int((now + LIFE).timestamp())
    said = f"{expires:x}.{holder.id if holder else NOBODY}.{release.id}"
    return f"{said}.{_mac(said, release)}"


def open_package(token: str, *, now: datetime) -> Package:
    """The file behind a token. Raises `PackageRefused`, whatever it is that does not hold."""
    found = TOKEN.fullmatch(token)
    if found is None or int(found[1], 16) <= now.timestamp():
        raise PackageRefused("The address of this download has ended. Let WordPress look for updates again.")
    with system_scope("the token tells the vendor"):
        release = session.scalars(select(Release).where(Release.id == found[3])).one_or_none()
    if release is None or not hmac.compare_digest(_mac(token.rpartition(".")[0], release), found[4]):
        raise PackageRefused
    with tenant(release.tenant_id):
        _refuse_lost_right(release, found[2], now)
    return Package(release, files.path_of(release.sha256))


def why_no_update(license: License, release: Release, now: datetime) -> str:
    """Why this license does not bring this release: a word, empty when it does."""
    alone = why_not_alone(license, release, now)
    return alone or ("parent_missing" if lacks_parent(license, now) else "")


def why_not_alone(license: License, release: Release, now: datetime) -> str:
    """The same, but for what it is an add-on to; asks the database for nothing."""
    if license.revoked_for or license.suspended_for:
        return "disabled"
    if now < license.starts_at:
        return "not_started"
    if license.has_expired(now):
        return "expired"
    if license.updates_until is not None and license.updates_until < release.created_at:
        return "updates_over"
    if not covers(license.max_version, release.version):
        return "version_over"
    return ""


def _mac(said: str, release: Release) -> str:
    return package_mac(f"{said}/{release.file_name}").hex()[:32]


def _refuse_lost_right(release: Release, holder_id: str, now: datetime) -> None:
    """Whoever closed the door, ended the site or took the license back also ended this address."""
    product = release.product
    if not product.doors:
        raise PackageRefused
    license = _license(holder_id)
    if license is None:
        if holder_id != NOBODY or product.edition != "free":
            raise PackageRefused
    elif license.product_id != product.id or why_no_update(license, release, now):
        raise PackageRefused("The license of this download does not bring it any more.")


def _license(holder_id: str) -> License | None:
    if holder_id.startswith("act_"):
        alive = select(Activation).where(Activation.id == holder_id, Activation.ended_at.is_(None))
        activation = session.scalars(alive).one_or_none()
        return activation.license if activation else None
    return session.scalars(select(License).where(License.id == holder_id)).one_or_none()
