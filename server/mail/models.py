"""The outgoing box: one row a mail, written with its cause and sent by a job."""

from datetime import datetime
from typing import Any

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
    mode: Mapped[str | None]  # of the purchase, license or ticket it is about; None: of none of them
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what is looked at again before it leaves
    unsubscribe_url: Mapped[str] = mapped_column(default="")  # of reminders only, never of a receipt
    state: Mapped[str] = mapped_column(default="waiting")  # "waiting", "sent", "failed", "dropped"
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
