"""Who did it: what the history calls the actors of the audit log."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from server.accounts.models import ApiKey, AuditEntry, Member
from server.console.words import gettext as _
from server.kernel.db import session


def names_of(entries: Sequence[AuditEntry]) -> dict[str, str]:
    """The name of each actor of these entries; one that nothing is known of keeps its code."""
    actors = {entry.actor for entry in entries}
    members = session.scalars(select(Member).where(Member.id.in_(_ids(actors, "member"))))
    keys = session.scalars(select(ApiKey).where(ApiKey.id.in_(_ids(actors, "key"))))
    known = {
        "system": "Keydesk",
        "stripe": "Stripe",
        "shop": _("the buy page"),
        "cli": _("the command line"),
        "customer": _("the customer"),
        "site": _("the site"),
        **{actor: _("the customer") for actor in actors if actor.startswith("customer:")},
        **{f"member:{member.id}": member.name or member.email for member in members},
        **{f"key:{key.id}": _("API key %(name)s") % {"name": key.name} for key in keys},
    }
    return {actor: known.get(actor, actor) for actor in actors}


def _ids(actors: set[str], kind: str) -> list[str]:
    return [actor.removeprefix(f"{kind}:") for actor in sorted(actors) if actor.startswith(f"{kind}:")]
