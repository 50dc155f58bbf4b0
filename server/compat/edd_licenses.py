"""EDD's three calls about a license: activate, deactivate, check (protocols 6.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.catalog.models import Product
from server.compat.asking import find_license
from server.compat.edd_asked import Asked
from server.compat.sites import active_here, note_visit, release_site, take_site
from server.customers.site_address import judge_environment
from server.kernel.errors import Conflict, Invalid, KeydeskError, Refused
from server.licensing.models import License
from server.licensing.services import license_for_product, live_activations
from server.licensing.services.issuing import children_of
from server.licensing.services.judging import lacks_parent
from server.licensing.services.refusals import (
    LicenseExpired,
    LicenseNotStarted,
    LicenseRevoked,
    LicenseSuspended,
    NoSeatsLeft,
    TooManyTestSites,
)
from server.licensing.services.seats import find_seat

NOBODY: dict[str, Any] = {"payment_id": 0, "customer_name": "", "customer_email": ""}


@dataclass(frozen=True)
class Case:
    """What the tests look at: the license behind the key, the product behind the item, the site."""

    asked: Asked
    product: Product | None  # None: no product of this vendor that is served here
    found: License  # the license of the key
    license: License  # the same, or the part of a bundle that is for the product
    now: datetime

    def is_of_another_product(self) -> bool:
        return self.product is None or self.license.product_id != self.product.id

    def is_a_bundle_without_it(self) -> bool:
        return self.is_of_another_product() and bool(children_of(self.found))

    def is_stopped(self) -> bool:
        return bool(self.license.revoked_for or self.license.suspended_for)

    def may_not_run(self) -> bool:
        """EDD knows one word for all of these."""
        return self.is_stopped() or lacks_parent(self.license, self.now)

    def has_not_started(self) -> bool:
        return self.now < self.license.starts_at

    def is_full(self) -> bool:
        """A site that sits, or takes no seat, is never told that the license is full."""
        license, key = self.license, self.asked.site_key
        if license.seats is None or license.seats_used < license.seats or find_seat(license, key):
            return False
        return judge_environment(key, self.asked.environment).takes_seat

    def wrong_item(self) -> str:
        return "invalid_item_id" if self.asked.item_id is not None else "item_name_mismatch"


REFUSALS: tuple[tuple[str, Callable[[Case], bool]], ...] = (
    ("missing_url", lambda case: not case.asked.site_key),
    ("license_not_activable", Case.is_a_bundle_without_it),
    ("disabled", lambda case: case.may_not_run() or case.has_not_started()),
    ("no_activations_left", Case.is_full),
    ("expired", lambda case: case.license.has_expired(case.now)),
    ("key_mismatch", lambda case: case.product is None),
    ("invalid_item_id", lambda case: case.is_of_another_product() and case.asked.item_id is not None),
    ("item_name_mismatch", Case.is_of_another_product),
)
STATES: tuple[tuple[str, Callable[[Case], bool]], ...] = (
    ("expired", lambda case: case.license.has_expired(case.now)),
    ("disabled", Case.may_not_run),
    ("inactive", lambda case: case.has_not_started() or not live_activations(case.license)),
    ("site_inactive", lambda case: not active_here(case.license, case.asked.site_key)),
)
# What goes wrong after all: another site was quicker, or the license was just stopped. The last line is for
# facts that EDD has no word for.
LATE_REFUSALS: tuple[tuple[tuple[type[KeydeskError], ...], str], ...] = (
    ((NoSeatsLeft, TooManyTestSites), "no_activations_left"),
    ((LicenseExpired,), "expired"),
    ((LicenseRevoked, LicenseSuspended, LicenseNotStarted), "disabled"),
    ((Refused, Conflict, Invalid), "license_not_activable"),
)


def activate(asked: Asked, products: Sequence[Product], now: datetime) -> dict[str, Any]:
    """`activate_license`: the site is recorded only when every test passes."""
    case = case_of(asked, products, now)
    if case is None:
        return _head(asked, products, "invalid") | {"error": "missing", "checksum": ""}
    error = next((error for error, fails in REFUSALS if fails(case)), "") or _take(case)
    return {
        **_head(asked, products, "invalid" if error else "valid"),
        **({"error": error} if error else {}),
        **_is_local(case),
        **({"max_sites": case.license.seats or 0} if error == "no_activations_left" else {}),
        **_facts(case.license),
    }


def deactivate(asked: Asked, products: Sequence[Product], now: datetime) -> dict[str, Any]:
    """`deactivate_license`: in every state of the license, because refusing it helps nobody."""
    case = case_of(asked, products, now)
    done = (
        case is not None
        and not case.is_of_another_product()
        and release_site(case.license, asked.site_key, now)
    )
    head = _head(asked, products, "deactivated" if done else "failed") | {"checksum": ""}
    return head if case is None else {**head, "expires": _expires(case.license), **_nobody(case.license)}


def check(asked: Asked, products: Sequence[Product], now: datetime) -> dict[str, Any]:
    """`check_license`: clients keep an answer only if it says success, so bad news must say it too."""
    case = case_of(asked, products, now)
    if case is None:
        return _head(asked, products, "invalid") | {"checksum": ""}
    answer = {**_head(asked, products, state_of(case), success=True), **_facts(case.license)}
    note_visit(active_here(case.license, asked.site_key), asked.site, now)
    return answer


def state_of(case: Case) -> str:
    """EDD's word for how this license stands on this site."""
    if case.is_of_another_product():
        return case.wrong_item()
    return next((state for state, holds in STATES if holds(case)), "valid")


def case_of(asked: Asked, products: Sequence[Product], now: datetime) -> Case | None:
    """None when the key is not one of the vendor's, or the vendor serves nothing here."""
    found = find_license(asked.keys) if products else None
    if found is None:
        return None
    product = product_of(asked, products)
    return Case(asked, product, found, license_for_product(found, product) if product else found, now)


def product_of(asked: Asked, products: Sequence[Product]) -> Product | None:
    """By its number, else by its exact title."""
    if asked.item_id is not None:
        return next((product for product in products if product.edd_item_id == asked.item_id), None)
    return next((product for product in products if product.name in asked.item_names), None)


def _take(case: Case) -> str:
    """EDD's word for why the site got no seat; empty when it has one."""
    try:
        take_site(case.license, case.asked.site, case.now)
    except (Refused, Conflict, Invalid) as refusal:
        return next(error for kinds, error in LATE_REFUSALS if isinstance(refusal, kinds))
    return ""


def _head(
    asked: Asked, products: Sequence[Product], word: str, *, success: bool | None = None
) -> dict[str, Any]:
    product = product_of(asked, products)
    return {
        "success": word in {"valid", "deactivated"} if success is None else success,
        "license": word,
        "item_id": False if asked.item_id is None else asked.item_id,
        "item_name": product.name if product else asked.item_name,
    }


def _is_local(case: Case) -> dict[str, Any]:
    key = case.asked.site_key
    uncounted = bool(key) and not judge_environment(key, case.asked.environment).takes_seat
    return {"is_local": True} if uncounted else {}


def _facts(license: License) -> dict[str, Any]:
    left = "unlimited" if license.seats is None else max(0, license.seats - license.seats_used)
    return {
        "license_limit": license.seats or 0,
        "site_count": license.seats_used,
        "expires": _expires(license),
        "activations_left": left,
        "checksum": "",
        **_nobody(license),
    }


def _expires(license: License) -> str:
    return f"{license.valid_until:%Y-%m-%d %H:%M:%S}" if license.valid_until else "lifetime"


def _nobody(license: License) -> dict[str, Any]:
    """Who bought is never told here: whoever holds a key could ask."""
    price = license.plan.edd_price_id
    return {**NOBODY, "price_id": False if price is None else price}
