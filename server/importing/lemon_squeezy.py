"""Lemon Squeezy: license keys, their instances and orders, as its API lists them, or such CSV.

A license key names its product by number and knows no variant: the orders bring both names. An instance is
called what the plugin called it, usually the site's address; one that is no address is left out and named.
"""

from collections.abc import Callable, Sequence

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
from server.importing.records import (
    ActivationRecord,
    LicenseRecord,
    Place,
    PlanRecord,
    Record,
    Records,
    State,
)
from server.importing.values import interval_of, is_yes, moment, number, plan_words, sites, slug_of

KINDS = {
    "licenses": frozenset(("key", "user_email", "activation_limit")),
    "activations": frozenset(("license_key_id", "name")),
    "orders": frozenset(("order_number",)),
}
ORDER = ("orders", "licenses", "activations")
STATES: dict[str, State] = {
    "active": "active",
    "inactive": "active",  # no instance yet
    "expired": "expired",
    "disabled": "revoked",
}


def read(files: Sequence[SourceFile], options: Options, aside: Aside) -> Records:
    """Orders first: a license key names its order by number."""
    kinds = by_kind(files, KINDS)
    reader = _Reader(options, aside)
    convert: dict[str, Callable[[Place, Cells], list[Record]]] = {
        "orders": reader.order,
        "licenses": reader.license,
        "activations": reader.activation,
    }
    for kind in ORDER:
        for source in kinds[kind]:
            for place, row in guarded_rows(source, kind[:-1]):
                yield from converted(place, row, kind[:-1], convert[kind])


class _Reader:
    """Turns the rows of the three tables into records."""

    def __init__(self, options: Options, aside: Aside) -> None:
        self._zone, self._aside, self._seen = options.zone, aside, Seen()

    def order(self, _place: Place, cells: Cells) -> list[Record]:
        item = "first_order_item_" if "first_order_item_product_name" in cells else ""
        names = [cells.get(f"{item}{name}", "") for name in ("product_name", "variant_name")]
        order_id = cells.get("order_id") if item else cells.get("id")
        self._aside.put("ls order", {order_id or cells.get("id", ""): "\n".join(names)})
        return []

    def license(self, place: Place, cells: Cells) -> list[Record]:
        product = cells.get("product_id") or cells.get("product_name", "")
        if not product:
            raise RowWrong("product_unknown", "The license names no product.")
        told = self._aside.one("ls order", cells.get("order_id", "")) or "\n"
        name, _, variant = told.partition("\n")
        name = name or cells.get("product_name") or f"Product {product}"
        variant = variant or cells.get("variant_name", "")
        created = moment(cells.get("created_at", ""), self._zone)
        expires = moment(cells.get("expires_at", ""), self._zone, ends=True)
        seats = sites(cells["activation_limit"])
        plan = self._plan(place, product, variant, seats, interval_of(created, expires))
        disabled = is_yes(cells.get("disabled", ""))
        made = LicenseRecord(
            place,
            cells.get("id", "").strip(),
            cells["key"],
            "revoked" if disabled else state_of(cells.get("status", ""), STATES),
            seats,
            expires,
            created,
            product,
            plan.ref,
            cells["user_email"],
            cells.get("user_name", ""),
            mode="test" if is_yes(cells.get("test_mode", "")) else "live",
        )
        item_id = number(cells.get("product_id", ""))  # plugins compare it with `meta.product_id`
        return [*self._seen.product(place, product, name, item_id), *self._seen.plan(plan), made]

    def activation(self, place: Place, cells: Cells) -> list[Record]:
        created = moment(cells.get("created_at", ""), self._zone)
        return [ActivationRecord(place, cells["license_key_id"], "", cells["name"], created)]

    def _plan(self, place: Place, product: str, variant: str, seats: int | None, interval: str) -> PlanRecord:
        if not variant or variant == "Default":
            return plan_by_grant(place, product, seats, interval)
        code, _words = plan_words(seats, interval)
        return PlanRecord(place, product, variant, variant, slug_of(variant) or code, seats, interval)
