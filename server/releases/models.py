"""Uploaded versions of a product, and links that hand one out."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.catalog.models import Product
from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped


class Release(TenantScoped, Model):
    """One ZIP of one version. The current one of a product is what buyers get."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("product_id", "version"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("rel"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    version: Mapped[str]
    file_name: Mapped[str]  # what the browser saves it as
    size: Mapped[int]  # bytes
    sha384: Mapped[str]  # lower hex: what a signed update will name
    sha256: Mapped[str]  # lower hex: the name of the stored file
    is_current: Mapped[bool]
    created_at: Mapped[datetime]

    product: Mapped[Product] = relationship()


class DownloadLink(TenantScoped, Model):
    """A minted address of one release: a row, so it can be counted, ended and traced."""

    __tablename__ = "download_links"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("dlk"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    release_id: Mapped[str] = mapped_column(ForeignKey("releases.id"), index=True)
    fetches_left: Mapped[int]
    expires_at: Mapped[datetime]

    release: Mapped[Release] = relationship()
