"""A helpdesk's present state, put into the ticket: its agents' answers become messages, its status ours."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from server.helpdesks.contract import RemoteMessage, Snapshot
from server.helpdesks.models import HelpdeskDelivery, HelpdeskLink
from server.helpdesks.services.connections import KINDS
from server.helpdesks.services.incoming import IncomingFile, not_taken, put_to
from server.helpdesks.services.pushing import add_link
from server.helpdesks.services.receiving import StatusStanding, known_messages, settle, status_standing
from server.kernel.db import session
from server.kernel.tenancy import resolve
from server.support.models import Ticket
from server.support.services import add_helpdesk_reply, change_status


def apply_snapshot(
    link_id: str,
    snapshot: Snapshot,
    *,
    files: Sequence[IncomingFile] = (),
    asked_at: StatusStanding | None = None,
    now: datetime,
) -> bool:
    """Take over what is new. Calling it again changes nothing.

    `files` came with the newest answer of the snapshot; `asked_at` is how the status stood when the look
    began. False when the status was left alone, because ours has moved on since or is on its way there: what
    was seen may be older than what our people did, and another look has to tell.
    """
    # one at a time per ticket, so that two hooks of one answer cannot both take it over
    held = select(HelpdeskLink).where(HelpdeskLink.id == link_id).with_for_update(key_share=True)
    link = session.scalars(held).one()
    ticket = resolve(Ticket, link.local_id)
    known = known_messages(link)
    new = [message for message in snapshot.messages if message.kind == "agent" and message.id not in known]
    new.sort(key=lambda one: (one.created_at, len(one.id), one.id))
    for message in new:
        _take_over(link, ticket, message, files if message is new[-1] else (), now)
    if asked_at is not None and (asked_at.under_way or status_standing(link) != asked_at):
        return False
    _take_status(link, ticket, snapshot.status, now)
    link.remote_version = max(link.remote_version, snapshot.version)
    _settle_told(link, snapshot, now)
    return True


def lose(link: HelpdeskLink) -> None:
    """The conversation is no longer there; nothing more is sent to it."""
    link.state = "gone"


def _take_over(
    link: HelpdeskLink, ticket: Ticket, message: RemoteMessage, files: Sequence[IncomingFile], now: datetime
) -> None:
    added = add_helpdesk_reply(
        ticket,
        author_name=message.author_name,
        body=message.text + not_taken(files),
        origin=link.connection_id,
        remote_at=message.created_at,
    )
    add_link(link, "message", added.id, message.id, now)
    put_to(added, link, files, now)


def _take_status(link: HelpdeskLink, ticket: Ticket, theirs: str, now: datetime) -> None:
    """Only a change over there counts, so that the two sides never push each other back and forth."""
    before, link.remote_status = link.remote_status, theirs or link.remote_status
    status_in = KINDS[link.connection.kind].status_in
    ours = status_in.get(theirs)
    if ours is None or theirs == before or ticket.status == "spam":
        return
    if ours == "open" and ticket.status == "waiting_for_customer" and status_in.get(before) != ticket.status:
        return  # "open" there is all it knows of an answered ticket
    if ours == "solved" and ticket.status == "closed":
        return
    if ours != ticket.status:
        by = f"helpdesk:{link.connection_id}"
        change_status(ticket, ours, by=by, origin=link.connection_id, now=now)


def _settle_told(link: HelpdeskLink, snapshot: Snapshot, now: datetime) -> None:
    """Other hooks that tell of this state or an earlier one need no look of their own."""
    if not snapshot.version:
        return
    told = select(HelpdeskDelivery).where(
        HelpdeskDelivery.connection_id == link.connection_id,
        HelpdeskDelivery.remote_id == snapshot.ref.id,
        HelpdeskDelivery.state == "received",
        HelpdeskDelivery.version <= snapshot.version,
        HelpdeskDelivery.version != "",
    )
    for delivery in session.scalars(told):
        settle(delivery, "applied", now)
