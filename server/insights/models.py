"""An export that somebody asked for in the console."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped

STATES = ("working", "ready", "failed", "gone")


class Export(TenantScoped, Model):
    """One ZIP of everything a vendor owns. The file lies on the server for a day."""

    __tablename__ = "exports"

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("exp"))
    with_keys: Mapped[bool]
    state: Mapped[str] = mapped_column(default="working")  # one of STATES
    size: Mapped[int] = mapped_column(default=0)  # bytes
    rows: Mapped[int] = mapped_column(default=0)
    actor: Mapped[str]
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    until: Mapped[datetime | None]  # when the file goes
