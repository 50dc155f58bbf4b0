"""The way to the customer's own page: its address, its magic links, and the browsers that came in by one."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from server.accounts.services import audit, vendor
from server.customers.models import Customer, CustomerLink, CustomerSession
from server.jobs import enqueue
from server.kernel import settings
from server.kernel.db import session
from server.kernel.errors import Gone, NotFound
from server.kernel.ids import new_id
from server.kernel.secrets import new_link_token, token_hash
from server.kernel.tenancy import current_tenant, system_scope
from server.mail.models import Mail
from server.mail.services import queue_mail
from server.mail.wanted import checked_when_sent

LINK_LIFE = timedelta(minutes=30)
VISIT_LIFE = timedelta(days=7)
_slugs: dict[str, str] = {}  # a vendor's slug never changes, and every answer to a site holds this address


class AccountLinkEnded(Gone):
    """A magic link works once and for half an hour: whoever finds the mail later gets nothing by it."""

    title = "This link has ended; ask for a new one"


def account_address() -> str:
    """Where the present vendor's customers find their licenses."""
    tenant_id = current_tenant()
    if tenant_id not in _slugs:
        _slugs[tenant_id] = vendor().slug
    return _address_of(_slugs[tenant_id])


def known_account_address(tenant_id: str) -> str | None:
    """The same for any vendor, without asking the database; None until somebody asked it once."""
    slug = _slugs.get(tenant_id)
    return _address_of(slug) if slug else None


def _address_of(slug: str) -> str:
    return f"{settings.current().public_url}/account/{slug}"


def ask_for_link(email: str) -> None:
    """Owe a link to this address, whether anybody has it or not: the time it takes tells nothing."""
    enqueue("customers.send_link", {"email": email.strip().lower()})


def send_link_to(email: str, *, now: datetime) -> Mail | None:
    """The link, if the address is a customer's."""
    customer = session.scalars(select(Customer).where(Customer.email == email)).one_or_none()
    return None if customer is None else send_account_link(customer, now=now)


def send_account_link(customer: Customer, *, now: datetime) -> Mail | None:
    """A mail with a fresh magic link to the customer's own page."""
    token, seller = new_link_token(), vendor()
    link = CustomerLink(
        id=new_id("clk"),
        token_hash=token_hash(token),
        customer_id=customer.id,
        created_at=now,
        expires_at=now + LINK_LIFE,
    )
    session.add(link)
    session.flush()
    return queue_mail(
        template="customer_link",
        to=customer.email,
        context={
            "vendor_name": seller.name,
            "support_email": seller.support_email,
            "action_url": f"{account_address()}/enter/{token}",
            "minutes": int(LINK_LIFE.total_seconds()) // 60,
        },
        locale=customer.locale,
        dedupe_key=f"mail:customer_link:{customer.id}:{link.id}",
        reply_to=seller.support_email,
        from_name=seller.name,
        about={"link_id": link.id},
    )


@checked_when_sent("customer_link")
def _still_opens(about: dict[str, Any], now: datetime) -> bool:
    link = session.scalars(select(CustomerLink).where(CustomerLink.id == about["link_id"])).one_or_none()
    return link is not None and link.used_at is None and now < link.expires_at


def open_link(token: str, *, now: datetime) -> CustomerLink:
    """The link of the present vendor, while it may be used; looking at it changes nothing."""
    link = session.scalars(
        select(CustomerLink).where(CustomerLink.token_hash == token_hash(token))
    ).one_or_none()
    if link is None:
        raise NotFound
    if link.used_at is not None or link.expires_at <= now:
        raise AccountLinkEnded
    return link


def enter(link: CustomerLink, *, now: datetime) -> str:
    """Use the link up and begin a visit; the answer goes into the browser's cookie and nowhere else."""
    won = session.scalars(
        update(CustomerLink)
        .where(CustomerLink.id == link.id, CustomerLink.used_at.is_(None))
        .values(used_at=now)
        .returning(CustomerLink.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if won is None:
        raise AccountLinkEnded
    token = new_link_token()
    session.add(
        CustomerSession(
            token_hash=token_hash(token),
            customer_id=link.customer_id,
            created_at=now,
            expires_at=now + VISIT_LIFE,
        )
    )
    audit(f"customer:{link.customer_id}", "customer.signed_in", link.customer_id)
    return token


def find_visit(token: str, *, now: datetime) -> CustomerSession | None:
    """The visit of this cookie at the present vendor, while it lasts."""
    return session.scalars(
        select(CustomerSession).where(
            CustomerSession.token_hash == token_hash(token), CustomerSession.expires_at > now
        )
    ).one_or_none()


def leave(visit: CustomerSession) -> None:
    """End the visit of this browser."""
    session.execute(delete(CustomerSession).where(CustomerSession.id == visit.id))


def form_token(cookie: str) -> str:
    """What the forms of a visit carry. It comes from the cookie, so no other site can know it."""
    return token_hash(f"account form\n{cookie}").hex()


def forget_ended(now: datetime) -> None:
    """Links and visits that are over tell nobody anything any more."""
    with system_scope("what is over is deleted for every vendor at once"):
        for ended in (CustomerLink, CustomerSession):
            session.execute(delete(ended).where(ended.expires_at < now))
