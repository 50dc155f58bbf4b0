"""License Manager for WooCommerce: its license export, and what WooCommerce knows of buyers and products.

The plugin exports licenses with numbers only: Licenses → Export CSV, or as JSON the list of its REST
API, which also holds the activations. Names and addresses come from WooCommerce: orders from its REST
API as JSON, or any CSV with `order_id` and `billing_email`; products from its product export.
"""

import html
from collections.abc import Callable, Sequence
from datetime import datetime

from server.importing.aside import Aside
from server.importing.files import Cells, SourceFile
from server.importing.reading import (
    Options,
    RowWrong,
    Seen,
    by_kind,
    converted,
    guarded_rows,
    plan_by_grant,
    state_of,
)
from server.importing.records import ActivationRecord, LicenseRecord, Place, Record, Records, State
from server.importing.values import days_after, interval_of, moment, number, sites

KINDS = {
    "licenses": frozenset(("license_key", "times_activated_max")),
    "activations": frozenset(("license_id", "label")),
    "orders": frozenset(("billing_email",)),
    "products": frozenset(("id", "name")),
}
ORDER = ("products", "orders", "licenses", "activations")
# The REST API says numbers where the export says words.
STATES: dict[str, State] = {
    "sold": "active", "1": "active",
    "delivered": "active", "2": "active",
    "active": "active", "3": "active",
    "inactive": "active", "4": "active",
    "disabled": "revoked", "5": "revoked",
    "expired": "expired",
}  # fmt: skip


def read(files: Sequence[SourceFile], options: Options, aside: Aside) -> Records:
    """Products and orders first: a license names them by number."""
    kinds = by_kind(files, KINDS)
    reader = _Reader(options, aside)
    convert: dict[str, Callable[[Place, Cells], list[Record]]] = {
        "products": reader.product,
        "orders": reader.order,
        "licenses": reader.license,
        "activations": reader.activation,
    }
    for kind in ORDER:
        for source in kinds[kind]:
            for place, row in guarded_rows(source, kind[:-1]):
                yield from converted(place, row, kind[:-1], convert[kind])


class _Reader:
    """Turns the rows of the four tables into records."""

    def __init__(self, options: Options, aside: Aside) -> None:
        self._zone, self._aside, self._seen = options.zone, aside, Seen()

    def product(self, _place: Place, cells: Cells) -> list[Record]:
        self._aside.put("wc product", {cells["id"]: html.unescape(cells["name"])})  # WordPress keeps HTML
        return []

    def order(self, _place: Place, cells: Cells) -> list[Record]:
        order_id = cells.get("order_id") or cells.get("id") or cells.get("order_number", "")
        name = f"{cells.get('billing_first_name', '')} {cells.get('billing_last_name', '')}"
        if not cells["billing_email"].strip():
            return []  # exports with a line for each article say the buyer on the first one only
        self._aside.put("wc order", {order_id: f"{cells['billing_email']}\n{name.strip()}"})
        return []

    def license(self, place: Place, cells: Cells) -> list[Record]:
        product = cells.get("product_id", "").strip()
        if not number(product):
            raise RowWrong(
                "product_unknown", "The license belongs to no product: it is stock that was never sold."
            )
        name = self._aside.one("wc product", product) or f"Product {product}"
        email, _, buyer = (self._aside.one("wc order", cells.get("order_id", "")) or "").partition("\n")
        created = moment(cells.get("created_at", ""), self._zone)
        expires = self._expires(cells, created)
        seats = sites(cells.get("times_activated_max", ""))
        plan = plan_by_grant(place, product, seats, interval_of(created, expires))
        made = LicenseRecord(
            place,
            cells.get("id", "").strip(),
            cells["license_key"],
            state_of(cells.get("status", ""), STATES),
            seats,
            expires,
            created,
            product,
            plan.ref,
            email,
            buyer,
        )
        own = self._own_sites(made, cells)
        return [*self._seen.product(place, product, name), *self._seen.plan(plan), made, *own]

    def activation(self, place: Place, cells: Cells) -> list[Record]:
        if moment(cells.get("deactivated_at", ""), self._zone) is not None:
            raise RowWrong("site_ended", "The site no longer used the license.")
        created = moment(cells.get("created_at", ""), self._zone)
        return [ActivationRecord(place, cells["license_id"], "", cells["label"], created)]

    def _expires(self, cells: Cells, created: datetime | None) -> datetime | None:
        """`valid_for` counts days from the sale, where the license has no date yet."""
        expires = moment(cells.get("expires_at", ""), self._zone, ends=True)
        days = number(cells.get("valid_for", ""))
        return days_after(created, days) if expires is None and days and created else expires

    def _own_sites(self, license: LicenseRecord, cells: Cells) -> list[Record]:
        found: list[Record] = []
        for at in range(len(cells)):
            if (label := cells.get(f"activation_data_{at}_label")) is None:
                break
            if not cells.get(f"activation_data_{at}_deactivated_at"):
                created = moment(cells.get(f"activation_data_{at}_created_at", ""), self._zone)
                found.append(ActivationRecord(license.place, license.ref, license.key, label, created))
        return found
