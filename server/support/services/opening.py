"""A new ticket: from an activated site, or from whoever holds the plugin and names an address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.catalog.models import Product
from server.kernel.db import engine, session
from server.kernel.ids import new_id
from server.kernel.tenancy import current_tenant
from server.licensing.models import Activation
from server.support.models import Message, Ticket, TicketCounter
from server.support.refusals import FieldWrong
from server.support.services.attachments import claim_attachments
from server.support.services.signals import ticket_opened
from server.support.services.texts import clean_body, clean_name, clean_subject

QUEUED_AT_MOST = timedelta(days=14)  # so long a site keeps what it could not send


@dataclass(frozen=True)
class NewTicket:
    """What a person wrote, and what their site says about itself."""

    type: str
    subject: str
    body: str
    email: str = ""
    name: str = ""
    locale: str = "en"
    screen_id: str = ""
    plugin_version: str = ""
    diagnostics: dict[str, Any] | None = None
    attachment_ids: Sequence[str] = field(default=())
    client_created_at: datetime | None = None
    follows: str = ""
    user_ref: str = ""
    shared: bool = True


def open_ticket(
    new: NewTicket,
    *,
    product: Product,
    site: Activation | None,
    now: datetime,
    via: str = "dashboard",
    mode: str = "live",
) -> Ticket:
    """File it. Without a site the ticket belongs to its address alone, which then must be named."""
    if site is None and not new.email:
        raise FieldWrong("/email", "Without a license an e-mail address is needed, so that we can answer.")
    wrote_at = _moment_of(new, now)
    ticket = Ticket(
        id=new_id("tkt"),
        number=_next_number(),
        product_id=product.id,
        follows_id=_followed(new.follows, site),
        type=new.type,
        status="new",
        subject=clean_subject(new.subject),
        email=new.email,
        name=clean_name(new.name),
        locale=new.locale,
        plugin_version=new.plugin_version,
        screen_id=new.screen_id,
        user_ref=new.user_ref,
        shared=new.shared,
        diagnostics=new.diagnostics or None,
        created_at=wrote_at,
        last_activity_at=now,
        waiting_since=wrote_at,
        mode=site.license.mode if site else mode,
        **_facts_of(site),
    )
    session.add(ticket)
    first = _first_message(ticket, new, via)
    ticket_opened.send(ticket, message=first)
    return ticket


def _first_message(ticket: Ticket, new: NewTicket, via: str) -> Message:
    first = Message(
        id=new_id("msg"),
        ticket_id=ticket.id,
        kind="customer",
        author_name=author_of(ticket),
        author_email=ticket.email,
        body=clean_body(new.body),
        via=via,
        created_at=ticket.created_at,
    )
    session.add(first)
    session.flush()
    claim_attachments(first, new.attachment_ids, site_uid=ticket.site_uid)
    return first


def author_of(ticket: Ticket) -> str:
    """How the customer is called in the conversation."""
    return ticket.name or ticket.email or urlsplit(ticket.site_url).hostname or "Customer"


def _facts_of(site: Activation | None) -> dict[str, Any]:
    if site is None:
        return {"site_uid": ""}
    return {
        "site_uid": site.site_uid,
        "site_url": site.site_url,
        "activation_id": site.id,
        "license_id": site.license_id,
        "customer_id": site.license.customer_id,
    }


def _moment_of(new: NewTicket, now: datetime) -> datetime:
    """A ticket that waited on its site keeps its moment; clocks that are far off are not believed."""
    said = new.client_created_at
    return said if said is not None and now - QUEUED_AT_MOST <= said <= now else now


def _followed(ticket_id: str, site: Activation | None) -> str | None:
    if not ticket_id:
        return None
    known = site is not None and session.scalar(
        select(Ticket.id).where(Ticket.id == ticket_id, Ticket.site_uid == site.site_uid)
    )
    if not known:
        raise FieldWrong("/follows", "This ticket is not known.")
    return ticket_id


def _next_number() -> int:
    """The vendor's next number: one statement that only one caller at a time can win."""
    for _ in range(2):
        taken = session.scalars(
            update(TicketCounter)
            .values(last=TicketCounter.last + 1)
            .returning(TicketCounter.last)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if taken is not None:
            return taken
        _begin_counting()
    raise RuntimeError("the ticket counter could not be made")


def _begin_counting() -> None:
    dialect = postgresql if engine().dialect.name == "postgresql" else sqlite
    owner = current_tenant()
    session.execute(
        dialect.insert(TicketCounter)
        .values(id=f"tct_{owner.partition('_')[2]}", tenant_id=owner, last=0)  # one id a vendor: one row
        .on_conflict_do_nothing(index_elements=["id"])
    )
