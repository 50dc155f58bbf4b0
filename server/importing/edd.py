"""Easy Digital Downloads: the license export of Software Licensing, and the product export for its numbers.

The licenses come from Downloads → Tools → Import/Export → “Export License Keys” (its columns are those of
versions 3.0 to 3.8), the products from “Export Download Products in CSV”: without the latter the numbers by
which old plugins ask (`item_id`) are not known.
"""

import html
import re
from collections.abc import Sequence
from datetime import datetime

from server.importing.aside import Aside
from server.importing.files import Cells, SourceFile
from server.importing.reading import Options, RowWrong, Seen, by_kind, converted, guarded_rows, state_of
from server.importing.records import (
    ActivationRecord,
    LicenseRecord,
    Place,
    PlanRecord,
    ProductRecord,
    Record,
    Records,
    State,
)
from server.importing.values import interval_of, moment, number, plan_words, sites
from server.kernel.text import unguarded_cell

KINDS = {
    "licenses": frozenset(("license_key", "license_status", "product_name")),
    "products": frozenset(("id", "slug", "name")),
}
STATES: dict[str, State] = {
    "active": "active",
    "inactive": "active",  # no site uses it yet
    "expired": "expired",
    "disabled": "revoked",
    "revoked": "revoked",
}
LIFETIME = "1970"  # version 3.0 wrote a lifetime as the beginning of time
BETWEEN_URLS = re.compile(r"\s*[,\r\n]\s*|\s+-\s+")
SLASHED = re.compile(r"\\(.)")  # the exporter escapes quotes and backslashes as for a database


def read(files: Sequence[SourceFile], options: Options, aside: Aside) -> Records:
    """Products first, because licenses name theirs by title only."""
    kinds = by_kind(files, KINDS)
    seen = Seen()

    def product(place: Place, cells: Cells) -> list[Record]:
        return _product(place, _unslashed(cells), aside)

    def license(place: Place, cells: Cells) -> list[Record]:
        return _license(place, _unslashed(cells), options, aside, seen)

    for source in kinds["products"]:
        for place, row in guarded_rows(source, "product"):
            yield from converted(place, row, "product", product)
    for source in kinds["licenses"]:
        for place, row in guarded_rows(source, "license"):
            yield from converted(place, row, "license", license)


def _unslashed(cells: Cells) -> Cells:
    return {
        name: unguarded_cell(SLASHED.sub(r"\1", cell)) if "\\" in cell else cell
        for name, cell in cells.items()
    }


def _title(text: str) -> str:
    """WordPress keeps titles as HTML; plugins ask by the plain words."""
    return html.unescape(text).strip()


def _product(place: Place, cells: Cells, aside: Aside) -> list[Record]:
    ref, title = cells["id"].strip(), _title(cells["name"])
    if not ref:
        raise RowWrong("product_unknown", "The line says no number of a product.")
    aside.put("edd product", {title.casefold(): ref})
    return [ProductRecord(place, ref, title, cells["slug"], number(ref), listed=True)]


def _license(place: Place, cells: Cells, options: Options, aside: Aside, seen: Seen) -> list[Record]:
    title = _title(cells.get("product_name", ""))
    if not title:
        raise RowWrong("product_unknown", "The line names no product.")
    known = aside.one("edd product", title.casefold())
    product = known or title
    created = moment(cells.get("purchase_date", ""), options.zone)
    expires = _expires(cells.get("expiration_date", ""), options)
    seats = sites(cells.get("activation_limit", ""))
    plan = _plan(place, product, cells, seats, interval_of(created, expires))
    made = LicenseRecord(
        place,
        cells.get("license_id", "").strip(),
        cells["license_key"],
        state_of(cells.get("license_status", ""), STATES),
        seats,
        expires,
        created,
        product,
        plan.ref,
        cells.get("customer_email") or cells.get("email", ""),
        html.unescape(cells.get("customer_name", "")),
    )
    first = [] if known else seen.product(place, product, title)
    return [*first, *seen.plan(plan), made, *_sites(made, cells.get("activated_urls", ""))]


def _expires(text: str, options: Options) -> datetime | None:
    return None if text.startswith(LIFETIME) else moment(text, options.zone, ends=True)


def _plan(place: Place, product: str, cells: Cells, seats: int | None, interval: str) -> PlanRecord:
    """The price option; without one the plan is what the license grants."""
    code, name = plan_words(seats, interval)
    option = number(cells.get("price_id", "")) or None
    if option:
        code, name = f"price-{option}", f"Price {option} ({name})"
    return PlanRecord(place, product, code, name, code, seats, interval, edd_price_id=option)


def _sites(license: LicenseRecord, urls: str) -> list[Record]:
    return [
        ActivationRecord(license.place, license.ref, license.key, url, license.created)
        for url in BETWEEN_URLS.split(urls.strip())
        if url
    ]
