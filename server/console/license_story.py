"""What happened to a license, put together from the places that remember it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from server.accounts.models import AuditEntry, Member
from server.accounts.services import history
from server.console.words import day
from server.console.words import gettext as _
from server.customers.models import Customer
from server.kernel.db import session
from server.licensing.models import Activation, License
from server.mail.models import Mail

LONGEST = 50
SITE_FACTS = ("site_key", "site_url", "site")


@dataclass(frozen=True)
class Event:
    """One line: when, what (a code of the audit log), where, by whom; how it changed and why."""

    at: datetime
    action: str
    site: str
    actor: str
    change: str = ""
    why: str = ""


def story_of(license: License) -> list[Event]:
    """Newest first."""
    events = [*_audited(license), *_on_sites(license), *_mailed(license)]
    return sorted(events, key=lambda event: event.at, reverse=True)[:LONGEST]


def _audited(license: License) -> list[Event]:
    entries = history(license.id, limit=LONGEST)
    names = _names(entries)
    return [
        Event(
            entry.at,
            entry.action,
            next((str(entry.facts[name]) for name in SITE_FACTS if entry.facts.get(name)), ""),
            names.get(entry.actor, entry.actor),
            _change(entry.action, entry.facts),
            str(entry.facts.get("note", "")),
        )
        for entry in entries
    ]


def _change(action: str, facts: dict[str, Any]) -> str:
    """From what to what, or the reason's code; empty where the action says it all."""
    if "until" in facts:
        return _("until %(day)s") % {"day": day(_moment(facts["until"]))} if facts["until"] else _("for ever")
    if action == "license.seats_set":
        was, seats = (_("no limit") if facts[name] is None else facts[name] for name in ("was", "seats"))
        return f"{was} → {seats}"
    if action == "license.transferred":
        return f"{_mail_of(facts['was'])} → {_mail_of(facts['customer'])}"
    if "was" in facts:
        return f"{facts['was']} → {facts.get('plan') or facts.get('hint')}"
    return str(facts.get("reason", ""))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _mail_of(customer_id: str) -> str:
    customer = session.get(Customer, customer_id)
    return customer.email if customer else customer_id


def _names(entries: list[AuditEntry]) -> dict[str, str]:
    ids = [entry.actor.removeprefix("member:") for entry in entries if entry.actor.startswith("member:")]
    members = session.scalars(select(Member).where(Member.id.in_(ids)))
    customers = {entry.actor: _("the customer") for entry in entries if entry.actor.startswith("customer:")}
    return (
        customers
        | {f"member:{member.id}": member.name or member.email for member in members}
        | {
            "system": "Keydesk",
            "stripe": "Stripe",
            "customer": _("the customer"),
        }
    )


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
