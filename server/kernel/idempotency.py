"""Idempotency-Key: the first answer to an act is kept, and a repeat of the act gets it again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import UniqueConstraint, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Model, engine, session
from server.kernel.errors import Conflict, Invalid
from server.kernel.ids import new_id
from server.kernel.secrets import seal, unseal
from server.kernel.tenancy import TenantScoped, current_tenant, system_scope

KEPT = timedelta(days=7)
ABANDONED = timedelta(seconds=60)


class InProgress(Conflict):
    """The first request with this key still runs."""

    code = "idempotency_in_progress"
    title = "The same request is still being worked on"


class Mismatch(Invalid):
    """The key was used for something else."""

    code = "idempotency_mismatch"
    title = "This Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__("Make a new key for this request, or send the earlier one again exactly as it was.")


class IdempotencyKey(TenantScoped, Model):
    """One act: who asked for it, what was asked, and what was answered."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("tenant_id", "scope"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("idk"))
    scope: Mapped[str]  # hash over caller, method, route and key
    fingerprint: Mapped[str]  # hash over path and body
    status: Mapped[int | None]  # None while the first request runs
    body_sealed: Mapped[bytes | None]  # answers may hold a token
    created_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class Stored:
    """The first answer."""

    status: int
    body: bytes


def scope_of(*parts: str) -> str:
    """One text for the caller, the method, the route and the key."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def claim(scope: str, fingerprint: str, now: datetime) -> Stored | None:
    """Take the act (None: it is yours), or get its first answer. The caller commits before the act."""
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    taken = session.execute(
        dialect.insert(IdempotencyKey)
        .values(
            id=new_id("idk"), tenant_id=current_tenant(), scope=scope, fingerprint=fingerprint, created_at=now
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "scope"])
        .returning(IdempotencyKey.id)
    ).scalar_one_or_none()
    if taken:
        return None
    row = session.scalars(select(IdempotencyKey).where(IdempotencyKey.scope == scope).with_for_update()).one()
    if row.fingerprint != fingerprint:
        raise Mismatch
    if row.status is None or row.body_sealed is None:
        _take_over(row, now)
        return None
    return Stored(row.status, unseal(row.body_sealed, aad=_aad(scope)).encode())


def keep(scope: str, status: int, body: bytes) -> None:
    """Store the answer, in the transaction of the effect."""
    sealed = seal(body.decode(), aad=_aad(scope))
    session.execute(
        update(IdempotencyKey).where(IdempotencyKey.scope == scope).values(status=status, body_sealed=sealed)
    )


def release(scope: str) -> None:
    """Forget the claim: nothing happened, the same key may be used again."""
    session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.scope == scope, IdempotencyKey.status.is_(None))
    )


def release_abandoned() -> None:
    """Forget the claims of a web process that died; the only one that serves calls it when it starts."""
    with system_scope("claims of a dead process belong to all vendors"):
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.status.is_(None)))


def _take_over(row: IdempotencyKey, now: datetime) -> None:
    """A claim whose process died is free again after a minute."""
    if now - row.created_at < ABANDONED:
        raise InProgress(retry_after=1)
    row.created_at = now


def _aad(scope: str) -> str:
    return f"idempotency_keys:body_sealed:{scope}"
