"""What a license is, who sits on it, and the questions it can answer about itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.catalog.models import Plan, Product
from server.customers.models import Customer
from server.customers.site_address import NO_ADDRESS
from server.kernel.clock import FAR_AWAY
from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped

RENEWAL_BUFFER = timedelta(hours=24)  # a renewal is often charged minutes late
REVOKED_BECAUSE = {
    "refunded": "the purchase was refunded",
    "disputed": "the payment was disputed",
    "by_vendor": "the vendor took it back",
    "plan_changed": "the bundle it came with no longer includes this plugin",
}


class Timed(Protocol):
    """What decides the status: a license's row, or a few of its columns."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def valid_until(self) -> datetime | None: ...
    @property
    def grace_until(self) -> datetime | None: ...
    @property
    def suspended_for(self) -> Sequence[str]: ...
    @property
    def revoked_for(self) -> Sequence[str]: ...


def effective_until(valid_until: datetime | None, grace_until: datetime | None) -> datetime | None:
    """The one moment that decides everywhere; None means never."""
    if valid_until is None or valid_until.year >= FAR_AWAY:
        return None
    buffered = valid_until + RENEWAL_BUFFER
    return max(buffered, grace_until) if grace_until else buffered


def status_of(license: Timed, now: datetime) -> str:
    """`revoked` > `suspended` > the time axis (`pending`, `active`, `expired`)."""
    if license.revoked_for:
        return "revoked"
    if license.suspended_for:
        return "suspended"
    if now < license.starts_at:
        return "pending"
    until = effective_until(license.valid_until, license.grace_until)
    return "expired" if until is not None and until <= now else "active"


class License(TenantScoped, Model):
    """The right of one customer to run one plugin on a number of sites."""

    __tablename__ = "licenses"
    __table_args__ = (
        CheckConstraint("seats_used >= 0", name="seats_used_not_negative"),
        Index("ix_licenses_tenant_created", "tenant_id", "created_at"),
        Index("ix_licenses_valid_until", "valid_until"),
        Index("ix_licenses_source", "tenant_id", "mode", "source", unique=True),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("lic"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey("plans.id"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(
        ForeignKey("licenses.id"), index=True
    )  # the bundle's license
    key_lookup: Mapped[bytes] = mapped_column(unique=True)
    pepper_version: Mapped[int] = mapped_column(default=1)
    key_sealed: Mapped[bytes]
    key_hint: Mapped[str]
    key_profile: Mapped[str] = mapped_column(default="kd1")  # or "legacy": an imported text, kept as it was
    mode: Mapped[str] = mapped_column(default="live")  # "live" or "test"
    seats: Mapped[int | None]  # None: as many as they like
    seats_used: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[datetime]
    valid_until: Mapped[datetime | None]  # None: for ever
    grace_until: Mapped[datetime | None]  # while a renewal is unpaid
    updates_until: Mapped[datetime | None]  # None: as long as the license runs
    support_until: Mapped[datetime | None]  # None: as long as the license runs
    max_version: Mapped[str] = mapped_column(default="")  # the newest version it covers; empty: every one
    renews: Mapped[bool] = mapped_column(default=False)  # a subscription pays the next term
    is_trial: Mapped[bool] = mapped_column(default=False)
    suspended_for: Mapped[list[str]] = mapped_column(default=list)  # reasons; any left means suspended
    revoked_for: Mapped[list[str]] = mapped_column(default=list)  # reasons; any left means revoked
    stopped_at: Mapped[datetime | None]  # when the present suspension or revocation began
    source: Mapped[str | None]  # where it was imported from, "edd:123": a second run finds it again
    lease_seq: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    product: Mapped[Product] = relationship()
    plan: Mapped[Plan] = relationship()
    customer: Mapped[Customer] = relationship()

    @property
    def key_aad(self) -> str:
        return f"licenses:key_sealed:{self.id}"

    def effective_until(self) -> datetime | None:
        return effective_until(self.valid_until, self.grace_until)

    def has_expired(self, now: datetime) -> bool:
        until = self.effective_until()
        return until is not None and until <= now

    def trial_has_ended(self, now: datetime) -> bool:
        """Its last day has passed and no first payment made more of it; one that is due may come late."""
        is_over = self.valid_until is not None and self.valid_until <= now
        return self.is_trial and is_over and (not self.renews or self.has_expired(now))

    def in_grace(self, now: datetime) -> bool:
        """Past its paid end, and still running for an unpaid renewal: outside it is shown as active."""
        if self.valid_until is None or self.grace_until is None:
            return False
        return self.valid_until <= now < self.grace_until and self.status(now) == "active"

    def status(self, now: datetime) -> str:
        return status_of(self, now)


class Seat(TenantScoped, Model):
    """One site address on one license. Counted seats use up the license; test sites do not."""

    __tablename__ = "seats"
    __table_args__ = (UniqueConstraint("license_id", "site_key"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("sea"))
    license_id: Mapped[str] = mapped_column(ForeignKey("licenses.id"), index=True)
    site_key: Mapped[str]
    environment: Mapped[str]
    counted: Mapped[bool]
    created_at: Mapped[datetime]

    license: Mapped[License] = relationship()


class Activation(TenantScoped, Model):
    """One installation (`site_uid`) on a seat. The row outlives its end, so tickets keep their site."""

    __tablename__ = "activations"
    __table_args__ = (Index("ix_activations_seat_uid", "seat_id", "site_uid"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("act"))
    license_id: Mapped[str] = mapped_column(ForeignKey("licenses.id"), index=True)
    seat_id: Mapped[str | None] = mapped_column(ForeignKey("seats.id", ondelete="SET NULL"))
    site_uid: Mapped[str] = mapped_column(index=True)
    site_key: Mapped[str]
    site_url: Mapped[str]
    admin_url: Mapped[str] = mapped_column(default="")
    environment: Mapped[str]
    counted: Mapped[bool]
    network: Mapped[bool] = mapped_column(default=False)  # a whole multisite network
    blog_count: Mapped[int | None]
    copy_of: Mapped[str | None]  # the activation whose site this one was copied from
    lease_until: Mapped[datetime | None]  # a temporary copy: no lease reaches further
    label: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="")
    plugin_version: Mapped[str] = mapped_column(default="")
    wp_version: Mapped[str] = mapped_column(default="")
    php_version: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    license: Mapped[License] = relationship()
    seat: Mapped[Seat | None] = relationship(passive_deletes=True)

    @property
    def has_no_address(self) -> bool:
        """It came by a name only, which is its label: the address was made of it and leads nowhere."""
        return self.site_key.endswith(NO_ADDRESS) and bool(self.label)

    @property
    def name(self) -> str:
        """What its owner calls it."""
        return self.label if self.has_no_address else self.site_url

    def has_run_out(self, now: datetime) -> bool:
        """A temporary copy whose days are over."""
        return self.lease_until is not None and self.lease_until <= now


class SiteToken(TenantScoped, Model):
    """The secret of one activation (`kdt_…`). An ended one stays known, so that we can say "revoked"."""

    __tablename__ = "site_tokens"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("stk"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    activation_id: Mapped[str] = mapped_column(ForeignKey("activations.id"), index=True)
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]  # set when replaced (10 more minutes) or ended

    activation: Mapped[Activation] = relationship()


class PurchasePage(TenantScoped, Model):
    """The page behind the link of a purchase mail (`/get/<token>`): a row, so that it can be ended."""

    __tablename__ = "purchase_pages"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ppg"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    token_sealed: Mapped[bytes]  # the mail and its repeats need the address again
    license_id: Mapped[str] = mapped_column(ForeignKey("licenses.id"), index=True)
    site_url: Mapped[str] = mapped_column(default="")  # known when the purchase began on a site
    admin_url: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # of the activation button; key and download stay

    license: Mapped[License] = relationship()

    @property
    def token_aad(self) -> str:
        return f"purchase_pages:token_sealed:{self.id}"


class TransferCode(TenantScoped, Model):
    """A one-use code (`kdx_…`) that stands for a license key on its way to a site."""

    __tablename__ = "transfer_codes"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("tcd"))
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    license_id: Mapped[str] = mapped_column(ForeignKey("licenses.id"), index=True)
    purchase_page_id: Mapped[str | None] = mapped_column(ForeignKey("purchase_pages.id"))
    activation_id: Mapped[str | None] = mapped_column(ForeignKey("activations.id"))  # the site that leaves
    site_uid: Mapped[str] = mapped_column(default="")  # the one installation it is good for; empty: any
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    license: Mapped[License] = relationship()
    activation: Mapped[Activation | None] = relationship()


class SiteResolution(TenantScoped, Model):
    """What a person said about a site whose address changed; it also holds the former address."""

    __tablename__ = "site_resolutions"
    __table_args__ = (Index("ix_site_resolutions_license_key", "license_id", "new_site_key"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("srs"))
    license_id: Mapped[str] = mapped_column(ForeignKey("licenses.id"))
    activation_id: Mapped[str] = mapped_column(ForeignKey("activations.id"), index=True)
    resolution: Mapped[str]  # "moved", "copy", "separate"
    old_site_key: Mapped[str]
    new_site_key: Mapped[str]
    created_at: Mapped[datetime]


class ActivationLink(TenantScoped, Model):
    """A site asks its owner by mail: the mailbox proves the customer, no key is typed."""

    __tablename__ = "activation_links"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("alk"))
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"))
    license_id: Mapped[str | None] = mapped_column(ForeignKey("licenses.id"))  # None: the address owns none
    mode: Mapped[str]
    email: Mapped[str]
    site_uid: Mapped[str]
    site_url: Mapped[str]
    poll_hash: Mapped[bytes]  # the site proves by it that the link is its own
    token_hash: Mapped[bytes] = mapped_column(unique=True)  # in the mail's link
    token_sealed: Mapped[bytes]
    code_sealed: Mapped[bytes | None]  # the transfer code, from the customer's yes until it is fetched
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]

    license: Mapped[License | None] = relationship()
    product: Mapped[Product] = relationship()


class Revocation(TenantScoped, Model):
    """An entry of the signed revocation list: a lease that must not be used to its end."""

    __tablename__ = "revocations"
    __table_args__ = (UniqueConstraint("tenant_id", "serial"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("rvk"))
    serial: Mapped[int]  # of the list that first held this entry, or that first left it out
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), index=True)
    subject: Mapped[str] = mapped_column(index=True)  # a license's or an activation's id
    created_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
