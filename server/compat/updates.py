"""What plugin-update-checker reads, whichever door it comes to (protocols 6.2 and 6.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request

from server.catalog.models import Product
from server.compat.asking import (
    as_sent,
    find_license,
    first_of,
    key_of_site,
    site_from,
    uid_of_site,
    with_plus,
)
from server.compat.offers import Offer, make_offer, sections
from server.compat.sites import active_here, take_site
from server.kernel.errors import Conflict, Refused
from server.licensing.models import Activation, License
from server.licensing.services import Site, license_for_product

KEY_FIELDS = ("license_key", "licence_key", "license", "licence", "key")
SITE_FIELDS = ("site_url", "url")
UNSAID = "0.0.0"  # clients drop an answer without a version


def offer_for(product: Product, sent: Mapping[str, str], now: datetime) -> Offer:
    """The current version for whoever asks, by the key in the query or in `X-License-Key`."""
    texts = with_plus(as_sent(sent, *KEY_FIELDS)) or with_plus(request.headers.get("X-License-Key", ""))
    if not texts:
        return make_offer(product, None, now=now)
    found = find_license(texts)
    license = license_for_product(found, product) if found else None
    if license is None or license.product_id != product.id:
        return make_offer(product, None, now=now, why="unknown_key")
    offer = make_offer(product, license, now=now)
    if offer.why or not product.puc_auto_activate:
        return offer
    return _offer_on_site(product, license, site_from(first_of(sent, *SITE_FIELDS)), now)


def plugin_facts(product: Product, offer: Offer, sent: Mapping[str, str]) -> dict[str, Any]:
    """All but the package's address. Where nothing is out yet, the caller's own version is the newest."""
    release = offer.release
    return {
        "name": product.name,
        "version": release.version if release else first_of(sent, "installed_version")[:32] or UNSAID,
        "slug": product.slug,
        "homepage": product.homepage,
        "requires": "",
        "tested": "",
        "requires_php": "",
        "author": product.author,
        "author_homepage": product.homepage,
        "sections": sections(product),
        "banners": {},
        "icons": {},
        "upgrade_notice": offer.words,
        "last_updated": f"{release.created_at:%Y-%m-%d %H:%M:%S}" if release else "",
        "translations": [],
    }


def _offer_on_site(product: Product, license: License, url: str, now: datetime) -> Offer:
    """The vendor wants each site that updates to sit on a seat."""
    key = key_of_site(url)
    if not key:
        return make_offer(product, license, now=now, why="site_inactive")
    try:
        holder = _seated(license, url, key, now)
    except (Conflict, Refused):
        return make_offer(product, license, now=now, why="no_seats")
    return make_offer(product, holder, now=now)


def _seated(license: License, url: str, key: str, now: datetime) -> Activation:
    if here := active_here(license, key):
        return here[0]
    return take_site(license, Site(uid_of_site("puc", key), url), now)
