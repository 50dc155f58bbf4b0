"""Verdicts on licenses: one case for each code, and pairs that show which check comes first."""

from typing import Any

from tests.vectors.making import Family, case

DAY = 86_400
NOW = 1_798_761_600
SITE = {"site_key": "example.com", "site_uid": "a" * 32}
OTHER = {"site_key": "other.com", "site_uid": "b" * 32}
LICENSE: dict[str, Any] = {
    "product": "prd_01", "mode": "live", "features": ["export", "sync"], "starts_at": NOW - DAY,
    "valid_until": NOW + 30 * DAY, "grace_until": None, "max_version": "", "suspended_for": [],
    "revoked_for": [], "lacks_parent": False, "sites": [SITE],
}  # fmt: skip
ASKED: dict[str, Any] = {
    "key": "known", "product": "prd_01", "mode": "live", "now": NOW, "plugin_version": "1.4.0",
    "features": [], "site_key": None, "site_uid": "",
}  # fmt: skip
HERE = {"site_key": "example.com", "site_uid": "a" * 32}


def verdict(id: str, title: str, code: str, license: Any = (), **asked: Any) -> dict[str, Any]:
    """`license`: what differs from the good one; None when the key belongs to nobody."""
    held = None if license is None else LICENSE | dict(license)
    expect = {"valid": code == "VALID", "code": code}
    return case(f"validation-{id}", title, {"license": held, **ASKED, **asked}, expect)


def codes() -> list[dict[str, Any]]:
    return [
        verdict("valid", "a good license", "VALID"),
        verdict("malformed", "not a whole key", "KEY_MALFORMED", None, key="malformed"),
        verdict("unknown", "a key that nobody has", "NOT_FOUND", None, key="unknown"),
        verdict("product", "a license of another product", "PRODUCT_MISMATCH", {"product": "prd_02"}),
        verdict("mode", "a test license in a live copy", "MODE_MISMATCH", {"mode": "test"}),
        verdict("mode-reverse", "a live license in a test copy", "MODE_MISMATCH", mode="test"),
        verdict("revoked", "refunded", "REVOKED", {"revoked_for": ["refunded"]}),
        verdict("suspended", "disputed", "SUSPENDED", {"suspended_for": ["disputed"]}),
        verdict("not-started", "sold for tomorrow", "NOT_STARTED", {"starts_at": NOW + 1}),
        verdict("expired", "ended a day ago", "EXPIRED", {"valid_until": NOW - DAY}),
        verdict("version", "newer than the license covers", "VERSION_NOT_ALLOWED", {"max_version": "1.3"}),
        verdict("feature", "a feature that the plan has not", "FEATURE_MISSING", features=["galaxy"]),
        verdict("not-activated", "no site uses it", "NOT_ACTIVATED", {"sites": []}, **HERE),
        verdict("other-site", "another site uses it", "SITE_NOT_ACTIVATED", {"sites": [OTHER]}, **HERE),
        verdict("other-uid", "another installation at this address", "SITE_MISMATCH",
                site_key="example.com", site_uid="c" * 32),
        verdict("addon", "an add-on alone", "ADDON_WITHOUT_PARENT", {"lacks_parent": True}),
    ]  # fmt: skip


def edges() -> list[dict[str, Any]]:
    return [
        verdict("starts-now", "the first second", "VALID", {"starts_at": NOW}),
        verdict("buffer", "the last second of the day after the end", "VALID",
                {"valid_until": NOW - DAY + 1}),
        verdict("grace", "a renewal is unpaid", "VALID",
                {"valid_until": NOW - 9 * DAY, "grace_until": NOW + 1}),
        verdict("grace-over", "and stays unpaid", "EXPIRED",
                {"valid_until": NOW - 9 * DAY, "grace_until": NOW}),
        verdict("lifetime", "a license for life", "VALID", {"valid_until": None}),
        verdict("version-within", "the newest version that it covers", "VALID", {"max_version": "1.4"}),
        verdict("version-major", "all of 1 is covered", "VALID", {"max_version": "1"},
                plugin_version="1.99.9"),
        verdict("features", "two features of the plan", "VALID", features=["sync", "export"]),
        verdict("site", "an active site", "VALID", **HERE),
        verdict("site-without-uid", "an active address, the installation not named", "VALID",
                site_key="example.com"),
        verdict("two-installations", "the second installation of a seat", "VALID",
                {"sites": [OTHER, SITE, SITE | {"site_uid": "d" * 32}]}, site_key="example.com",
                site_uid="d" * 32),
        verdict("no-site-asked", "no site is asked for", "VALID", {"sites": []}),
    ]  # fmt: skip


def order() -> list[dict[str, Any]]:
    ended = {"valid_until": NOW - DAY}
    return [
        verdict("product-before-mode", "product before mode", "PRODUCT_MISMATCH",
                {"product": "prd_02", "mode": "test"}),
        verdict("mode-before-revoked", "mode before revoked", "MODE_MISMATCH",
                {"mode": "test", "revoked_for": ["refunded"]}),
        verdict("revoked-before-suspended", "revoked before suspended", "REVOKED",
                {"revoked_for": ["by_vendor"], "suspended_for": ["disputed"]}),
        verdict("suspended-before-expired", "suspended before expired", "SUSPENDED",
                {"suspended_for": ["disputed"], **ended}),
        verdict("expired-before-version", "expired before the version", "EXPIRED",
                {"max_version": "1.3", **ended}),
        verdict("version-before-feature", "the version before features", "VERSION_NOT_ALLOWED",
                {"max_version": "1.3"}, features=["galaxy"]),
        verdict("feature-before-site", "features before the site", "FEATURE_MISSING", {"sites": []},
                features=["galaxy"], **HERE),
        verdict("expired-before-site", "expired before the site", "EXPIRED", {"sites": [], **ended}, **HERE),
    ]  # fmt: skip


def family() -> Family:
    return Family("validation", 20, [*codes(), *edges(), *order()])
