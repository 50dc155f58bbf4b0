"""Vendors, the people who work for them, and what gives access."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped

ROLES = ("owner", "agent")
SCOPES = (
    "catalog:read",
    "catalog:write",
    "customers:read",
    "licenses:read",
    "licenses:write",
    "licenses:reveal",
    "orders:read",
    "orders:write",
    "tickets:read",
    "tickets:write",
)


class Vendor(Model):
    """Who sells plugins. All rows with this `tenant_id` are theirs."""

    __tablename__ = "vendors"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ven"))
    slug: Mapped[str] = mapped_column(unique=True)  # part of the buy page's address
    name: Mapped[str]
    support_email: Mapped[str]  # Reply-To of every mail, so that an answer always reaches a person
    locale: Mapped[str] = mapped_column(default="en")
    terms_url: Mapped[str] = mapped_column(default="")
    privacy_url: Mapped[str] = mapped_column(default="")
    revocation_serial: Mapped[int] = mapped_column(default=0)  # of the newest revocation list
    created_at: Mapped[datetime]


class Member(TenantScoped, Model):
    """A person who works in the vendor's console."""

    __tablename__ = "members"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("mem"))
    email: Mapped[str] = mapped_column(unique=True)  # lower case; one person, one vendor
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class ConsoleSession(TenantScoped, Model):
    """One signed-in browser. The cookie holds a random reference, the row its hash."""

    __tablename__ = "console_sessions"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ses"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    member_id: Mapped[str] = mapped_column(ForeignKey("members.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    member: Mapped[Member] = relationship()


class ApiKey(TenantScoped, Model):
    """A vendor's key for scripts (`kds_…`): found by its hash, shown once."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("key"))
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    hint: Mapped[str]  # the last four symbols
    scopes: Mapped[list[str]]
    mode: Mapped[str] = mapped_column(default="live")  # a test key sees and makes test rows only
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class AuditEntry(TenantScoped, Model):
    """Who changed what, and when. Rows are only ever added."""

    __tablename__ = "audit_entries"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("aud"))
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]  # "member:mem_…", "key:key_…", "stripe", "customer", "system"
    action: Mapped[str]
    subject_id: Mapped[str] = mapped_column(index=True)
    facts: Mapped[dict[str, Any]]


class SigningKey(TenantScoped, Model):
    """A vendor's Ed25519 key for leases and replies; plugins carry the current and the next one."""

    __tablename__ = "signing_keys"
    __table_args__ = (UniqueConstraint("tenant_id", "kid"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("sgk"))
    kid: Mapped[str]
    public_key: Mapped[str]  # b64u of 32 bytes
    seed_sealed: Mapped[bytes]
    state: Mapped[str]  # "current", "next", "retired"
    not_before: Mapped[datetime]
    not_after: Mapped[datetime | None]

    @property
    def aad(self) -> str:
        return f"signing_keys:seed_sealed:{self.id}"
