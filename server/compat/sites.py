"""A site on a license as the doors see it: it has no identity but its address."""

from collections.abc import Sequence
from datetime import datetime

from server.compat.asking import DOOR_UID
from server.kernel.db import writing
from server.licensing.models import Activation, License
from server.licensing.services import (
    Site,
    activate_site,
    deactivate_site,
    is_worth_noting,
    live_activations,
    note_seen,
)


def active_here(license: License, site_key: str) -> list[Activation]:
    """The installations at this address, whoever activated them."""
    return [active for active in live_activations(license) if site_key and active.site_key == site_key]


def take_site(license: License, site: Site, now: datetime) -> Activation:
    """Give the site a seat; raises what `activate_site` raises."""
    with writing():
        done = activate_site(license, site, product=license.product, mode=license.mode, now=now)
        return done.activation


def release_site(license: License, site_key: str, now: datetime) -> bool:
    """End what doors and imports brought to this address. A site with a token of its own stays."""
    theirs = [active for active in active_here(license, site_key) if DOOR_UID.match(active.site_uid)]
    if theirs:
        with writing():
            for active in theirs:
                deactivate_site(active, now=now)
    return bool(theirs)


def note_visit(seated: Sequence[Activation], seen: Site, now: datetime) -> None:
    """Keep when the site was last seen and what it runs; not more often than the daily call of others."""
    due = [active for active in seated if DOOR_UID.match(active.site_uid) and is_worth_noting(active, now)]
    if due:
        with writing():
            for active in due:
                note_seen(active, seen, now=now)
