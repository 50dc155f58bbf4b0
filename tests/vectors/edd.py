"""EDD vectors: requests as the published clients send them, and whole answers, field by field.

`world` is what the vendor has: products with their EDD numbers (`closed` ones are not served at the door),
one license, the sites on it and the products that it brings as a bundle (with 5 sites each). `<package>`
stands for the address of the package.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from tests.vectors.making import Family, case

NOW = 1_782_000_000  # 2026-06-21 00:00:00 UTC
DAY = 86_400
KEY = "KD1-000G40-R40M30-E20918-5GR38E-1PHBCV"
LEGACY = "old=Key+1!with~100%25*signs"  # as another shop made it; decoding would change it
SITE = "https://shop-1.example.com"
AGENT = "WordPress/6.8.2; https://shop-1.example.com"
ENDS = NOW + 100 * DAY
PRODUCTS = [
    {"item_id": 7, "name": "Harbour Gallery", "slug": "harbour-gallery", "version": "2.1.0"},
    {"item_id": 8, "name": "Nets & Knots’ Calendar", "slug": "calendar", "version": None},
    {"item_id": 9, "name": "Closed", "slug": "closed", "version": "1.0.0", "closed": True},
]
WRONG = {"license": "nobody-knows-this"}
UNKNOWN: dict[str, Any] = {
    "success": False,
    "license": "invalid",
    "item_id": 7,
    "item_name": "Harbour Gallery",
}
CALENDAR: dict[str, Any] = {"item_id": 8, "item_name": "Nets & Knots’ Calendar"}
NOBODY = {"payment_id": 0, "customer_name": "", "customer_email": ""}
VERSION = {
    "new_version": "2.1.0", "stable_version": "2.1.0", "name": "Harbour Gallery", "slug": "harbour-gallery",
    "url": "https://harbour.example.com", "homepage": "https://harbour.example.com",
    "last_updated": "2026-06-21 00:00:00", "package": "", "download_link": "",
    "sections": {"description": "<p>Boats &amp; nets.</p>", "changelog": ""},
    "banners": [], "icons": [], "requires": "", "tested": "",
    "requires_php": "", "contributors": [],
}  # fmt: skip
EMPTY = {name: "" if isinstance(value, str) else type(value)() for name, value in VERSION.items()}


def family() -> Family:
    return Family("edd", 20, [*requests(), *activations(), *checks(), *ends(), *versions()])


def requests() -> list[dict[str, Any]]:
    """The same question in every form."""
    asked = {"edd_action": "check_license", "license": KEY, "item_id": "7", "url": SITE}
    old = {
        "edd_action": "check_license",
        "license": quote_plus(KEY),
        "item_name": quote_plus("Harbour Gallery"),
        "url": quote_plus(SITE),
    }
    fine = facts("valid")
    by_title = facts("valid", item_id=False)
    zeros = {**asked, "item_name": "0", "beta": "0", "version": "2.0.0"}
    imported = world(key=LEGACY, profile="legacy")
    signs = world(key="old&Key'1", profile="legacy")
    return [
        row("get: a query", asked, fine, method="GET"),
        row("post: a form", asked, fine),
        row("zeros: class 1.9.4 sends zeros for what is not set", zeros, fine),
        row("double-encoded: an old copy encodes title, key and address twice", old, by_title, method="GET"),
        row("agent: no address: the one in the agent's name", {**asked, "url": ""}, fine),
        row("spaces: spaces around every field", {k: f" {v} " for k, v in asked.items()}, fine),
        row(
            "entities: a title with entities",
            {"edd_action": "check_license", "license": KEY, "item_name": "Harbour&#32;Gallery", "url": SITE},
            by_title,
        ),
        row("number-first: the number counts more than the title", {**asked, "item_name": "X"}, fine),
        row(
            "raw-key: a key with signs is looked up as sent",
            {**asked, "license": LEGACY},
            fine,
            imported,
        ),
        row(
            "encoded-raw-key: and decoded when that is not known",
            {**asked, "license": quote_plus(LEGACY)},
            fine,
            imported,
        ),
        row(
            "entities-in-key: the SDK writes signs as entities",
            asked | {"license": "old&#38;Key&#39;1"},
            fine,
            signs,
        ),
        row("no-action: no action", {"license": KEY}, {}, method="GET"),
        row("other-action: an action of the shop itself", {**asked, "edd_action": "get_license"}, {}),
    ]


def activations() -> list[dict[str, Any]]:
    """Each error, and what is no error."""
    new = {"edd_action": "activate_license", "license": KEY, "item_id": "7", "url": "https://new.example.com"}
    local = {**new, "url": "https://new.dev"}
    full: dict[str, Any] = {"site_count": 5, "activations_left": 0}
    others = [SITE, *(f"https://site-{at}.example.com" for at in range(4))]
    missing = {**UNKNOWN, "error": "missing", "checksum": ""}
    over = NOW - 2 * DAY
    return [
        row("activate: a new site", new, facts("valid", site_count=2, activations_left=3)),
        row("activate-again: a site that sits", {**new, "url": SITE}, facts("valid")),
        row("activate-local: an address that EDD does not count", local, facts("valid", is_local=True)),
        row("missing: an unknown key", new | WRONG, missing),
        row("missing-url: no address that can be read", {**new, "url": "ftp://x"}, no("missing_url")),
        row("disabled: a revoked license", new, no("disabled"), world(revoked_for=["refunded"])),
        row(
            "no-activations-left: every seat is taken",
            new,
            no("no_activations_left", max_sites=5, **full),
            world(sites=others),
        ),
        row(
            "full-but-here: every seat is taken, one by this site",
            {**new, "url": SITE},
            facts("valid", **full),
            world(sites=others),
        ),
        row("expired: its time is over", new, no("expired", ends=over), world(ends=over)),
        row(
            "key-mismatch: no such product",
            new | {"item_id": "99"},
            no("key_mismatch", item_id=99, item_name=""),
        ),
        row(
            "closed: a product whose door is closed",
            new | {"item_id": "9"},
            no("key_mismatch", item_id=9, item_name=""),
        ),
        row(
            "invalid-item-id: another product's number",
            new | {"item_id": "8"},
            no("invalid_item_id", **CALENDAR),
        ),
        row(
            "item-name-mismatch: another product's title",
            {**new, "item_id": "0", "item_name": "Nets &amp; Knots’ Calendar"},
            no("item_name_mismatch", **{**CALENDAR, "item_id": False}),
        ),
        row(
            "not-activable: a bundle without a part for this product",
            new | {"item_id": "99"},
            no("license_not_activable", item_id=99, item_name=""),
            world(bundle=[8]),
        ),
        row(
            "bundle: a bundle's key opens its part, which counts its own sites",
            new | {"item_id": "8"},
            facts("valid", **CALENDAR),
            world(bundle=[8]),
        ),
        row("unlimited: no limit and no end", new, FOR_EVER, world(seats=None, ends=None, price_id=3)),
    ]


def checks() -> list[dict[str, Any]]:
    asked = {"edd_action": "check_license", "license": KEY, "item_id": "7", "url": SITE}
    elsewhere = {**asked, "url": "https://new.example.com"}
    none: dict[str, Any] = {"site_count": 0, "activations_left": 5}
    over, late = NOW - 2 * DAY, NOW - DAY + 60
    return [
        row("check-unknown: an unknown key", asked | WRONG, {**UNKNOWN, "checksum": ""}),
        row("check-other: another product", asked | {"item_id": "8"}, facts("invalid_item_id", **CALENDAR)),
        row("check-expired: over", asked, facts("expired", ends=over), world(ends=over)),
        row("check-late: over for less than a day", asked, facts("valid", ends=late), world(ends=late)),
        row(
            "check-grace: over, its renewal unpaid",
            asked,
            facts("valid", ends=over),
            world(ends=over, grace=NOW + DAY),
        ),
        row("check-suspended: paused", asked, facts("disabled"), world(suspended_for=["disputed"])),
        row("check-revoked: taken back", asked, facts("disabled"), world(revoked_for=["refunded"])),
        row(
            "check-expired-first: over and taken back",
            asked,
            facts("expired", ends=over),
            world(ends=over, revoked_for=["refunded"]),
        ),
        row("check-inactive: no site sits", asked, facts("inactive", **none), world(sites=[])),
        row("check-elsewhere: another site sits", elsewhere, facts("site_inactive")),
    ]


def ends() -> list[dict[str, Any]]:
    asked = {"edd_action": "deactivate_license", "license": KEY, "item_id": "7", "url": SITE}
    over = NOW - 2 * DAY
    return [
        row("deactivate: a site that sits", asked, gone("deactivated")),
        row("deactivate-expired: also when it is over", asked, gone("deactivated", over), world(ends=over)),
        row("deactivate-again: a site that does not sit", asked, gone("failed"), world(sites=[])),
        row(
            "deactivate-unknown: an unknown key",
            asked | WRONG,
            {**UNKNOWN, "license": "failed", "checksum": ""},
        ),
    ]


def versions() -> list[dict[str, Any]]:
    asked = {
        "edd_action": "get_version",
        "license": KEY,
        "item_id": "7",
        "url": SITE,
        "slug": "harbour-gallery",
    }
    with_package = {**VERSION, "package": "<package>", "download_link": "<package>"}
    no_key = "No license key was sent. Enter your license key to get updates."
    wrong = "This license key is not valid for this plugin."
    over = "This license has expired. Renew it to get updates."
    elsewhere = "This site does not use the license. Activate the license here to get updates."
    several = {"edd_action": "get_version", "url": SITE}
    for slug, item in (("harbour-gallery", "7"), ("calendar", "8")):
        several |= {f"products[{slug}][item_id]": item, f"products[{slug}][license]": KEY}
    return [
        row("version: a site that sits", asked, with_package),
        row("version-no-key: no key", {**asked, "license": "0"}, {**VERSION, "msg": no_key}),
        row("version-unknown: an unknown key", asked | WRONG, {**EMPTY, "msg": wrong}),
        row("version-other: another product's key", asked | {"item_id": "8"}, {**EMPTY, "msg": wrong}),
        row("version-expired: over", asked, {**VERSION, "msg": over}, world(ends=NOW - 2 * DAY)),
        row(
            "version-elsewhere: a site that does not sit",
            asked,
            {**VERSION, "msg": elsewhere},
            world(sites=[]),
        ),
        row(
            "version-no-item: no such product",
            asked | {"item_id": "99"},
            {**EMPTY, "msg": "There is no such plugin here."},
        ),
        row(
            "version-several: two products in one request",
            several,
            {"harbour-gallery": with_package, "calendar": {**EMPTY, "msg": wrong}},
        ),
    ]


def world(**changes: Any) -> dict[str, Any]:
    """A license of 5 sites for Gallery with 100 days to go, used by one site, unless told otherwise."""
    license = {
        "key": KEY, "profile": "kd1", "item_id": 7, "seats": 5, "ends": ENDS, "grace": None, "price_id": None,
        "suspended_for": [], "revoked_for": [], "sites": [SITE], "bundle": [],
    }  # fmt: skip
    return license | changes


def row(
    name: str, sent: dict[str, str], body: dict[str, Any], license: Any = None, method: str = "POST"
) -> dict[str, Any]:
    id, _, title = name.partition(": ")
    input = {
        "now": NOW,
        "world": {"products": PRODUCTS, "license": license or world()},
        "request": {"method": method, "fields": sent, "user_agent": AGENT},
    }
    return case(f"edd-{id}", title.capitalize(), input, {"status": 200, "body": body})


def facts(
    word: str, *, item_id: Any = 7, item_name: str = "Harbour Gallery", ends: int = ENDS, **more: Any
) -> dict[str, Any]:
    """An answer about a known license, its fields in EDD's order."""
    return {
        "success": "error" not in more,
        "license": word,
        "item_id": item_id,
        "item_name": item_name,
        **{name: more[name] for name in ("error", "is_local", "max_sites") if name in more},
        "license_limit": 5,
        "site_count": more.get("site_count", 1),
        "expires": stamp(ends),
        "activations_left": more.get("activations_left", 4),
        "checksum": "",
        **NOBODY,
        "price_id": False,
    }


def no(error: str, **more: Any) -> dict[str, Any]:
    return facts("invalid", error=error, **more)


def gone(word: str, ends: int = ENDS) -> dict[str, Any]:
    head = {"success": word == "deactivated", "license": word, "item_id": 7, "item_name": "Harbour Gallery"}
    return {**head, "checksum": "", "expires": stamp(ends), **NOBODY, "price_id": False}


def stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


FOR_EVER = {
    **facts("valid", site_count=2, activations_left="unlimited"),
    "license_limit": 0,
    "expires": "lifetime",
    "price_id": 3,
}
