"""A site of an EDD client on a license: it has no identity but its address."""

import re
from datetime import datetime

from server.compat.asking import DOOR_UID, uid_of_site
from server.compat.edd_asked import Asked
from server.customers.site_address import Environment
from server.kernel.db import writing
from server.licensing.models import Activation, License
from server.licensing.services import Site, activate_site, deactivate_site, live_activations

# EDD never counted these; the rule of the whole server does, because .dev is full of live shops.
LOCAL_TO_EDD = re.compile(r"(?:dev\.|staging-|test\.).*|[^/]*\.dev(?::[0-9]+)?(?:/.*)?", re.ASCII)


def environment_of(asked: Asked) -> Environment:
    """What the site calls itself, or "local" where EDD itself would not have counted its address."""
    if asked.environment == "production" and LOCAL_TO_EDD.fullmatch(asked.site_key):
        return "local"
    return asked.environment


def active_here(license: License, site_key: str) -> list[Activation]:
    """The installations at this address, whoever activated them."""
    return [active for active in live_activations(license) if site_key and active.site_key == site_key]


def take_site(license: License, asked: Asked, *, now: datetime) -> None:
    """Give the site a seat; raises what `activate_site` raises."""
    site = Site(
        site_uid=uid_of_site("edd", asked.site_key),
        site_url=asked.url,
        environment=environment_of(asked),
        plugin_version=asked.version,
    )
    with writing():
        activate_site(license, site, product=license.product, mode=license.mode, now=now)


def release_site(license: License, asked: Asked, now: datetime) -> bool:
    """End what doors and imports brought to this address. A site with a token of its own stays."""
    theirs = [active for active in active_here(license, asked.site_key) if DOOR_UID.match(active.site_uid)]
    if theirs:
        with writing():
            for active in theirs:
                deactivate_site(active, now=now)
    return bool(theirs)
