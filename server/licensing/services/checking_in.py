"""The daily call of a site: its license, its lease, and whether it is still the same site (protocols 3.7)."""

from datetime import datetime
from typing import Any

from server.accounts.services import published_signing_keys
from server.customers.site_address import SiteUrlInvalid, site_key
from server.licensing.models import Activation
from server.licensing.services.activating import Site
from server.licensing.services.judging import judge_activation
from server.licensing.services.revocations import signed_list
from server.licensing.services.showing import CHECK_IN_AFTER_S, lease_for, license_view


def check_in(
    activation: Activation, site: Site, now: datetime, *, revocations_serial: int = 0
) -> dict[str, Any]:
    """What the site needs for two weeks. Writes nothing; a revoked license is an answer, not an error.

    `revocations_serial`: of the revocation list that the site holds.
    """
    unchanged = _is_the_same(activation, site)
    verdict = judge_activation(activation, now=now, plugin_version=site.plugin_version)
    return {
        "server_time": int(now.timestamp()),
        "site": {"site_key": activation.site_key, "status": "ok" if unchanged else "changed"},
        "license": license_view(activation.license, now),
        "lease": lease_for(activation, now) if unchanged else None,
        "validation": {name: verdict[name] for name in ("valid", "code", "checked")},
        "revocations": signed_list(activation.license.product, now, newer_than=revocations_serial),
        "signing_keys": published_signing_keys(),
        "next_check_in_s": CHECK_IN_AFTER_S,
    }


def _is_the_same(activation: Activation, site: Site) -> bool:
    try:
        return site.site_uid == activation.site_uid and site_key(site.site_url) == activation.site_key
    except SiteUrlInvalid:
        return False
