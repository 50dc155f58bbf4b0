"""EDD's `get_version`: what is new, and where its package lies (protocols 6.1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from server.catalog.models import Product
from server.compat.edd_asked import Asked
from server.compat.edd_licenses import Case, case_of, product_of
from server.compat.offers import WHY, Offer, make_offer, package_address, sections
from server.compat.sites import active_here, note_visit

TEXTS = ("new_version", "stable_version", "name", "slug", "url", "homepage", "last_updated")
# Clients insist on these. Lists, because released clients hand them to WordPress as they come, and its page
# of updates ends in a fatal error when it finds an object (decision 0030). There are no pictures to name.
PICTURES: dict[str, Any] = {"banners": [], "icons": []}
LATER_TEXTS = ("requires", "tested", "requires_php")


def get_version(asked: Asked, products: Sequence[Product], now: datetime) -> dict[str, Any]:
    """Every field is there in every state, because the clients drop an answer without `sections`."""
    product = product_of(asked, products)
    if product is None:
        return _nothing("no_item")
    if not asked.keys:
        return _version(product, asked, make_offer(product, None, now=now))
    case = case_of(asked, products, now)
    if case is None or case.is_of_another_product():
        return _nothing("unknown_key")
    answer = _version(product, asked, _offer(case, product))
    note_visit(active_here(case.license, asked.site_key), asked.site, now)
    return answer


def _offer(case: Case, product: Product) -> Offer:
    here = active_here(case.license, case.asked.site_key)
    offer = make_offer(product, here[0] if here else case.license, now=case.now)
    if here or offer.why or product.edition == "free":
        return offer
    return Offer(offer.release, "", "site_inactive")


def _version(product: Product, asked: Asked, offer: Offer) -> dict[str, Any]:
    release, package = offer.release, package_address(offer)
    version = release.version if release else ""
    return {
        "new_version": version,
        "stable_version": version,
        "name": product.name,
        "slug": asked.slug or product.slug,
        "url": product.homepage,
        "homepage": product.homepage,
        "last_updated": f"{release.created_at:%Y-%m-%d %H:%M:%S}" if release else "",
        "package": package,
        "download_link": package,
        "sections": sections(product),
        **PICTURES,
        **dict.fromkeys(LATER_TEXTS, ""),
        "contributors": [],
        **({"msg": offer.words} if offer.why else {}),
    }


def _nothing(why: str) -> dict[str, Any]:
    return {
        **dict.fromkeys((*TEXTS, "package", "download_link"), ""),
        "sections": {},
        **PICTURES,
        **dict.fromkeys(LATER_TEXTS, ""),
        "contributors": [],
        "msg": WHY[why],
    }
