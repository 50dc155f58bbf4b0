"""Which mails a customer does not want, and the link that says so without signing in."""

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from server.accounts.services import audit
from server.customers.models import Customer
from server.kernel import settings
from server.kernel.db import session
from server.kernel.errors import NotFound
from server.kernel.tenancy import system_scope

REMINDERS = "reminders"
GROUPS = (REMINDERS,)  # what may be refused; receipts and notices of charges may not


def wants(customer: Customer, group: str) -> bool:
    """Whether mails of this group go to the customer."""
    return group not in customer.unwanted_mails


def set_wanted(customer: Customer, group: str, *, wanted: bool, actor: str) -> None:
    """Change what the customer receives; at once, because every mail asks again when it leaves."""
    if group not in GROUPS or wants(customer, group) == wanted:
        return
    kept = [other for other in customer.unwanted_mails if other != group]
    customer.unwanted_mails = kept if wanted else [*kept, group]
    audit(actor, "customer.mails_wanted" if wanted else "customer.mails_unwanted", customer.id, group=group)


def unsubscribe_address(customer: Customer, group: str) -> str:
    """A link of one purpose. It has no end: a mail may be read years later."""
    token = _signer().dumps([customer.id, group])
    return f"{settings.current().public_url}/unsubscribe/{token}"


def open_unsubscribe(token: str) -> tuple[Customer, str]:
    """The customer and the group of a link, whichever vendor's; the caller then sets the vendor."""
    try:
        customer_id, group = _signer().loads(token)
    except (BadSignature, TypeError, ValueError) as error:
        raise NotFound from error
    with system_scope("the signed link names its customer"):
        customer = session.scalars(select(Customer).where(Customer.id == customer_id)).one_or_none()
    if customer is None:
        raise NotFound
    return customer, group


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings.current().secret_key, salt="keydesk-unsubscribe")
