"""What happened to a license, put together from the places that remember it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from server.accounts.models import AuditEntry
from server.accounts.services import history
from server.billing.models import OrderLicense
from server.catalog.models import Plan, Price
from server.console.actors import names_of
from server.console.reasons import reason_word
from server.console.words import day
from server.console.words import gettext as _
from server.customers.models import Customer
from server.kernel.db import session
from server.licensing.models import Activation, License
from server.mail.models import Mail
from server.releases.plugins import takes_sites

LONGEST = 50
SITE_FACTS = ("site_key", "site_url", "site")
PAIRS = {"site.moved": ("old", "new"), "license.key_regenerated": ("was", "hint")}  # from what to what
ASKED = ("order.plan_change_asked", "order.plan_change_waits")
WAITS = timedelta(days=1)  # Stripe gives up a change that is not paid by then
AHEAD = timedelta(minutes=1)  # its news may come before its answer to who asked
ENDING = frozenset({"site.released", "site.moved"})  # what ends installations, as the audit log calls it


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
    entries = history(license.id, limit=LONGEST)
    events = [
        *_audited(entries, _who_asked(license, entries), counts_sites=takes_sites(license)),
        *_on_sites(license, entries),
        *_mailed(license),
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)[:LONGEST]


def _who_asked(license: License, entries: Sequence[AuditEntry]) -> dict[str, AuditEntry]:
    """Stripe tells of another plan; who asked for it stands at the order. By the id of Stripe's entry."""
    told = [one for one in entries if (one.action, one.actor) == ("license.plan_changed", "stripe")]
    if not told:
        return {}
    if license.parent_id:
        return _who_asked_for_bundle(license.parent_id, told)
    orders = select(OrderLicense.order_id).where(OrderLicense.license_id == license.id)
    rows = select(AuditEntry).where(AuditEntry.subject_id.in_(orders), AuditEntry.action.in_(ASKED))
    asked = list(session.scalars(rows.order_by(AuditEntry.at)))
    prices = {str(one.facts["price"]) for one in asked}
    sold_as = select(Price.id, Plan.code).join(Price.plan).where(Price.id.in_(prices))
    codes = dict(session.execute(sold_as).all())
    return {
        entry.id: one
        for entry in told
        for one in asked  # the last of them counts
        if codes.get(one.facts["price"]) == entry.facts["plan"] and -AHEAD <= entry.at - one.at <= WAITS
    }


def _who_asked_for_bundle(bundle_id: str, told: Sequence[AuditEntry]) -> dict[str, AuditEntry]:
    """What came with a bundle changes in the moment in which the bundle does; only that was asked for."""
    entries = history(bundle_id, limit=LONGEST)
    asked = _who_asked(session.get_one(License, bundle_id), entries)
    at = {entry.at: asked[entry.id] for entry in entries if entry.id in asked}
    return {entry.id: at[entry.at] for entry in told if entry.at in at}


def _audited(
    entries: Sequence[AuditEntry], asked: Mapping[str, AuditEntry], *, counts_sites: bool
) -> list[Event]:
    names = names_of([*entries, *asked.values()])
    return [
        Event(
            entry.at,
            _action(entry),
            next((str(entry.facts[name]) for name in SITE_FACTS if entry.facts.get(name)), ""),
            names[asked.get(entry.id, entry).actor],
            _change(entry.action, entry.facts, counts_sites=counts_sites),
            str(entry.facts.get("note", "")),
        )
        for entry in entries
    ]


def _action(entry: AuditEntry) -> str:
    """What it means to a reader: ends follow the money or the bundle, a subscription begins or is ended."""
    if entry.action == "license.renews_set" and not entry.facts["renews"]:
        return "license.renews_no_more"
    if entry.action != "license.extended":
        return entry.action
    if entry.actor != "stripe":
        return "license.end_with_bundle" if entry.facts.get("bundle") else entry.action
    was, until = entry.facts.get("was"), entry.facts["until"]
    return "license.term_taken_back" if was and until and until < was else "license.end_followed"


def _change(action: str, facts: dict[str, Any], *, counts_sites: bool) -> str:
    """From what to what, or the reason; empty where the action says it all."""
    if "until" in facts:
        return _until(facts["until"])
    if action == "license.seats_set":
        return _seats(facts["was"], facts["seats"])
    if action == "license.transferred":
        return f"{_mail_of(facts['was'])} → {_mail_of(facts['customer'])}"
    if action == "license.plan_changed":
        return _plans(facts, counts_sites=counts_sites)
    if pair := PAIRS.get(action):
        return " → ".join(str(facts[name]) for name in pair)
    return reason_word(str(facts.get("reason", "")))


def _plans(facts: dict[str, Any], *, counts_sites: bool) -> str:
    """The sites and the end only where they changed along."""
    changes = [f"{facts['was']} → {facts['plan']}"]
    if counts_sites and "seats" in facts and facts["seats_were"] != facts["seats"]:
        changes.append(_("sites %(change)s") % {"change": _seats(facts["seats_were"], facts["seats"])})
    if "end" in facts:
        changes.append(_until(facts["end"]))
    return ", ".join(changes)


def _seats(was: int | None, seats: int | None) -> str:
    return " → ".join(_("no limit") if number is None else str(number) for number in (was, seats))


def _until(text: str | None) -> str:
    return _("until %(day)s") % {"day": day(_moment(text))} if text else _("for ever")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _mail_of(customer_id: str) -> str:
    customer = session.get(Customer, customer_id)
    return customer.email if customer else customer_id


def _on_sites(license: License, entries: Sequence[AuditEntry]) -> list[Event]:
    """A row knows its last address and no names: the first one, and who ended it, say the entries."""
    sites = session.scalars(select(Activation).where(Activation.license_id == license.id)).all()
    moves = {entry.facts.get("activation"): entry for entry in entries if entry.action == "site.moved"}
    begun = [
        Event(site.created_at, "license.activated", _first_address(site, moves), _("the site"))
        for site in sites
    ]
    ended = [
        Event(site.ended_at, "license.deactivated", site.site_url, _who_ended(site, sites, entries))
        for site in sites
        if site.ended_at
    ]
    return begun + ended


def _first_address(site: Activation, moves: dict[str | None, AuditEntry]) -> str:
    """`moves` come newest first, so the first move of a site is what it kept of them."""
    move = moves.get(site.id)
    return str(move.facts["old"]) if move else site.site_url


def _who_ended(site: Activation, sites: Sequence[Activation], entries: Sequence[AuditEntry]) -> str:
    """Who let it go or moved it at that moment; a newer installation in its place; else the site itself."""
    acts = [one for one in entries if one.at == site.ended_at and one.action in ENDING]
    if acts:
        return names_of(acts)[acts[0].actor]
    return "Keydesk" if any(other.created_at == site.ended_at for other in sites) else _("the site")


def _mailed(license: License) -> list[Event]:
    """The purchase mails that named this license; one of them may speak of a whole order."""
    orders = select(OrderLicense.order_id).where(OrderLicense.license_id == license.id)
    sold = select(OrderLicense.license_id, OrderLicense.order_id).where(OrderLicense.order_id.in_(orders))
    of_orders = [f"purchase:{other}:order:{order}" for other, order in session.execute(sold)]
    alone = Mail.dedupe_key.startswith(f"purchase:{license.id}:", autoescape=True)
    mails = session.scalars(
        select(Mail).where(or_(alone, Mail.dedupe_key.in_(of_orders)), Mail.state == "sent")
    )
    return [
        Event(mail.sent_at, "license.mail_sent", "", "Keydesk")
        for mail in mails
        if mail.sent_at and license.id in mail.about.get("license_ids", ())
    ]
