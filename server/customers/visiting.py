"""The way to the customer's own page: its address, its magic links, and the browsers that came in by one."""

from server.accounts.services import vendor
from server.kernel import settings


def account_address() -> str:
    """Where the present vendor's customers find their licenses."""
    return f"{settings.current().public_url}/account/{vendor().slug}"
