"""The job table: work that is owed, written in the same commit as its cause."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Model


class JobRow(Model):
    """One piece of work. `tries` is raised at each take, so a worker that lost its lease cannot finish it."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state_due", "state", "due_at"),
        UniqueConstraint("kind", "dedupe_key"),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    tenant_id: Mapped[str | None] = mapped_column(index=True)  # None: work of the system itself
    kind: Mapped[str]
    args: Mapped[dict[str, Any]]
    dedupe_key: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="pending")  # "pending", "queued", "running", "done", "failed"
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
