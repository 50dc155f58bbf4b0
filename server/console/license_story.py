"""What happened to a license, put together from the places that remember it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from server.accounts.models import AuditEntry, Member
from server.accounts.services import history
from server.console.words import gettext as _
from server.kernel.db import session
from server.licensing.models import Activation, License
from server.mail.models import Mail

LONGEST = 50


@dataclass(frozen=True)
class Event:
    """One line: when, what (a code of the audit log), where, by whom."""

    at: datetime
    action: str
    site: str
    actor: str


def story_of(license: License) -> list[Event]:
    """Newest first."""
    events = [*_audited(license), *_on_sites(license), *_mailed(license)]
    return sorted(events, key=lambda event: event.at, reverse=True)[:LONGEST]


def _audited(license: License) -> list[Event]:
    entries = history(license.id, limit=LONGEST)
    names = _names(entries)
    return [Event(entry.at, entry.action, "", names.get(entry.actor, entry.actor)) for entry in entries]


def _names(entries: list[AuditEntry]) -> dict[str, str]:
    ids = [entry.actor.removeprefix("member:") for entry in entries if entry.actor.startswith("member:")]
    members = session.scalars(select(Member).where(Member.id.in_(ids)))
    return {f"member:{member.id}": member.name or member.email for member in members} | {
        "system": "Keydesk",
        "stripe": "Stripe",
    }


def _on_sites(license: License) -> list[Event]:
    sites = session.scalars(select(Activation).where(Activation.license_id == license.id)).all()
    begun = [Event(site.created_at, "license.activated", site.site_url, _("site")) for site in sites]
    ended = [
        Event(site.ended_at, "license.deactivated", site.site_url, "") for site in sites if site.ended_at
    ]
    return begun + ended


def _mailed(license: License) -> list[Event]:
    mails = session.scalars(
        select(Mail).where(
            Mail.dedupe_key.startswith(f"purchase:{license.id}:", autoescape=True), Mail.state == "sent"
        )
    )
    return [Event(mail.sent_at, "license.mail_sent", "", "Keydesk") for mail in mails if mail.sent_at]
