"""The people who buy."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from server.kernel.db import Model
from server.kernel.ids import new_id
from server.kernel.tenancy import TenantScoped


class Customer(TenantScoped, Model):
    """One buyer of one vendor, known by the address that the purchase named."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("tenant_id", "email"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cus"))
    email: Mapped[str]  # lower case
    name: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime]
