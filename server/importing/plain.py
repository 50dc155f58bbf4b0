"""Plain CSV: five tables that anybody can write by hand, and that an export of Keydesk holds.

Licenses need `key`, `email` and `product`; may say `license_id`, `name`, `plan`, `seats`, `status`,
`valid_until`, `created_at`, `mode`, `is_trial`, `parent_id` (the `license_id` of the bundle, on a line
before) and `sites` (addresses divided by blanks). Activations need `site_url` and `license_id` or `key`;
may say `label`, the name of the site. Products, plans and customers may come along.
"""

from collections.abc import Callable, Sequence

from server.catalog.models import INTERVALS
from server.catalog.services import features_wrong
from server.customers.site_address import Environment
from server.importing.aside import Aside
from server.importing.files import Cells, FileNotRead, SourceFile
from server.importing.plain_settings import ADDON_OF, BUNDLED, named_first, plan_facts, product_facts
from server.importing.reading import (
    Options,
    RowWrong,
    Seen,
    by_kind,
    converted,
    guarded_rows,
    lacking,
    plan_by_grant,
    state_of,
)
from server.importing.records import (
    ActivationRecord,
    CustomerRecord,
    LicenseRecord,
    Place,
    PlanRecord,
    ProductRecord,
    Record,
    Records,
    Refusal,
    State,
)
from server.importing.values import interval_of, is_yes, moment, number, sites, slug_of

# Tables of an export that stay out, each by columns that no table to be imported has: what happened, and
# what a vendor has to set up anew.
LEFT_OUT = (
    frozenset(("vendor_id", "support_email")),
    frozenset(("member_id", "role")),
    frozenset(("api_key_id", "scopes")),
    frozenset(("kid", "public_key")),
    frozenset(("product_id", "product_key")),
    frozenset(("version", "sha384")),
    frozenset(("plan_id", "currency", "amount")),
    frozenset(("old_site_key", "new_site_key")),
    frozenset(("serial", "subject")),
    frozenset(("root_kind", "amount")),
    frozenset(("order_id", "ordinal")),
    frozenset(("order_id", "external_id")),
    frozenset(("grace_days", "partial_refund")),
    frozenset(("number", "subject")),
    frozenset(("ticket_id", "body")),
    frozenset(("message_id", "sha256")),
    frozenset(("kind", "checked_at")),
    frozenset(("local_type", "remote_id")),
    frozenset(("template", "to_address")),
    frozenset(("subject_id", "action")),
)
KINDS = {
    "licenses": frozenset(("key", "email", "product")),
    "activations": frozenset(("site_url",)),
    "plans": frozenset(("product", "code", "interval")),
    "products": frozenset(("slug", "name")),
    "customers": frozenset(("email",)),
}
NAMES = {"products": ADDON_OF, "plans": BUNDLED}  # by which column rows name others of their table
ORDER = ("products", "plans", "customers", "licenses", "activations")
STATES: dict[str, State] = {
    "": "active",
    "active": "active",
    "pending": "active",
    "inactive": "active",
    "trial": "active",
    "expired": "expired",
    "suspended": "suspended",
    "blocked": "suspended",
    "disabled": "revoked",
    "revoked": "revoked",
    "cancelled": "revoked",
    "refunded": "revoked",
}
ENVIRONMENTS: dict[str, Environment] = {
    "staging": "staging",
    "development": "development",
    "local": "local",
}


def read(files: Sequence[SourceFile], options: Options, aside: Aside) -> Records:
    """Tables in the order in which they need each other, whatever the order of the files."""
    left_out = [file for file in files if any(table <= file.columns for table in LEFT_OUT)]
    for file in left_out:
        words = "Only products, plans, customers, licenses and activations of an export are imported."
        yield Refusal(Place(file.name, 1), "file", file.name, "not_imported", words)
    kinds = by_kind([file for file in files if file not in left_out], KINDS)
    for file in kinds["customers"]:
        if "key" in file.columns:  # licenses whose product is called otherwise would be lost
            raise FileNotRead(lacking(file, "licenses", KINDS["licenses"]))
    reader = _Plain(options, aside)
    convert: dict[str, Callable[[Place, Cells], list[Record]]] = {
        "products": reader.product,
        "plans": reader.plan,
        "customers": reader.customer,
        "licenses": reader.license,
        "activations": reader.activation,
    }
    for kind in ORDER:
        rows = (one for source in kinds[kind] for one in guarded_rows(source, kind[:-1]))
        for place, row in named_first(rows, NAMES[kind]) if kind in NAMES else rows:
            yield from converted(place, row, kind[:-1], convert[kind])


class _Plain:
    """Turns rows of the five tables into records."""

    def __init__(self, options: Options, aside: Aside) -> None:
        self._zone, self._aside, self._seen = options.zone, aside, Seen()

    def product(self, place: Place, cells: Cells) -> list[Record]:
        slug = cells["slug"].strip() or slug_of(cells["name"])
        if not slug:
            raise RowWrong("product_unknown", "The line names no product.")
        # Licenses name it by its short name or its title.
        title = cells["name"].strip() or slug
        self._aside.put("plain product", self._names(slug, title))
        self._seen.product(place, slug, slug)
        item_id = number(cells.get("edd_item_id", ""))
        addon_of = cells.get(ADDON_OF, "").strip()
        told = (self._aside.one("plain product id", addon_of) or "") if addon_of else None
        self._aside.put("plain product id", {cells.get("id", "").strip(): slug})
        facts = product_facts(cells)
        names = title, cells["slug"].strip()
        public = cells.get("public_slug", "").strip()
        return [ProductRecord(place, slug, *names, item_id, True, facts, told, public)]

    def plan(self, place: Place, cells: Cells) -> list[Record]:
        interval = cells["interval"].strip().lower()
        if interval not in INTERVALS:
            raise RowWrong("interval_unknown", f"The term of a plan is one of {', '.join(INTERVALS)}.")
        product = self._product(cells)
        code = cells["code"].strip()
        if not code:
            raise RowWrong("cell_unreadable", "The line says no code of a plan.")
        features = cells.get("features", "").split()
        if wrong := features_wrong(features):
            raise RowWrong("cell_unreadable", " ".join(wrong))
        plan = PlanRecord(
            place,
            product,
            code,
            cells.get("name") or code,
            code,
            sites(cells.get("seats", "")),
            interval,
            tuple(features),
            number(cells.get("edd_price_id", "")),
            True,
            plan_facts(cells),
            self._bundled(cells),
            number(cells.get("position", "")),
        )
        self._aside.put("plain plan id", {cells.get("id", "").strip(): f"{product}\n{code}"})
        return [*self._seen.product(place, product, product), *self._seen.plan(plan)]

    def customer(self, place: Place, cells: Cells) -> list[Record]:
        created = moment(cells.get("created_at", ""), self._zone)
        return [
            CustomerRecord(
                place,
                cells["email"],
                cells.get("name", ""),
                created,
                cells.get("locale", "") or "en",
                tuple(cells.get("unwanted_mails", "").split()),
            )
        ]

    def license(self, place: Place, cells: Cells) -> list[Record]:
        product = self._product(cells)
        status = cells.get("status", "").strip().lower()
        created = moment(cells.get("created_at") or cells.get("created", ""), self._zone)
        expires = moment(cells.get("valid_until") or cells.get("expires", ""), self._zone, ends=True)
        seats = sites(cells.get("seats", ""))
        plan = self._plan(place, cells, product, seats, interval_of(created, expires))
        made = LicenseRecord(
            place,
            cells.get("license_id", "").strip(),
            cells["key"],
            state_of(status, STATES),
            seats,
            expires,
            created,
            product,
            plan.ref,
            cells["email"],
            cells.get("name", ""),
            is_trial=status == "trial" or is_yes(cells.get("is_trial", "")),
            mode=_mode(cells) or "live",
            starts=moment(cells.get("starts_at", ""), self._zone),
            grace=moment(cells.get("grace_until", ""), self._zone, ends=True),
            updates_until=moment(cells.get("updates_until", ""), self._zone, ends=True),
            support_until=moment(cells.get("support_until", ""), self._zone, ends=True),
            max_version=cells.get("max_version", ""),
            parent=cells.get("parent_id", "").strip(),
        )
        urls = cells.get("sites", "").replace(",", " ").split()
        own = [ActivationRecord(place, made.ref, made.key, url, created, mode=made.mode) for url in urls]
        first = self._seen.product(place, product, product)
        return [*first, *self._seen.plan(plan), made, *own]

    def activation(self, place: Place, cells: Cells) -> list[Record]:
        if cells.get("ended_at", "").strip():
            raise RowWrong("site_ended", "The site no longer used the license.")
        ref, key = cells.get("license_id", "").strip(), cells.get("key", "")
        if not (ref or key):
            raise RowWrong("license_unknown", "The line names no license.")
        created = moment(cells.get("created_at", ""), self._zone)
        environment = ENVIRONMENTS.get(cells.get("environment", "").strip().lower(), "production")
        label, mode = cells.get("label", ""), _mode(cells)
        return [ActivationRecord(place, ref, key, cells["site_url"], created, environment, label, mode)]

    def _names(self, slug: str, title: str) -> dict[str, str]:
        """What licenses may call a product. A title that is the short name of another one means that one."""
        other = self._aside.one("plain product", title.casefold()) or ""
        mine = {} if other.casefold() == title.casefold() else {title.casefold(): slug}
        return mine | {slug.casefold(): slug}

    def _product(self, cells: Cells) -> str:
        title = cells["product"].strip()
        if not title:
            raise RowWrong("product_unknown", "The line names no product.")
        return self._aside.one("plain product", title.casefold()) or title

    def _bundled(self, cells: Cells) -> tuple[tuple[str, str], ...]:
        ids = cells.get(BUNDLED, "").split()
        told = [self._aside.one("plain plan id", plan_id) or "" for plan_id in ids]
        return tuple((product, code) for product, _, code in (name.partition("\n") for name in told))

    def _plan(self, place: Place, cells: Cells, product: str, seats: int | None, interval: str) -> PlanRecord:
        code = cells.get("plan", "").strip()
        if not code:
            return plan_by_grant(place, product, seats, interval)
        return PlanRecord(place, product, code, code, slug_of(code) or "plan", seats, interval)


def _mode(cells: Cells) -> str:
    """Live or test, or nothing where the row does not say."""
    told = cells.get("mode", "").strip().lower()
    return "" if not told else "test" if told == "test" else "live"
