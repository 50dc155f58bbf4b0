"""Versions: uploaded once, one of them current, handed out by minted links."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from server.accounts.services import audit
from server.catalog.models import Product
from server.kernel import files
from server.kernel.db import session
from server.kernel.errors import Conflict, Gone, Invalid, NotFound
from server.kernel.secrets import new_link_token, token_hash
from server.kernel.tenancy import system_scope
from server.releases.archive import MAX_BYTES, inspect
from server.releases.models import DownloadLink, Release

LINK_LIFE = timedelta(minutes=10)
LINK_FETCHES = 5


class VersionExists(Conflict):
    """A version is uploaded once; what customers hold must not change under them."""

    code = "version_exists"
    title = "This version was already uploaded"


def upload_release(product: Product, raw: bytes, *, now: datetime, actor: str) -> Release:
    """Keep a plugin ZIP and make it the current version. Raises `ArchiveRefused`, `VersionExists`."""
    if len(raw) > MAX_BYTES:
        raise Invalid("The ZIP is larger than 100 MiB")
    found = inspect(raw)
    if session.scalar(
        select(Release.id).where(Release.product_id == product.id, Release.version == found.version)
    ):
        raise VersionExists(f"Version {found.version} was already uploaded; raise the number in the plugin")
    files.keep(raw)
    session.execute(update(Release).where(Release.product_id == product.id).values(is_current=False))
    release = Release(
        product_id=product.id,
        version=found.version,
        file_name=f"{found.folder}-{found.version}.zip",
        size=len(raw),
        sha384=hashlib.sha384(raw).hexdigest(),
        sha256=hashlib.sha256(raw).hexdigest(),
        is_current=True,
        created_at=now,
    )
    session.add(release)
    session.flush()
    audit(actor, "release.uploaded", release.id, product=product.id, version=found.version)
    return release


def list_releases(product: Product) -> list[Release]:
    """All versions of a product, newest first."""
    rows = select(Release).where(Release.product_id == product.id).order_by(Release.id.desc())
    return list(session.scalars(rows))


def current_release(product: Product) -> Release | None:
    """The version that buyers get today."""
    return current_releases({product.id}).get(product.id)


def current_releases(product_ids: set[str]) -> dict[str, Release]:
    """The same of many products at once, by the id of the product."""
    rows = select(Release).where(Release.product_id.in_(product_ids), Release.is_current.is_(True))
    return {release.product_id: release for release in session.scalars(rows)}


def mint_download(product: Product, *, now: datetime) -> str:
    """The path of a fresh link to the current version; raises `NotFound` while there is none."""
    release = current_release(product)
    if release is None:
        raise NotFound("There is no version to download yet; the vendor will tell you when it is ready")
    token = new_link_token()
    session.add(
        DownloadLink(
            token_hash=token_hash(token),
            release_id=release.id,
            fetches_left=LINK_FETCHES,
            expires_at=now + LINK_LIFE,
        )
    )
    return f"/d/{token}/{release.file_name}"


def open_download(token: str, *, now: datetime) -> tuple[Release, Path]:
    """Use a link once: the version and the file to send. Raises `NotFound` or `Gone`."""
    with system_scope("the link tells the vendor"):
        link = session.scalars(
            select(DownloadLink).where(DownloadLink.token_hash == token_hash(token))
        ).one_or_none()
        if link is None:
            raise NotFound
        if link.expires_at <= now or link.fetches_left <= 0:
            raise Gone("This download link has ended. Open the page you got it from and press it again.")
        link.fetches_left -= 1
        release = link.release
        session.flush()
    return release, files.path_of(release.sha256)
