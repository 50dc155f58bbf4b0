"""A test ticket: a real one that takes the whole way, so that its answer comes back too."""

from datetime import datetime

from sqlalchemy import select

from server.catalog.models import Product
from server.helpdesks.models import HelpdeskConnection
from server.helpdesks.services.forwarding import only_to
from server.kernel.db import session
from server.kernel.errors import Conflict
from server.support.models import Ticket
from server.support.services import NewTicket, open_ticket


class NotConnected(Conflict):
    """A test ticket cannot leave while the connection is paused or refused."""

    code = "helpdesk_connection_inactive"
    title = "This connection is not active: check it first"


class NothingSold(Conflict):
    """A ticket is about a product, and there is none yet."""

    code = "product_missing"
    title = "Create a product first: every ticket is about one"


def send_test_ticket(connection: HelpdeskConnection, *, email: str, name: str, now: datetime) -> Ticket:
    """Open a ticket in the name of the person who tests; it goes to this helpdesk alone."""
    if connection.state != "active":
        raise NotConnected
    product = session.scalars(select(Product).order_by(Product.id).limit(1)).one_or_none()
    if product is None:
        raise NothingSold
    new = NewTicket(
        type="other",
        subject="Test ticket from Keydesk",
        body=f"This ticket shows that Keydesk reaches {connection.name}. Answer it there: your answer comes "
        "back into this conversation within a minute.",
        email=email,
        name=name,
    )
    with only_to(connection):
        return open_ticket(new, product=product, site=None, now=now, via="console")
