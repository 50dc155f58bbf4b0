"""Buyers: found by their address, or written down at their first purchase."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from server.customers.models import Customer
from server.kernel.db import engine, session
from server.kernel.i18n import language_of
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant
from server.kernel.text import one_line


def customer_for(email: str, *, now: datetime, name: str = "", locale: str = "en") -> Customer:
    """The buyer with this address; a new one when nobody has it. Two purchases at once make one buyer."""
    address = email.strip().lower()
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Customer)
        .values(
            id=new_id("cus"),
            tenant_id=current_tenant(),
            email=address,
            name=one_line(name),
            locale=language_of(locale),
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "email"])
    )
    customer = session.scalars(select(Customer).where(Customer.email == address)).one()
    if name and not customer.name:
        customer.name = one_line(name)
    return customer
