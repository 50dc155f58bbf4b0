"""The outgoing box: one row a mail, written with its cause and sent by a job."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped


class Mail(TenantScoped, Model):
    """One mail to one address. `dedupe_key` makes a second mail for the same cause impossible."""

    __tablename__ = "mails"
    __table_args__ = (UniqueConstraint("tenant_id", "dedupe_key"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("mai"))
    template: Mapped[str]
    to_address: Mapped[str]
    from_name: Mapped[str]
    reply_to: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    locale: Mapped[str]
    dedupe_key: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")  # "waiting", "sent", "failed"
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
