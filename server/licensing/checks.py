"""Whether a license may be used: small checks over plain facts, in a fixed order (protocols 3.8).

Nothing here asks the database: the facts come from rows, however they were read.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from server.kernel.clock import rfc3339
from server.licensing.keys import INCOMPLETE, WHAT_NEXT
from server.licensing.models import REVOKED_BECAUSE, effective_until, status_of


class LicenseFacts(NamedTuple):
    """What is asked and shown of a license. The first sixteen are columns of its row, by their names."""

    id: str
    product_id: str
    key_hint: str
    mode: str
    seats: int | None
    seats_used: int
    starts_at: datetime
    valid_until: datetime | None
    grace_until: datetime | None
    updates_until: datetime | None
    support_until: datetime | None
    max_version: str
    renews: bool
    suspended_for: Sequence[str]
    revoked_for: Sequence[str]
    stopped_at: datetime | None
    plan_code: str
    plan_name: str
    features: Sequence[str]
    lacks_parent: bool = False  # an add-on whose customer has no live license of the plugin it adds to
    manage_url: str | None = None  # the customer page of its vendor


class SiteFacts(NamedTuple):
    """A live activation, as far as the checks look at it."""

    site_key: str
    site_uid: str


class Question(NamedTuple):
    """All that the checks look at. `live` holds the license's live activations."""

    product_id: str
    mode: str
    now: datetime
    license: LicenseFacts | None = None
    key_is_whole: bool = True
    plugin_version: str = ""
    features: Sequence[str] = ()
    asks_for_site: bool = False
    site_key: str = ""
    site_uid: str = ""
    live: Sequence[SiteFacts] = ()

    def on_this_site(self) -> list[SiteFacts]:
        return [site for site in self.live if site.site_key == self.site_key]


@dataclass(frozen=True, slots=True)
class Check:
    """`fails` decides, `code` is for programs and never renamed, `detail` is for people.

    `fails` may look at the license when it stands behind `NOT_FOUND`.
    """

    code: str
    fails: Callable[[Question, LicenseFacts], bool]
    detail: str | Callable[[LicenseFacts], str]


def covers(max_version: str, version: str) -> bool:
    """Whether a license up to this version holds for that one: 2 covers 2.9.1, and 2.1 does not cover 2.2."""
    newest = _numbers(max_version) if max_version else []
    return not newest or _numbers(version)[: len(newest)] <= newest


def revoked_because(license: LicenseFacts) -> str:
    """Why and since when, in a sentence."""
    reason = license.revoked_for[0] if license.revoked_for else ""
    because = REVOKED_BECAUSE.get(reason, "its vendor decided so")
    return f"This license was revoked{_on(license.stopped_at)} because {because}. Please ask the vendor."


def paused_since(license: LicenseFacts) -> str:
    """Since when; the reason is between the vendor and the buyer."""
    return f"This license was paused{_on(license.stopped_at)}. Please ask the vendor why."


def _on(moment: datetime | None) -> str:
    return f" on {moment:%Y-%m-%d}" if moment else ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"[0-9]+", version)]


def _has_expired(license: LicenseFacts, now: datetime) -> bool:
    until = effective_until(license.valid_until, license.grace_until)
    return until is not None and until <= now


CHECKS = (
    Check("KEY_MALFORMED", lambda q, _: not q.key_is_whole, f"{INCOMPLETE} {WHAT_NEXT}"),
    Check("NOT_FOUND", lambda q, _: q.license is None, "We do not know this license key."),
    Check(
        "PRODUCT_MISMATCH",
        lambda q, license: license.product_id != q.product_id,
        "This license key belongs to another plugin.",
    ),
    Check(
        "MODE_MISMATCH", lambda q, license: license.mode != q.mode, "Test and live licenses cannot be mixed."
    ),
    Check("REVOKED", lambda _, license: bool(license.revoked_for), revoked_because),
    Check("SUSPENDED", lambda _, license: bool(license.suspended_for), paused_since),
    Check("NOT_STARTED", lambda q, license: q.now < license.starts_at, "This license has not started yet."),
    Check("EXPIRED", lambda q, license: _has_expired(license, q.now), "This license has expired."),
    Check(
        "VERSION_NOT_ALLOWED",
        lambda q, license: not covers(license.max_version, q.plugin_version),
        "This version of the plugin is newer than the license covers.",
    ),
    Check(
        "FEATURE_MISSING",
        lambda q, license: not set(q.features).issubset(license.features),
        "The plan of this license does not include this feature.",
    ),
    Check("NOT_ACTIVATED", lambda q, _: q.asks_for_site and not q.live, "No site uses this license yet."),
    Check(
        "SITE_NOT_ACTIVATED",
        lambda q, _: q.asks_for_site and not q.on_this_site(),
        "This site does not use this license.",
    ),
    Check(
        "SITE_MISMATCH",
        lambda q, _: (
            bool(q.asks_for_site and q.site_uid)
            and all(site.site_uid != q.site_uid for site in q.on_this_site())
        ),
        "Another installation at this address uses the license.",
    ),
    Check(
        "ADDON_WITHOUT_PARENT",
        lambda _, license: license.lacks_parent,
        "This is an add-on: the plugin that it adds to needs a running license of the same customer.",
    ),
)
CODES = [check.code for check in CHECKS]
UNNAMED = frozenset(("KEY_MALFORMED", "NOT_FOUND", "PRODUCT_MISMATCH"))  # the license is not shown with these


def judge(question: Question) -> dict[str, Any]:
    """The verdict as the API shows it."""
    license = cast("LicenseFacts", question.license)  # there is one for all checks behind `NOT_FOUND`
    for place, check in enumerate(CHECKS):
        if check.fails(question, license):
            return _verdict(check, license, question.now, CODES[: place + 1])
    return {
        "valid": True,
        "code": "VALID",
        "detail": "This license is valid.",
        "license": facts_view(license, question.now),
        "checked": CODES[:],
    }


def facts_view(license: LicenseFacts, now: datetime) -> dict[str, Any]:
    """What a site may know of its license: never a name, an address, an order."""
    until = rfc3339(license.valid_until)
    return {
        "license_id": license.id,
        "key_hint": license.key_hint,
        "status": status_of(license, now),
        "plan": {"code": license.plan_code, "name": license.plan_name},
        "features": list(license.features),
        "valid_until": until,
        "updates_until": rfc3339(license.updates_until) or until,
        "support_until": rfc3339(license.support_until) or until,
        "renews": license.renews,
        "seats": {"limit": license.seats, "used": license.seats_used},
        "mode": license.mode,
        "stopped": stopped_view(license),
        "manage_url": license.manage_url,
    }


def stopped_view(license: LicenseFacts) -> dict[str, str | None] | None:
    """Why it is revoked or suspended, as one of four codes, and since when; None while it is neither."""
    if not license.revoked_for and not license.suspended_for:
        return None
    reason = (license.revoked_for or license.suspended_for)[0].partition(":")[0]
    told = {"dispute": "disputed"}.get(reason, reason)
    return {
        "reason": told if told in REVOKED_BECAUSE else "by_vendor",
        "since": rfc3339(license.stopped_at),
    }


def _verdict(failed: Check, license: LicenseFacts, now: datetime, checked: list[str]) -> dict[str, Any]:
    return {
        "valid": False,
        "code": failed.code,
        "detail": failed.detail if isinstance(failed.detail, str) else failed.detail(license),
        "license": None if failed.code in UNNAMED else facts_view(license, now),
        "checked": checked,
    }
